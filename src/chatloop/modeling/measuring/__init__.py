"""What a model is asked, many things at a time: answers, scores, its pace, what it recites."""
