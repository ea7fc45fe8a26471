"""Preference tuning: judged answers into rows, and a model that learns from them."""
