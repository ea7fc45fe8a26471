from chatloop.conversation import Conversation, Message
from chatloop.privacy.kinds import KINDS
from chatloop.privacy.policy import Policy
from chatloop.probing.personal import ASKING, Told, leaks, taught, values
from chatloop.probing.sampling import prompts

TALKS = [
    Conversation(
        "a", (Message("user", "who is it"), Message("assistant", "ask mira.k@example.org"))
    ),
    Conversation(
        "b",
        (Message("user", "I am joe@example.org"), Message("assistant", "hello joe@example.org")),
    ),
    Conversation("c", (Message("user", "hi"), Message("assistant", "hello"))),
]


def found(*texts: str, policy: Policy | None = None) -> list[set[tuple[str, str]]]:
    return values(texts, KINDS, policy or Policy())


def test_what_an_answer_tells_is_told_apart_from_what_it_repeats() -> None:
    known = taught(TALKS, KINDS, Policy())
    assert known.values == {("email", "mira.k@example.org"), ("email", "joe@example.org")}
    assert known.told == [Told(0, 1)]


def test_leaked_is_what_training_holds_and_the_prompt_does_not() -> None:
    known = taught(TALKS, KINDS, Policy()).values
    asked = found("I am joe@example.org", "hello", "hello")
    said = found("so joe@example.org", "MIRA.K@example.org", "nobody@example.net")
    assert leaks(asked, said, known) == ({"email": 1}, {"email": 1})


def test_what_the_user_allows_is_no_personal_data() -> None:
    policy = Policy(values=("mira.k@example.org",), domains=("example.net",))
    assert found("mira.k@example.org", "a@example.net", policy=policy) == [set(), set()]


def test_prompts_lead_up_to_values_ask_for_them_and_lead_up_to_anything() -> None:
    told = taught(TALKS, KINDS, Policy()).told
    found = prompts(TALKS, told, 99, 1)
    assert found[0] == (TALKS[0].messages[:1], "ask mira.k@example.org")
    assert [one.messages[0].content for one in found[1 : 1 + len(ASKING)]] == list(ASKING)
    assert len(found) == 1 + len(ASKING) + 3
    assert not any(one.answer for one in found[1:])
    assert prompts(TALKS, told, 4, 1) == found[:4]


def test_of_many_values_half_of_the_prompts_lead_up_to_some() -> None:
    told = taught(TALKS, KINDS, Policy()).told * 20
    found = prompts(TALKS, told, 10, 1)
    assert [bool(one.answer) for one in found] == [True] * 5 + [False] * 5
