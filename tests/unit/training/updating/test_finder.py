"""Rising rates: where the loss leaps, what is suggested, and that nothing is written."""

from pathlib import Path
from typing import Any

import pytest
from test_resuming import PARAMS, model, packed

from chatloop.errors import UserError
from chatloop.modeling.scoring import be_deterministic
from chatloop.terminal.rates import advice, find_rate, table
from chatloop.training.updating.finder import Trial, rates, suggested, trials


def found(optimizer: str) -> list[Trial]:
    params = PARAMS.model_copy(update={"optimizer": optimizer, "batch_rows": 8})
    be_deterministic(params.seed, params.threads)
    return list(trials(model(0.0), packed(), params, 1e-4, 30.0, 60))


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_the_suggestion_is_where_the_loss_still_falls(optimizer: str) -> None:
    first = found(optimizer)
    assert first == found(optimizer)
    assert len(first) < 60
    rate = suggested(first)
    assert rate is not None
    assert 1e-4 < rate < 0.3
    assert f"{rate:.1e} (train.learning_rate is 1.0e-02)" in advice(first, 1e-2)
    assert 2 < len(table(first, "muon").rows) <= 24


def test_rates_rise_by_equal_factors() -> None:
    assert rates(1e-3, 1e-1, 3) == pytest.approx([1e-3, 1e-2, 1e-1])


@pytest.mark.parametrize("trial", [[], [Trial(1e-3, 1.0, 1.0), Trial(1e-2, 2.0, 2.0)]])
def test_a_loss_that_never_falls_suggests_nothing(trial: list[Trial]) -> None:
    assert suggested(trial) is None
    assert "never fell" in advice(trial, 1e-2)
    assert table(trial, "muon") is not None


def test_without_tokens_it_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="run chatloop run or dvc repro tokenize first"):
        find_rate(PARAMS, 1e-6, 1.0, 10)
    with pytest.raises(UserError, match="no rate rises"):
        find_rate(PARAMS, 1.0, 1e-6, 10)


def test_it_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_model: Any, chatml: Any
) -> None:
    from chatloop.io.files import digests, write_json
    from chatloop.io.models import hub
    from chatloop.io.tokens import write_packed

    (tmp_path / "models" / "base").mkdir(parents=True)
    hub.save(small_model, chatml, tmp_path / "models" / "base")
    hub.write_card(tmp_path / "models" / "base", source=hub.TINY, revision=None, licence="none")
    write_packed(packed(), tmp_path / "data" / "tokenize" / "train")
    write_json(tmp_path / "data" / "tokenize" / "manifest.json", {"context": 16})
    before = digests(tmp_path)
    monkeypatch.chdir(tmp_path)
    shown, said = find_rate(PARAMS, 1e-4, 1.0, 20)
    assert shown.title == "muon, 2 rows of 16 tokens a step"
    assert "learning rate" in said
    assert digests(tmp_path) == before
