"""The rounds as a picture for the docs: the hidden score rises, the bits per byte stay, and what the
gate said of each version.

The same rounds give the same bytes.
"""

from collections.abc import Sequence
from pathlib import Path

import matplotlib

from benchmarks.team.rounds import Round

BLUE, GREY = "#1f5fa8", "#777777"


def draw(played: Sequence[Round], bound: float, path: Path) -> None:
    """SVG: score and bits per byte by round, and up to where the latter may go."""
    matplotlib.use("svg")
    from matplotlib import pyplot as plt

    fixed = {"svg.hashsalt": "chatloop", "svg.fonttype": "none", "font.family": "sans-serif"}
    with plt.rc_context(fixed):
        figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.4), layout="constrained")
        rounds = [one.number for one in played]
        names = [_name(one) for one in played]
        scores = [one.hidden_score for one in played]
        left.plot(rounds, scores, marker="o", color=BLUE)
        for at, score in zip(rounds, scores, strict=True):
            left.annotate(f"{score:.2f}", (at, score), (0, 7), textcoords="offset points",
                          ha="center")  # fmt: skip
        left.set(title="Hidden score on unseen prompts", ylim=(0.0, 1.0))
        bits = [one.bits_per_byte for one in played]
        right.plot(rounds, bits, marker="o", color=BLUE)
        right.axhline(bits[0] + bound, color=GREY, linestyle="--", label="align.max_bpb_rise")
        right.set(title="Bits per byte, test split", ylim=(0.0, (bits[0] + bound) * 1.3))
        right.legend(loc="lower left", frameon=False)
        for axes in (left, right):
            axes.set_xticks(rounds, names)
            axes.set_xlim(-0.4, rounds[-1] + 0.4)  # room for the names at both ends
            axes.spines[["top", "right"]].set_visible(False)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
        plt.close(figure)


def _name(one: Round) -> str:
    """`round 2`, under it `version 3` and what became of it."""
    became = "champion,\nserved" if one.promoted else one.verdict.lower()
    first = f"round {one.number}" if one.number else "before"
    return f"{first}\nversion {one.version}\n{became}"
