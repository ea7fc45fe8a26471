"""Tables and plain text, which say in params what their columns and speakers are."""
