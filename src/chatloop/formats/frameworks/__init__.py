"""What chat frameworks write: stories, test cases, conversation logs."""
