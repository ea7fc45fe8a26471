"""A simulated team that rates what a model answers, by a rule that nobody else knows."""
