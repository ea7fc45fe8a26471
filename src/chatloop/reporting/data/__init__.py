"""A data set in numbers: its profile, topics, lengths, splits, and how far it drifted."""
