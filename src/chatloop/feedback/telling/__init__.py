"""What people and machines are told about feedback: figures, and lists for a terminal."""
