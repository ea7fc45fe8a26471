"""Pages that stand alone: no script, no font and no picture from elsewhere."""

from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def evaluation_page(
    scores: dict[str, Any], topics: Sequence[dict[str, Any]], generations: Sequence[dict[str, Any]]
) -> str:
    """HTML from the scores, the table by topic and the answers side by side."""
    environment = Environment(
        loader=PackageLoader("chatloop.pages", ""), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("evaluation.html.jinja")
    worst = max((row["base"] or row["bits_per_byte"] for row in topics), default=1.0)
    return page.render(scores=scores, topics=topics, generations=generations, worst=worst)
