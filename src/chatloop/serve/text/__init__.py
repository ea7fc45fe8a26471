"""From tokens to text, as they come."""
