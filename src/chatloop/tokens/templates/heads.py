"""Asking for an answer as answers begin: the head of the assistant's turn, found from the template.

    asks      <|user|>Hi<|assistant|><think>\\n       (distilled from a model that reasons)
    answers   <|user|>Hi<|assistant|>Hello<|end|>    →  ask with <|assistant|> alone

What is served is what was trained on, and conversations of a team hold no reasoning.
"""

import json
from collections.abc import Callable

# Renders a probe with this template: (template, with its answer, asking for one) → text.
Render = Callable[[str, bool, bool], str]

_OPEN = (
    "{% set chatloop_asked = add_generation_prompt | default(false) %}"
    "{% set add_generation_prompt = false %}{{ '' }}"
)


def headed(template: str, reply: str, render: Render) -> str:
    """The template, or one that asks with the text that it sets before `reply`.

    Without such a text it stays as it is.
    """
    whole = render(template, True, False)
    if whole.startswith(render(template, False, True)):
        return template
    before = render(template, False, False)
    head, found, _ = whole.removeprefix(before).partition(reply)
    if not (found and head and whole.startswith(before)):
        return template
    said = json.dumps(head, ensure_ascii=False)
    close = "{% if chatloop_asked %}{{ " + said + " }}{% endif %}"
    return _OPEN + template.removesuffix("\n") + close
