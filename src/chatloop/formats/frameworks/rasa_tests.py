"""Rasa's test conversations (YAML): what the user types and what it is expected to mean.

stories:
- story: a test
  steps:
  - user: "hello there"
    intent: greet
  - action: utter_greet

Also the end-to-end tests of Rasa Pro: `test_cases:` with `user`, `bot` and `utter` steps.
"""

from chatloop.formats.format import Parsed
from chatloop.formats.frameworks import rasa
from chatloop.formats.turns import items
from chatloop.params.sources import Source


def fits(record: object) -> bool:
    """Whether it holds test cases, or stories whose steps say both text and intent."""
    if not isinstance(record, dict):
        return False
    if items(record.get("test_cases")) or {"test_case", "steps"} <= record.keys():
        return True
    return any({"user", "intent"} <= step.keys() for step in rasa.steps(record))


def parse(record: object, source: Source) -> list[Parsed]:
    """A test conversation; one that names what no file says is left out."""
    del source
    return rasa.parse(record)
