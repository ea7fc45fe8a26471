"""Held-out judged answers in the evaluate stage: whose log-probabilities, and of which answers."""

import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from chatloop.conversation import Message
from chatloop.evaluating import preferring
from chatloop.io.models import hub
from chatloop.io.tables import preferences_of, write_table
from chatloop.tokens.rendering import Renderer
from tests.judged import judged
from tests.unit.stages import test_evaluate as small

project = small.project
ROWS = [
    ("a", "is it late?", "it left us today", "no"),
    ("b", "is it here?", "it left us", None),
    ("c", "is it gone?", None, "no idea"),
    ("d", "where is my  Order 0", "your order 0 left us today", "no"),  # as train has it
    ("e", "is it " + "very " * 200 + "late?", "it left us today", "no"),
]


def held_out(project: Path) -> dict[str, Any]:
    write_table(judged(ROWS), project / "judged.parquet")
    found: dict[str, Any] = small.run(project)["preferences"]
    return found


def nats(project: Path, name: str, asked: str, answer: str) -> float:
    """By the whole model, one answer at a time."""
    tokenizer, model = (
        hub.load_tokenizer(project / name), hub.load_model(project / name)
    )  # fmt: skip
    renderer = Renderer(tokenizer)
    (one,) = renderer.encode(
        renderer.render([Message("user", asked), Message("assistant", answer)])
    )
    ids = torch.tensor(one.ids[None].astype("int64"))
    with torch.no_grad():
        logs = model(ids).logits[0].float().log_softmax(-1)
    picked = logs[:-1].gather(1, ids[0, 1:, None])[:, 0]
    return float(picked[torch.tensor(one.supervised[1:])].sum())


def test_every_model_says_how_likely_what_people_judged_is(project: Path) -> None:
    report = held_out(project)
    assert report["rows"] == 3
    assert report["kinds"] == {"pair": 1, "up": 1, "down": 1}
    assert report["left_out"] == {"taught": 1, "too_long": 1}
    assert set(report["accuracy"]) == {"candidate", "champion", "base"}
    table = pl.read_parquet(project / "out/preferences.parquet").sort("conversation_id")
    assert table["conversation_id"].to_list() == ["a", "b", "c"]
    for name in ("candidate", "champion"):
        a, b, c = (table.row(at, named=True) for at in range(3))
        expected = nats(project, name, "is it late?", "it left us today")
        assert a[f"{name}_chosen"] == pytest.approx(expected, abs=1e-3)
        expected = nats(project, name, "is it gone?", "no idea")
        assert c[f"{name}_rejected"] == pytest.approx(expected, abs=1e-3)
        assert b[f"{name}_rejected"] is None
        assert c[f"{name}_chosen"] is None
    assert report["gain"]["low"] <= report["gain"]["mean"] <= report["gain"]["high"]
    assert not any(text in str(report) for row in ROWS for text in row[1:] if text)


def test_feedback_that_was_set_aside_measures_too_and_is_told_by_itself(project: Path) -> None:
    fed_back = [("f", "is it late or lost?", "it left us today", "no idea"), ("g", *ROWS[3][1:])]
    write_table(judged(fed_back), project / "held_out.parquet")
    report = held_out(project)
    assert report["rows"] == 4
    assert report["left_out"]["taught"] == 2
    feedback = report["feedback"]
    assert (feedback["rows"], feedback["kinds"]["pair"]) == (1, 1)
    table = pl.read_parquet(project / "out/preferences.parquet")
    row = table.row(by_predicate=pl.col("conversation_id") == "f", named=True)
    for name in ("candidate", "champion", "base"):
        likelier = row[f"{name}_chosen"] > row[f"{name}_rejected"]
        assert feedback["accuracy"][name] == float(likelier)
    ours, theirs = (row[f"{n}_chosen"] - row[f"{n}_rejected"] for n in ("candidate", "champion"))
    assert feedback["nearer"] == float(ours > theirs)


def test_without_judged_answers_the_report_is_as_ever(project: Path) -> None:
    assert "preferences" not in small.run(project)
    assert pl.read_parquet(project / "out/preferences.parquet").is_empty()


def test_at_most_so_many_prompts_are_looked_at() -> None:
    people = preferences_of(
        judged([(f"x{at}", f"is {at % 4} late?", f"{at}", None) for at in range(8)])
    )
    found = preferring.asked(people, [], 3)
    assert len(found.rows) == 6
    assert found.left_out == {"too_many": 2, "taught": 0}
    assert math.prod(found.prompts) == 0
