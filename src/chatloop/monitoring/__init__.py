"""When to retrain without being told: by the clock, and by need. Values in, reasons out."""
