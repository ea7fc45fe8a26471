"""What the data must be like before anything is trained on it."""
