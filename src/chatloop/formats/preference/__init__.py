"""Answers that were compared or judged; what was turned down is kept for preference tuning."""
