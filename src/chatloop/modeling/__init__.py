"""Models at work: building, scoring, answering. The only room beside training that knows torch."""
