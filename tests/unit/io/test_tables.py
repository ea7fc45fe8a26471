"""Tables and the values that they hold."""

from chatloop.conversation import Message, Preference
from chatloop.io.tables import preferences_of
from tests.judged import judged


def test_judged_answers_are_read_by_their_sides_whatever_the_order_of_rows() -> None:
    table = judged([("b", "hi", None, "no"), ("a", "ho", "yes", "no")])
    asked, yes = (Message("user", "ho"),), (Message("assistant", "yes"),)
    no = (Message("assistant", "no"),)
    expected = [
        Preference("a", asked, yes, no),
        Preference("b", (Message("user", "hi"),), (), no),
    ]
    assert preferences_of(table) == preferences_of(table.reverse()) == expected
