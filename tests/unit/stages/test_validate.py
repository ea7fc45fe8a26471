import json
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from chatloop.errors import DataError, UserError
from chatloop.io.tables import TURNS, write_table
from chatloop.params import Bounds, ValidateParams
from chatloop.params.data import Drift
from chatloop.stages.validate import validate

DRIFT = Drift(action="warn", max_population_stability_index=0.25, max_jensen_shannon_divergence=0.1)
PARAMS = ValidateParams(
    min_conversations=10,
    max_quarantined_share=0.1,
    max_rejected_share=0.5,
    topics=Bounds(min=1, max=5),
    turn_chars=Bounds(min=1, max=60),
    drift=DRIFT,
)
INGEST = {"records_read": 400, "quarantined": 1}
READS = ("turns.parquet", "ingest.json", "clean.json", "profile.json")
CLEAN = {"conversations": {"in": 39, "rejected": 19, "out": 20}}


@dataclass(frozen=True)
class Place:
    """A folder with what the stage reads; `run` is the stage in it."""

    folder: Path

    def put(
        self,
        turns: pl.DataFrame,
        ingest: object = INGEST,
        clean: object = CLEAN,
        drift: object = None,
    ) -> None:
        (self.folder / "profile.json").write_text(json.dumps({"drift": drift or {}}))
        write_table(turns, self.folder / "turns.parquet")
        (self.folder / "ingest.json").write_text(json.dumps(ingest))
        (self.folder / "clean.json").write_text(json.dumps(clean))

    def run(self, params: ValidateParams = PARAMS) -> None:
        reads = [self.folder / name for name in READS]
        validate(params, *reads, self.folder / "validate.json", self.folder / "docs")

    def failed(self, params: ValidateParams = PARAMS) -> tuple[list[str], str]:
        with pytest.raises(DataError) as error:
            self.run(params)
        names = [one["expectation"] for one in self.report["results"] if not one["success"]]
        return names, str(error.value)

    @property
    def report(self) -> dict:
        return json.loads((self.folder / "validate.json").read_text())

    @property
    def docs(self) -> str:
        return "".join(page.read_text() for page in sorted((self.folder / "docs").iterdir()))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def sound(conversations: int = 20) -> pl.DataFrame:
    said = [
        ("user", "Where is it?"),
        ("assistant", "On its way."),
        ("user", "Ok"),
        ("assistant", "Bye."),
    ]
    rows = [
        (f"shop-{number:05}", turn, role, text, [f"topic_{number % 3}"], "builtin")
        for number in range(conversations)
        for turn, (role, text) in enumerate(said)
    ]
    return pl.DataFrame(rows, schema=TURNS, orient="row")


def changed(conversation: int, turn: int, **columns: object) -> pl.DataFrame:
    """Sound data with one turn spoiled."""
    here = (pl.col("conversation_id") == f"shop-{conversation:05}") & (pl.col("turn") == turn)
    values = {
        name: pl.when(here).then(pl.lit(value, TURNS[name])).otherwise(pl.col(name))
        for name, value in columns.items()
    }
    return sound().with_columns(**values)


def without(conversation: int, turn: int) -> pl.DataFrame:
    return sound().filter(
        (pl.col("conversation_id") != f"shop-{conversation:05}") | (pl.col("turn") != turn)
    )


def test_sound_data_passes_with_a_report_and_docs(place: Place, capsys: pytest.CaptureFixture):
    place.put(sound())
    place.run()
    report = place.report
    assert report["success"]
    assert report["failed"] == {"turns": 0, "conversations": 0, "corpus": 0}
    assert (report["turns"], report["conversations"], report["topics"]) == (80, 20, 3)
    assert (report["quarantined_share"], report["rejected_share"]) == (0.0025, 0.487179)
    assert report["expectations"] == len(report["results"]) == 15
    assert {path.name for path in (place.folder / "docs").iterdir()} == {
        "index.html",
        "turns.html",
        "conversations.html",
        "corpus.html",
    }
    out = capsys.readouterr()
    assert out.out.startswith("validate: 15 expectations hold for 20 conversations, 80 turns")
    assert out.err == ""


SPOILED = {
    "an id is missing": (changed(3, 1, conversation_id=None), {"turns.id_present"}),
    "a turn stands twice": (
        pl.concat([sound(), sound()[1:2]]),
        {"turns.unique", "conversations.turns_numbered", "conversations.roles_alternate"},
    ),
    "a role is unknown": (changed(3, 2, role="robot"), {"turns.role_known"}),
    "a turn is too long": (changed(3, 1, content="a" * 61), {"turns.length_in_bounds"}),
    "an address is left": (changed(3, 1, content="anna@example.org"), {"turns.no_personal_data"}),
    "too few": (sound(9), {"conversations.enough"}),
    "two sources": (changed(3, 1, source="other"), {"conversations.one_source"}),
    "an answer is empty": (
        changed(3, 1, content=" "),
        {"turns.length_in_bounds", "conversations.no_empty_answer"},
    ),
    "a turn is missing inside": (
        without(3, 1),
        {"conversations.turns_numbered", "conversations.roles_alternate"},
    ),
    "the assistant starts": (
        without(3, 0),
        {"conversations.turns_numbered", "conversations.user_starts"},
    ),
    "the last answer is missing": (without(3, 3), {"conversations.assistant_ends"}),
    "no topics": (
        sound().with_columns(pl.lit([], pl.List(pl.String)).alias("topics")),
        {"corpus.topics"},
    ),
}


@pytest.mark.parametrize("defect", SPOILED)
def test_broken_data_stops_and_names_what_failed(place: Place, defect: str):
    turns, broken = SPOILED[defect]
    place.put(turns)
    names, message = place.failed()
    # A spoiled id takes its turn to another conversation, which spoils that one too.
    assert broken <= set(names) if defect == "an id is missing" else broken == set(names)
    assert all(name in message for name in names)
    assert "\n" not in message
    assert "index.html" in message
    assert "failed" in place.docs


def test_shares_above_their_limit_stop(place: Place):
    place.put(sound(), ingest={"records_read": 40, "quarantined": 5})
    assert place.failed()[0] == ["corpus.quarantined_share"]
    place.put(sound(), clean={"conversations": {"in": 41, "rejected": 21, "out": 20}})
    names, message = place.failed()
    assert names == ["corpus.rejected_share"]
    assert "corpus.rejected_share (0.512195; validate.max_rejected_share: 0.5)" in message


def test_a_share_at_its_limit_passes(place: Place):
    place.put(
        sound(),
        ingest={"records_read": 10, "quarantined": 1},
        clean={"conversations": {"in": 40, "rejected": 20, "out": 20}},
    )
    place.run()


def test_nothing_read_is_a_share_of_nothing(place: Place):
    place.put(sound(), ingest={"records_read": 0, "quarantined": 0})
    place.run()


def test_the_error_is_for_scripts_and_for_people(place: Place):
    place.put(changed(3, 1, role="user"))
    with pytest.raises(DataError) as error:
        place.run()
    assert error.value.exit_code == 3
    assert str(error.value) == (
        "1 expectation failed: conversations.roles_alternate (1 of 20; e.g. shop-00003: "
        f"roles_alternate False); see {place.folder}/docs/index.html, "
        "then repair the sources or params.yaml"
    )


def test_unexpected_rows_are_counted_and_named_without_their_text(place: Place):
    place.put(changed(3, 1, content="Write to anna@example.org"))
    _, message = place.failed()
    (result,) = [one for one in place.report["results"] if not one["success"]]
    assert result == {
        "expectation": "turns.no_personal_data",
        "success": False,
        "rows": 80,
        "unexpected": 1,
        "unexpected_percent": 1.25,
        "examples": ["shop-00003 turn 1: personal_data 1"],
    }
    for text in (message, place.docs, json.dumps(place.report)):
        assert "anna" not in text
        assert "Where is it" not in text
    assert "shop-00003 turn 1" in place.docs


@pytest.mark.parametrize(
    "clean", [{}, [], {"conversations": 3}, {"conversations": {"in": "3", "rejected": 1}}]
)
def test_a_report_without_the_counts_is_one_line(place: Place, clean: object):
    place.put(sound(), clean=clean)
    with pytest.raises(UserError, match=r"clean\.json: conversations\.(in|rejected) is missing"):
        place.run()


def test_a_kind_that_the_user_chose_not_to_redact_does_not_fail(place: Place) -> None:
    turns = sound().with_columns(
        content=pl.when(pl.col("role") == "user")
        .then(pl.lit("Write to ann@example.org"))
        .otherwise("content")
    )
    place.put(turns, clean=CLEAN | {"redacted": {"phone": 0}})
    place.run()
    place.put(turns, clean=CLEAN | {"redacted": {"phone": 0, "email": 0}})
    assert "turns.no_personal_data" in place.failed()[0][0]


FAR = {"turn_words": 0.31, "topics": 0.02, "vocabulary": 0.4}


def test_drift_warns_with_its_statistic_and_limit(place: Place, capsys) -> None:
    place.put(sound(), drift=FAR)
    place.run()
    warned = [line for line in capsys.readouterr().out.splitlines() if "warning" in line]
    assert warned == [
        "validate: warning: turn_words drifted from the last accepted data: "
        "population_stability_index 0.31 is above 0.25 "
        "(validate.drift.max_population_stability_index)",
        "validate: warning: vocabulary drifted from the last accepted data: "
        "jensen_shannon_divergence 0.4 is above 0.1 (validate.drift.max_jensen_shannon_divergence)",
    ]
    assert place.report["vocabulary_drift"] == 0.4


def test_drift_stops_where_params_say_so(place: Place) -> None:
    place.put(sound(), drift=FAR)
    strict = PARAMS.model_copy(update={"drift": DRIFT.model_copy(update={"action": "stop"})})
    names, message = place.failed(strict)
    assert names == ["corpus.turn_words_drift", "corpus.vocabulary_drift"]
    assert "validate.drift.max_jensen_shannon_divergence: 0.1" in message
    place.put(sound(), drift={"topics": 0.1})
    place.run(strict)
