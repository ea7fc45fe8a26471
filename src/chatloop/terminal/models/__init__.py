"""Versions for a person: a table, a tree, and two of them side by side."""
