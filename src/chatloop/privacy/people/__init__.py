"""Names of people: lists, shapes, and what is said right before them."""
