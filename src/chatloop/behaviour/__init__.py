"""Behaviour cases: what a user wants a model to do, in a few lines each, and whether it does it."""
