"""How a model computes: attention, losses, numbers and compiled code; the same result, sooner."""
