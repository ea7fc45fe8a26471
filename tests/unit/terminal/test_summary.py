import io
from typing import Any

import pytest
from rich.console import Console

from chatloop.terminal.summary import summary


def reports(verdict: str, champion_version: int | None) -> dict[str, Any]:
    return {
        "ingest": {"conversations": 4000, "turns": 9000, "quarantined": 3,
                   "quarantined_by_reason": {"not_json": 3}},
        "clean": {"conversations": {"in": 4000, "rejected": 70}, "repaired": {},
                  "rejected_by_reason": {"too_long": 10, "duplicate": 60, "refusal": 0},
                  "redacted": {"email": 5}},
        "validate": {"success": True},
        "split": {name: {"conversations": 10} for name in ("train", "validation", "test")},
        "train": {"steps": 7, "supervised_tokens": 1234, "validation_bits_per_byte": 0.5},
        "align": {"rows": 3, "skipped_by_reason": {"too_few": 3}},
        "ledger": {"train": {"tokens": {"supervised": 600, "masked": 700}}},
        "evaluate": {"comparable": 10, "bits_per_byte": {"base": 2.0, "candidate": 0.5}},
        "behaviours": {"candidate": {"checked": 48, "passed": 31, "must_failed": 0}},
        "verdict": {"verdict": verdict, "reasons": ["10 held-out conversations"],
                    "champion_version": champion_version},
    }  # fmt: skip


def shown(verdict: str, champion_version: int | None) -> str:
    promoted = verdict == "PROMOTE"
    result = {"stages": {"ingest": "Ran", "clean": "Cached"}, "version": 4, "promoted": promoted}
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(summary(reports(verdict, champion_version), result))
    return console.export_text()


def test_every_loss_has_its_number_and_reason() -> None:
    said = shown("PROMOTE", None)
    assert "3 records quarantined: 3 not_json" in said
    assert "70 of 4,000 conversations: 60 duplicate, 10 too_long" in said
    assert "version 4, alias champion" in said
    assert "candidate 31 of 48 cases passed" in said


@pytest.mark.parametrize(
    ("verdict", "champion_version", "can_talk"),
    [("PROMOTE", None, True), ("HOLD", None, False), ("REJECT", None, False), ("HOLD", 3, True)],
)
def test_only_a_champion_that_is_there_can_be_talked_to(
    verdict: str, champion_version: int | None, can_talk: bool
) -> None:
    assert ("chatloop chat" in shown(verdict, champion_version)) is can_talk
