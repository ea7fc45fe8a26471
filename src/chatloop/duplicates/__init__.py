"""Twins: found, kept on one side of a split, counted."""
