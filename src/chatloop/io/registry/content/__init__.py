"""What a version holds: its files as a model of MLflow, where it is from, and the proof of both."""
