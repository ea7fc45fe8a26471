"""Metrics, one a file: values in, a number out."""
