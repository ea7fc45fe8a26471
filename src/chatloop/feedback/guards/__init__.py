"""What is believed without a person: caps, alikeness, sudden days, phrases that stick out."""
