"""Serving what the registry calls champion: engines, the API, and the page."""
