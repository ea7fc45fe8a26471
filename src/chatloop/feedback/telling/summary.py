"""The report on feedback as a person reads it.

750 opinions of 20 callers: 431 taught, 47 held out, 250 quarantined, 22 rejected
  quarantined   242 phrase_cap, 8 cluster_cap
"""

from collections.abc import Iterator, Mapping
from typing import Any


def report_lines(report: Mapping[str, Any]) -> Iterator[str]:
    """Lines of reports/feedback.json."""
    outcomes = ", ".join(
        f"{n:,} {name.replace('_', ' ')}" for name, n in report["outcomes"].items()
    )
    yield f"{report['opinions']:,} opinions of {report['callers']:,} callers: {outcomes}"
    for name, reasons in report["reasons"].items():
        if reasons:
            yield f"  {name:<13} {_listed(reasons)}"
    for by, counts in report["taught"].items():
        if counts:
            yield f"  taught by {by:<8} {_listed(counts)}"
    for version, counts in report["versions"].items():
        yield f"  of version {version}: {_listed(counts)}"
    if lifted := report["phrases"]["lifted"]:
        yield f"  {lifted:,} phrases stick out; `chatloop feedback review` shows them"
    for one in report["forgotten"]:
        yield f"  forgotten: {one['caller']}, {one['rows']:,} rows up to number {one['until']:,}"


def entered_lines(version: int, found: Mapping[str, Any]) -> Iterator[str]:
    """Lines of what a version learned from."""
    yield (
        f"version {version} learned from {found['opinions']:,} opinions: "
        f"{found['conversations']:,} as conversations, {found['preferences']:,} as judged answers"
    )
    for by in ("kinds", "versions", "sources", "callers"):
        if found[by]:
            yield f"  {by:<9} {_listed(found[by])}"
    for one in found["forgotten"]:
        rows = found["callers"].get(one["caller"], 0)
        yield f"  forgotten: {one['caller']}, of whom it learned {rows:,} rows"
    yield f"  ids sha256 {found['ids_sha256']}"


def _listed(counts: Mapping[str, int]) -> str:
    most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count:,} {name}" for name, count in most)
