"""The page that begins with the verdict, also as a real browser shows it."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest

from chatloop.pages.drawing import Scale, line, ticks
from chatloop.pages.evaluation import evaluation_page

BROWSER = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>"
CURVE = [
    {"step": at, "loss": 7.0 / at, "validation_bits_per_byte": 3.0 / at if at % 4 == 1 else None}
    for at in range(1, 30)
]
# What a browser says about itself goes into its title, which --dump-dom shows.
WIDER = (
    "<script>addEventListener('load', () => document.title = 'wide:' + "
    "(document.documentElement.scrollWidth - innerWidth))</script>"
)


def verdict(word: str = "REJECT") -> dict[str, Any]:
    numbers = {"mean": -0.5, "low": -0.6, "high": -0.4}
    return {
        "verdict": word,
        "reasons": ["loses to the champion on returns by 0.0312 bits per byte"],
        "candidate_sha256": "7ad7431b732c" * 5,
        "champion_version": 3,
        "findings": {"base": {"outcome": "PROMOTE", **numbers}, "champion": {"outcome": word}},
    }


def evaluated(models: tuple[str, ...]) -> dict[str, Any]:
    each = dict.fromkeys(models, 1.25)
    part = {"conversations": 9, "answers": 20, "bits_per_byte": 1.2, "low": 1.1, "high": 1.3}
    part |= {"champion": 1.3, "base": 2.0, "difference": -0.1}
    bounds = [(-0.2, -0.05), (-0.2, 0.1), (0.1, 0.2), (None, None)]
    rows = [
        {
            **part,
            "by": by,
            "slice": f"{by} {EVIL if at == 1 else at}",
            "difference_low": low,
            "difference_high": high,
        }
        for by in ("topic", "source", "depth", "length")
        for at, (low, high) in enumerate(bounds)
    ]
    metrics = {"chrf": 41.5, "distinct_1": 0.25}
    return {
        "conversations": 1200, "comparable": 1100, "answer_bytes": 85083, "slices": rows,
        "bits_per_byte": each, "perplexity": {**each, models[0]: None}, "token_accuracy": each,
        "written": {"answers": 3, **dict.fromkeys(models, metrics), "reference": {"distinct_1": 0.5}},
    }  # fmt: skip


def generations(models: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {
            "conversation_id": f"shop-{at}", "turn": 3, "topics": ["returns"],
            "messages": [{"role": "user", "content": EVIL}, {"role": "user", "content": "Q" * 400}],
            "reference": f"reference {at}",
            **{name: "" if at == 0 else f"{name} says {EVIL} {at}" for name in models},
            "ended": dict.fromkeys(models, at != 1),
            "chrf": {name: 10.0 * at + len(name) * (at - 1) for name in models},
        }
        for at in range(4)
    ]  # fmt: skip


COUNTS = {"by_kind": {"privacy": {"checked": 4, "passed": 3}}}
BEHAVIOURS = {
    "candidate": COUNTS, "champion": COUNTS,
    "cases": [
        {"name": "shows_no_card", "kind": "privacy", "must": True,
         "candidate": {"passed": False, "why": ["has personal data (card)"], "answer": EVIL}},
    ],
}  # fmt: skip
SPANS = {"extracted": 7, "tried": 48}
PROBE = {
    "canaries": {
        "planted": 8, "max_exposure": 13.25, "space_bits": 19.93, "never_planted": {"max": 2.5},
    },
    "extraction": {"training": SPANS, "held_out": SPANS, "beyond_control": 0},
    "personal_data": {"leaked": {"email": 2}, "made_up": {}, "answers": 48},
    "forgetting": {"bits_per_byte": {"candidate": 2.5, "base": 2.25}},
}  # fmt: skip


def page(*models: str, word: str = "REJECT") -> str:
    chosen = models or ("candidate", "champion", "base")
    found = {"generations": generations(chosen), "behaviours": BEHAVIOURS, "probe": PROBE}
    return evaluation_page(verdict(word), evaluated(chosen), CURVE, found)


class Balance(HTMLParser):
    """Counts what is opened and closed, and keeps the headings."""

    VOID = ("meta", "br", "path", "line", "circle")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("h1", "h2"):
            self.headings.append(data.strip())


def test_the_verdict_comes_first_and_the_answers_last() -> None:
    parser = Balance()
    parser.feed(page())
    assert not parser.open
    assert parser.headings == [
        "REJECT", "Why", "Held-out answers", "Learning curve", "In parts", "Written answers",
        "Behaviour cases", "By heart, given away, forgotten",
        "The worst answers", "What got better than the champion's", "What got worse than the champion's",
    ]  # fmt: skip


def test_nothing_comes_from_elsewhere_and_nothing_runs() -> None:
    html = page()
    assert "<script" not in html
    assert "<img" not in html
    assert not re.search(r"(?:src|href)=|url\(|@import", html.replace("src=x", ""))
    assert "&lt;script&gt;" in html


def test_a_first_run_has_no_champion_and_may_have_written_nothing() -> None:
    html = page("candidate", "base", word="PROMOTE")
    assert "champion's" not in html
    assert "What got better than the base" in html
    scores = {k: v for k, v in evaluated(("candidate", "base")).items() if k != "written"}
    bare = evaluation_page(verdict(), scores, [], {})
    assert "Written answers" not in bare
    assert "Learning curve" not in bare


def test_what_was_measured_once_is_a_number_and_no_curve() -> None:
    short = [{**row, "validation_bits_per_byte": None} for row in CURVE]
    short[-1]["validation_bits_per_byte"] = 0.2049
    html = evaluation_page(verdict(), evaluated(("candidate", "base")), short, {})
    assert "<b>0.2049</b><figcaption>validation, bits per byte, measured once, after" in html
    assert html.count("over steps") == 1


def test_the_same_values_are_the_same_bytes() -> None:
    assert page() == page()


def test_places_are_linear_and_ticks_round() -> None:
    assert Scale.over([2.0, 4.0], 0, 100)(3.0) == 50.0
    assert Scale.over([5.0], 0, 100)(5.0) == 50.0
    assert [text for _, text in ticks(Scale(0.0, 1000.0, 0, 1), 5)] == [
        "0",
        "200",
        "400",
        "600",
        "800",
        "1,000",
    ]
    assert [text for _, text in ticks(Scale(1.02, 1.11, 0, 1), 4)] == ["1.05", "1.10"]
    assert (
        line([(0, 0), (1, float("nan")), (2, 2)], Scale(0, 2, 0, 2), Scale(0, 2, 2, 0))
        == "M0.0 2.0L2.0 0.0"
    )


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here to look at the page with")
@pytest.mark.parametrize("width", [500, 1200])
def test_a_browser_shows_it_without_overflow_or_errors(tmp_path: Path, width: int) -> None:
    # `WIDER` is the test's own; a script of the page's would have been escaped.
    (tmp_path / "page.html").write_text(page().replace("</head>", WIDER + "</head>"))
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900",
        f"--user-data-dir={tmp_path / 'profile'}", "--enable-logging=stderr", "--dump-dom",
        (tmp_path / "page.html").as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert "CONSOLE" not in done.stderr
    assert int(re.findall(r"<title>wide:(-?\d+)", done.stdout)[0]) <= 0
    assert "loses to the champion on returns" in done.stdout


def test_cases_that_fail_and_what_is_known_by_heart_are_shown() -> None:
    shown = page()
    assert "has personal data (card)" in shown
    assert "has to pass" in shown
    assert "exposed by 13.2 bits at most (of 19.9)" in shown
    assert "2 values from training" in shown
    assert "By heart" not in evaluation_page(verdict(), evaluated(("candidate", "base")), [], {})


@pytest.mark.skipif(BROWSER is None, reason="no Chromium here to look at the page with")
def test_a_picture_of_it_begins_with_the_verdict_in_its_colour(tmp_path: Path) -> None:
    file, picture = tmp_path / "page.html", tmp_path / "page.png"
    file.write_text(page())
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,900",
        "--disable-background-networking", f"--user-data-dir={tmp_path / 'profile'}",
        f"--screenshot={picture}", file.as_uri(),
    ]  # fmt: skip
    subprocess.run(command, capture_output=True, check=True, timeout=240)
    pixels = matplotlib.image.imread(picture)[:300, :, :3]
    bad = np.array([0xB4, 0x53, 0x1F]) / 255
    assert (np.abs(pixels - bad).max(axis=-1) < 0.05).sum() > 200


def test_what_people_said_is_shown_in_figures() -> None:
    people = {
        "rows": 34, "kinds": {"pair": 20, "up": 8, "down": 6}, "left_out": {},
        "accuracy": {"candidate": 0.85, "champion": 0.6},
        "gain": {"mean": 1.31, "low": 0.42, "high": 2.2}, "nearer": 0.71,
    }  # fmt: skip
    scores = evaluated(("candidate", "champion"))
    page = evaluation_page(verdict(), scores | {"preferences": people}, [], {})
    assert "34 judged answers that nobody learned from speak for the candidate" in page
    assert "+1.31" in page
    assert "nearer to people in 71 %" in page
    assert "candidate 85 %, champion 60 %" in page
    assert "What people said" not in evaluation_page(verdict(), scores, [], {})
    served = people | {"rows": 12}
    page = evaluation_page(
        verdict(), scores | {"preferences": people | {"feedback": served}}, [], {}
    )
    assert "Of served answers 12 judgements: +1.31 nats" in page
    people.pop("gain")
    alone = evaluation_page(verdict(), scores | {"preferences": people}, [], {})
    assert "that nobody learned from." in alone
