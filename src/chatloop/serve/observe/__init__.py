"""What an operator sees: logs, metrics, traces. Never the text of a conversation."""
