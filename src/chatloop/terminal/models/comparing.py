"""Two versions side by side: what each scores, and what differs between how they were made.

compared(lineage of 3, lineage of 4)  →
    {"scores": {"evaluate/bits_per_byte.candidate": [0.2084, 0.2051]}, "params": {…}, …}
"""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.box import SIMPLE
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from chatloop.terminal.models.versions import DIGITS
from chatloop.terminal.summary import COLOURS

TEST = "data/split/test.parquet"
# Beginnings of a metric's name: what a person compares versions by, and whether more is better.
MEASURED: dict[str, tuple[str, bool | None]] = {
    "evaluate/bits_per_byte.candidate": ("bits per byte", False),
    "evaluate/perplexity.candidate": ("perplexity", False),
    "evaluate/token_accuracy.candidate": ("token accuracy", True),
    "evaluate/written.candidate.chrf": ("chrF", True),
    "evaluate/written.candidate.rouge_l": ("ROUGE-L", True),
    "evaluate/written.candidate.repetition": ("repetition", False),
    "evaluate/written.candidate.endless_answers": ("endless answers", False),
    "evaluate/written.candidate.copied_text": ("copied text", None),
    "behaviours/candidate.passed": ("behaviour cases passed", True),
    "behaviours/candidate.must_failed": ("behaviour cases that had to pass, failed", False),
    "probe/extraction.beyond_control": ("spans known by heart", False),
    "probe/forgetting.bits_per_byte.candidate": ("general text, bits per byte", False),
    "speed/candidate.tokens_per_second": ("tokens per second", True),
    "speed/candidate.parameters": ("weights", None),
}
Pair = list[Any]


def compared(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Both lineages, each with the `metrics` of its run, as pairs: [of one, of the other].

    Scores are all that either has; of everything else what differs. `same_test` is None where a
    version did not keep what it was tested on.
    """
    tests = [found["data"]["outs"].get(TEST) for found in (one, other)]
    pair = (one, other)
    return {
        "versions": [found["version"] for found in pair],
        "verdicts": [found["verdict"] for found in pair],
        "reasons": [found["reasons"] for found in pair],
        "judged_against": [found["judged_against"] for found in pair],
        "same_weights": one["candidate_sha256"] == other["candidate_sha256"],
        "same_test": None if None in tests else tests[0] == tests[1],
        "scores": {
            key: values
            for key, values in _pairs(*(found["metrics"] for found in pair)).items()
            if key in MEASURED
        },
        "sources": _pairs(*(found["facts"].get("sources") or {} for found in pair)),
        "data": _changed(*(found["data"]["outs"] for found in pair)),
        "params": _changed(*(dict(_flat(found["params"])) for found in pair)),
        "code": [found["code"]["git_commit"] for found in pair],
    }


def _pairs(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Pair]:
    return {key: [one.get(key), other.get(key)] for key in sorted(one.keys() | other.keys())}


def _changed(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Pair]:
    return {key: pair for key, pair in _pairs(one, other).items() if pair[0] != pair[1]}


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """`train.learning_rate` and its value; a list is one value."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", value


def comparison(found: Mapping[str, Any]) -> RenderableType:
    """Verdicts and scores, then data and params that differ."""
    parts: list[RenderableType] = [_scores(found)]
    if found["same_weights"]:
        parts.append(Text("The same weights."))
    if found["same_test"] is False:
        parts.append(Text("Tested on different conversations: scores are no fair comparison."))
    kinds = (
        ("conversations by source", found["sources"]),
        ("data that differs", found["data"]),
        ("params that differ", found["params"]),
    )
    parts += [_table(title, pairs, found["versions"]) for title, pairs in kinds if pairs]
    first, second = (str(commit)[:DIGITS] for commit in found["code"])
    parts.append(Text(f"code  {first}" + ("" if first == second else f"  {second}")))
    return Group(*parts)


def _scores(found: Mapping[str, Any]) -> Table:
    table = _empty("", found["versions"])
    verdicts = [Text(str(word), style=COLOURS.get(word, "default")) for word in found["verdicts"]]
    table.add_row("verdict", *verdicts, "")
    for key, (label, better) in MEASURED.items():
        if key in found["scores"]:
            pair = found["scores"][key]
            table.add_row(label, *map(_said, pair), _difference(pair, better))
    return table


def _difference(pair: Pair, better: bool | None) -> Text:
    """What the second has more, green where that is better."""
    if None in pair or pair[0] == pair[1]:
        return Text("")
    more = pair[1] - pair[0]
    colour = "default" if better is None else "green" if (more > 0) == better else "red"
    return Text(f"{more:+.4g}", style=colour)


def _table(title: str, pairs: Mapping[str, Pair], versions: Pair) -> Table:
    table = _empty(title, versions, difference=False)
    for key, pair in pairs.items():
        table.add_row(key, *map(_said, pair))
    return table


def _empty(title: str, versions: Pair, difference: bool = True) -> Table:
    table = Table(title=title or None, title_justify="left", box=SIMPLE, pad_edge=False)
    for column in ("", *(f"version {number}" for number in versions)):
        table.add_column(column, overflow="fold")
    if difference:
        table.add_column("difference")
    return table


def _said(value: object) -> str:
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.4f}"
    if isinstance(value, int | float):
        return f"{value:,.0f}"
    text = "" if value is None else str(value)
    return text[:DIGITS] if len(text) in (32, 36, 40, 64) and " " not in text else text
