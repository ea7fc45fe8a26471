"""Model folders: bases from a hub, adapters, checkpoints, the candidate, and the pin of a base."""
