"""What people say about answers, and how that becomes training data."""
