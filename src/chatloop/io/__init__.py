"""The outside world, one system a file; everything else takes and returns values."""
