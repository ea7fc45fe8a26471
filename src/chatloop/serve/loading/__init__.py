"""From a folder or the registry to what answers, and following the alias."""
