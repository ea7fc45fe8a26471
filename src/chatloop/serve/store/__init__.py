"""Exchanges and feedback in a database: written by one thread, read by row number."""
