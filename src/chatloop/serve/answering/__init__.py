"""From messages to an answer: ids, choices as they come, and the way to the client."""
