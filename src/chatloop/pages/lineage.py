"""The lineage of a version as a picture: what it came from on the left, what it is on the right.

data ──┐
base ──┼──▶ chatloop version 4, PROMOTE
code ──┘
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chatloop.pages import template

LINE, GAP, FRAME = 20, 16, 20  # px
WIDEST = 46  # characters of a line
SHA = 12
FILLS = {"PROMOTE": "#e6f4ea", "HOLD": "#fff5d6", "REJECT": "#fde7e7"}


def lineage_picture(found: Mapping[str, Any]) -> str:
    """SVG that stands alone, from what `io.registry.listing.lineage` returns."""
    boxes, y = [], FRAME
    for lines in (_data(found), _base(found), _params(found), _code(found)):
        height = FRAME + LINE * len(lines)
        boxes.append({"y": y, "height": height, "middle": y + height // 2, "lines": lines})
        y += height + GAP
    height = y - GAP + FRAME
    lines = _result(found)
    size = FRAME + LINE * len(lines)
    top = max(FRAME, (height - size) // 2)
    fill = FILLS.get(found["verdict"], "#f2f5f9")
    return template("lineage.svg").render(
        title=lines[0], height=max(height, top + size + FRAME), centre=top + size // 2,
        causes=boxes, result={"y": top, "height": size, "fill": fill, "lines": lines},
    )  # fmt: skip


def _data(found: Mapping[str, Any]) -> list[str]:
    sources = found["facts"].get("sources") or {}
    said = [f"{source}: {count:,} conversations" for source, count in sorted(sources.items())]
    trained = found["facts"].get("trained_on")
    judged = found["facts"].get("judged")
    more = [f"{n:,} {what}" for n, what in ((trained, "trained on"), (judged, "judged")) if n]
    return _cut(["data", *said, *more])


def _base(found: Mapping[str, Any]) -> list[str]:
    facts = found["facts"]
    named = [str(facts.get(key)) for key in ("base", "base_revision") if facts.get(key)]
    adapter = facts.get("adapter")
    beside = [f"{adapter['kind']} of rank {adapter['rank']} beside it"] if adapter else []
    return _cut(["base", *named, *beside])


def _params(found: Mapping[str, Any]) -> list[str]:
    stages = ("train", "align") if found["facts"].get("judged") else ("train",)
    settings = [(stage, sorted(found["params"].get(stage, {}).items())) for stage in stages]
    said = [f"{stage}.{key}: {value}" for stage, items in settings for key, value in items]
    return _cut(["params", *said])


def _code(found: Mapping[str, Any]) -> list[str]:
    code = found["code"]
    changed = [f"changed: {name}" for name in code["changed"]]
    return _cut(["code", str(code["git_commit"])[: 2 * SHA], *changed])


def _result(found: Mapping[str, Any]) -> list[str]:
    title = f"{found['model']} version {found['version']}"
    content = str(found["candidate_sha256"])[:SHA]
    return _cut([title, content, found["verdict"], *found["reasons"]])


def _cut(lines: Sequence[str]) -> list[str]:
    return [line if len(line) <= WIDEST else line[: WIDEST - 1] + "…" for line in lines]
