"""What a person meets at the terminal."""
