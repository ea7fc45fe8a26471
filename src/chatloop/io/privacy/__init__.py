"""What privacy has outside: Presidio's names of people, and the mapping that is kept on request."""
