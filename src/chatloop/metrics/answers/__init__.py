"""Metrics of written answers, one a file: texts in, a number out."""
