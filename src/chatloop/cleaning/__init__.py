"""Turns repaired, then judged by rules: what is wrong with a conversation has a name."""
