"""From messages to packed ids and masks: one way, for training, evaluation and serving."""
