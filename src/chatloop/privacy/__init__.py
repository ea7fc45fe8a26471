"""Personal data found by pattern and checksum, and replaced by numbered placeholders."""
