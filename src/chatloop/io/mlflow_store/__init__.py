"""MLflow keeps the runs and the registered models; one part of that a file."""
