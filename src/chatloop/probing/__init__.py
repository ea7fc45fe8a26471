"""What a model knows by heart, gives away and has forgotten: values in, numbers out."""
