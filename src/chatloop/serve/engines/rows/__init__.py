"""Many streams in the rows of one transformers model."""
