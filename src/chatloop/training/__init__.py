"""Fine-tuning: one loop, its schedule, and what it reports."""
