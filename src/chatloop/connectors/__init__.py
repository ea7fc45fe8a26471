"""Chat frameworks, one a folder or file: each maps its JSON to one `complete` and back."""
