"""What each model is asked in an evaluation, one kind of question a file."""
