"""What the data holds, what became of it, and how far it drifted."""
