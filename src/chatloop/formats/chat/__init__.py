"""Chats as chat software writes them: a list of who said what."""
