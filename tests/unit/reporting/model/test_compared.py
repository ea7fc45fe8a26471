from typing import Any

import polars as pl
import pytest

from chatloop.reporting.model.compared import guarded


def table(champion_tokens: list[int | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "comparable": [True, True, False],
            "candidate_tokens": [10, 20, 5],
            "candidate_correct": [5, 20, 0],
            "champion_tokens": champion_tokens,
            "champion_correct": [10, 10, 0],
        },
        schema_overrides={"champion_tokens": pl.Int64},
    )


def row(talk: str, candidate: float, champion: float) -> dict[str, Any]:
    return {
        "conversation_id": talk,
        "candidate": "a", "champion": "b",
        "chrf": {"candidate": candidate, "champion": champion},
        "ended": {"candidate": False, "champion": True},
    }  # fmt: skip


def test_token_accuracy_is_a_mean_over_comparable_conversations() -> None:
    (found,) = guarded(table([10, 20, 5]), [], 2).values()
    assert found.candidate.tolist() == [0.5, 1.0]
    assert found.champion.tolist() == [1.0, 0.5]


def test_other_tokens_or_no_champion_leave_token_accuracy_out() -> None:
    assert guarded(table([10, 21, 5]), [], 1) == {}
    assert guarded(table([None, None, None]), [], 1) == {}


def test_written_answers_are_averaged_by_conversation() -> None:
    rows = [row("a", 50.0, 100.0), row("a", 70.0, 100.0), row("b", 10.0, 20.0)]
    found = guarded(table([None] * 3), rows, 2)
    assert found["chrF"].candidate.tolist() == pytest.approx([0.6, 0.1])
    assert found["ended answers"].champion.tolist() == [1.0, 1.0]
    assert guarded(table([None] * 3), rows, 3) == {}
    alone = [{k: v for k, v in one.items() if k != "champion"} for one in rows]
    assert guarded(table([None] * 3), alone, 1) == {}
