import json
from pathlib import Path
from typing import Any

import polars as pl

from chatloop.io import hub
from chatloop.io.tables import SPLIT_TURNS, write_table
from chatloop.params.probing import SpeedParams
from chatloop.stages.speed import speed

PARAMS = SpeedParams(prompts=1, new_tokens=4, rounds=1, threads=1)


def test_speed_and_cost_of_candidate_and_of_the_champion_where_there_is_one(
    tmp_path: Path, small_model: Any, chatml: Any
) -> None:
    rows = [
        ("c1", at, role, "hello " * 40, [], "test", "c1", None)
        for at, role in enumerate(("user", "assistant"))
    ]
    write_table(pl.DataFrame(rows, schema=SPLIT_TURNS, orient="row"), tmp_path / "test")
    hub.save(small_model, chatml, tmp_path / "candidate")
    hub.write_card(tmp_path / "candidate", trained_context=64)
    paths = [tmp_path / name for name in ("test", "candidate", "champion", "report")]
    speed(PARAMS, *paths)
    alone = json.loads(paths[-1].read_text())
    assert list(alone) == ["candidate"]
    assert alone["candidate"]["parameters"] == sum(one.numel() for one in small_model.parameters())
    assert alone["candidate"]["tokens_per_second"] > 0
    speed(PARAMS, paths[0], paths[1], paths[1], paths[3])
    both = json.loads(paths[-1].read_text())
    assert both["champion"]["flops_per_token"] == both["candidate"]["flops_per_token"]
