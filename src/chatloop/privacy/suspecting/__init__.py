"""Where personal data may be: the cheap questions that come before the exact reading."""
