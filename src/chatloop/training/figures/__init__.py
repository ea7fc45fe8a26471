"""What a training is measured by: its curve, and how well the machine was used."""
