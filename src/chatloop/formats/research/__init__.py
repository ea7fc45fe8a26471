"""Published research sets, in their publishers' own layouts."""
