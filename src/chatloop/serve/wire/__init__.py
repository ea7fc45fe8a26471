"""What goes over the wire, protocol by protocol: requests, answers, chunks, errors."""
