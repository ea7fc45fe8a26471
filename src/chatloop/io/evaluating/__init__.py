"""What an evaluation reads from outside: behaviour cases, and the judge's replies."""
