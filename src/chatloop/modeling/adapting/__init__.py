"""Which weights learn: all but the frozen ones, or the few of an adapter that is merged again."""
