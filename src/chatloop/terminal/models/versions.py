"""The registry for a person: a table of versions, and the lineage of one as a tree.

version  alias     verdict  bits per byte  held out  trained on  age
2        champion  PROMOTE  0.2084         308       2,702       3 hours
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from chatloop.io.registry.listing import Entry
from chatloop.terminal.summary import COLOURS

UNITS = (("year", 31_536_000), ("month", 2_592_000), ("day", 86_400), ("hour", 3_600),
         ("minute", 60))  # fmt: skip
DIGITS = 12  # of a sha256 that a person compares by eye


def versions_table(name: str, entries: Sequence[Entry], now: float) -> Table:
    """A row a version, the newest first; `now` in seconds since 1970."""
    table = Table(title=name, title_justify="left", box=SIMPLE, pad_edge=False)
    for column in ("version", "alias", "verdict", "bits/byte", "held out", "trained on", "age"):
        table.add_column(column, no_wrap=column != "alias")
    for entry in entries:
        bits = entry.facts.get("bits_per_byte", {}).get("candidate")
        table.add_row(
            str(entry.number),
            "\n".join(entry.aliases),
            Text(entry.verdict, style=COLOURS.get(entry.verdict, "default")),
            "" if bits is None else f"{bits:.4f}",
            _count(entry.facts.get("held_out")),
            _count(entry.facts.get("trained_on")),
            age(now - entry.made),
        )
    return table


def age(seconds: float) -> str:
    """`3 hours`: the largest unit of which there is one."""
    for unit, size in UNITS:
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "just now"


def lineage_tree(found: Mapping[str, Any]) -> Tree:
    """What a version came from; a branch for each of data, base, params, code and verdict."""
    sha = str(found["candidate_sha256"])
    tree = Tree(Text(f"{found['model']} version {found['version']}  {sha[:DIGITS]}", style="bold"))
    code, facts = found["code"], found["facts"]
    data = tree.add(Text("data"))
    for source, count in sorted((facts.get("sources") or {}).items()):
        data.add(Text(f"{source}  {_count(count)} conversations"))
    if facts.get("judged"):
        data.add(Text(f"{_count(facts['judged'])} judged answers"))
    for file in found["data"]["sources"]:
        data.add(Text(f"{file['path']}  {file['sha256'][:DIGITS]}"))
    for out in ("data/clean/turns.parquet", "data/split/train.parquet", "data/tokenize"):
        if out in found["data"]["outs"]:
            data.add(Text(f"{out}  {found['data']['outs'][out][:DIGITS]}"))
    base = tree.add(Text(f"base  {facts.get('base')}  {facts.get('base_revision') or ''}".rstrip()))
    if adapter := facts.get("adapter"):
        weights = str(adapter["base_weights_sha256"])[:DIGITS]
        base.add(Text(f"{adapter['kind']} of rank {adapter['rank']} beside weights {weights}"))
    params = tree.add(Text("params"))
    for stage in ("train", "align") if facts.get("judged") else ("train",):
        for key, value in sorted(found["params"].get(stage, {}).items()):
            params.add(Text(f"{stage}.{key}  {value}"))
    changed = f"  with changes in {', '.join(code['changed'])}" if code["changed"] else ""
    tree.add(Text(f"code  {code['git_commit'][:DIGITS]}{changed}"))
    rival = found["judged_against"]
    judged = tree.add(
        Text(f"verdict  {found['verdict']}, judged against {rival and f'version {rival}'}")
    )
    for reason in found["reasons"]:
        judged.add(Text(reason))
    for key in ("moved_by_hand", "rolled_back"):
        if key in found:
            one = found[key]
            tree.add(Text(f"{key.replace('_', ' ')}  {one['by']}, {one['at']}: {one['reason']}"))
    return tree


def _count(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else ""
