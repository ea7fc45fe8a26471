"""A shop so small that a model of it is trained in seconds, and what can go wrong with one."""
