"""Text of one turn: mended, read as HTML, told by language, and what its words come to."""
