"""The words that frameworks have for a thumb.

rating("THUMBS_UP")  →  "up"
"""

from chatloop.feedback.record import Rating

_UP = ("up", "thumbs_up", "thumbsup", "+1", "positive", "good")
_DOWN = ("down", "thumbs_down", "thumbsdown", "-1", "negative", "bad")


def rating(word: object) -> Rating | None:
    """The thumb that a word stands for; None for any other."""
    # Slack adds a skin tone: `+1::skin-tone-2`.
    name = word.lower().partition("::")[0] if isinstance(word, str) else ""
    return "up" if name in _UP else "down" if name in _DOWN else None
