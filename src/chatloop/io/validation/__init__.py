"""Great Expectations, and the profile of the data set that was accepted last."""
