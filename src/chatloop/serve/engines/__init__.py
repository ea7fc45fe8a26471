"""What computes answers: one small interface, an engine a file."""
