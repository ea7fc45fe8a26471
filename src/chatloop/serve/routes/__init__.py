"""The API's routes, one protocol a file."""
