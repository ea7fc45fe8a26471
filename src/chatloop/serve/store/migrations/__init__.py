"""Alembic's migrations: applied when a server opens the store."""
