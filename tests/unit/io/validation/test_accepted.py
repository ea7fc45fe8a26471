import json
from pathlib import Path

import pytest

from chatloop.io.files import sha256
from chatloop.io.validation.accepted import accept, pin_accepted


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path, Path]:
    (tmp_path / "turns").write_text("the turns")
    return tmp_path / "accepted.json", tmp_path / "promoted.json", tmp_path / "turns"


def test_without_a_promotion_nothing_is_accepted(paths) -> None:
    assert pin_accepted(*paths) == "no data set was accepted yet"
    assert json.loads(paths[0].read_text()) == {"conversations": None}


def test_a_data_set_is_held_against_the_one_before_and_never_against_itself(paths) -> None:
    pin, promoted, turns = paths
    pin_accepted(*paths)
    profile = turns.with_name("profile.json")
    profile.write_text(json.dumps({"conversations": 9, "turns_sha256": sha256(turns)}))
    accept(profile, promoted)
    pin_accepted(*paths)
    assert json.loads(pin.read_text()) == {"conversations": None}
    turns.write_text("more turns")
    assert pin_accepted(*paths) == "accepted: 9 conversations"
    before = pin.stat().st_mtime_ns
    pin_accepted(*paths)
    assert pin.stat().st_mtime_ns == before


def test_a_pin_that_cannot_be_read_is_made_anew(paths) -> None:
    paths[0].write_text("<<<<<<< ours")
    pin_accepted(*paths)
    assert json.loads(paths[0].read_text()) == {"conversations": None}
