"""Judged answers: which of them teach, and what a model makes of them."""
