"""How far weights move in a step: the optimizer, its learning rate, and one that fits."""
