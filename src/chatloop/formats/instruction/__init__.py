"""One request and its answer, as instruction data sets and question lists have them."""
