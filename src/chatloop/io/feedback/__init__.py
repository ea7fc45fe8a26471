"""Where feedback comes from and where its snapshot lies: store, files, parts, reviews."""
