"""What people are told of a run: a subject and a body, short enough for a chat message.

chatloop: version 4 is promoted
beats version 3 by 0.0210 bits per byte
Report: https://mlflow.example/#/experiments/1/runs/3f0c…
Back: chatloop rollback --reason "why"
"""

from dataclasses import dataclass

MOST_REASONS = 8
TITLES = {
    "promoted": "version {version} is promoted",
    "held": "version {version} is held back: not clearly better",
    "rejected": "version {version} is rejected",
    "nothing_new": "there was nothing new to learn",
    "failed": "a retraining failed",
    "needs_data": "the model needs new data",
}
COMMANDS = {
    "promoted": 'Back: chatloop rollback --reason "why"',
    "held": 'All the same: chatloop promote {version} --reason "why"',
    "rejected": 'All the same: chatloop promote {version} --reason "why"',
    "failed": "Again: chatloop run goes on where it stopped",
    "needs_data": "Add conversations or feedback; chatloop status shows what is known",
}


@dataclass(frozen=True)
class News:
    """What happened to which model; `links` by what they show, `because` why the run began."""

    model: str
    outcome: str
    version: int | None = None
    reasons: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()


def message(news: News) -> tuple[str, str]:
    """Subject and body."""
    filled = {"version": news.version}
    subject = f"{news.model}: {TITLES[news.outcome].format(**filled)}"
    lines = [*news.reasons[:MOST_REASONS]]
    if len(news.reasons) > MOST_REASONS:
        lines.append(f"and {len(news.reasons) - MOST_REASONS} more")
    lines += [f"Because {why}" for why in news.because]
    lines += [f"{name}: {link}" for name, link in news.links]
    if news.outcome in COMMANDS:
        lines.append(COMMANDS[news.outcome].format(**filled))
    return subject, "\n".join(lines)
