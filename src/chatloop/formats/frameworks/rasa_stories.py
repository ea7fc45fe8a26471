"""Rasa's training stories (YAML), with the texts that the project's other files say.

version: "3.1"
stories:
- story: greeting
  steps:
  - intent: greet
  - action: utter_greet
"""

from chatloop.formats.format import Parsed
from chatloop.formats.frameworks import rasa, rasa_tests
from chatloop.formats.turns import items
from chatloop.params.sources import Source


def fits(record: object) -> bool:
    """Whether it holds stories, and these are no tests."""
    if not isinstance(record, dict) or rasa_tests.fits(record):
        return False
    return bool(items(record.get("stories"))) or {"story", "steps"} <= record.keys()


def parse(record: object, source: Source) -> list[Parsed]:
    """A story; one that names what no file says is left out."""
    del source
    return rasa.parse(record)
