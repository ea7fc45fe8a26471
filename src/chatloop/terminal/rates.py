"""`chatloop find-lr` in the terminal: a line a rate, a bar for the loss, and a suggestion.

   rate        loss  smoothed
   1.0e-05    8.314     8.316  ################################
   …
A learning rate to begin with: 2.3e-03 (train.learning_rate is 8.0e-03)
"""

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from chatloop.errors import UserError
from chatloop.io.files import read_json
from chatloop.io.models import hub
from chatloop.io.tokens import read_packed
from chatloop.modeling.scoring import be_deterministic, choose_device
from chatloop.params import TrainParams
from chatloop.training.updating.finder import Trial, suggested, trials

TOKENS, BASE = Path("data/tokenize"), Path("models/base")
LINES, BAR = 24, 32


def find_rate(params: TrainParams, lowest: float, highest: float, steps: int) -> tuple[Table, str]:
    """The table of a trial on the project's tokens and base, and the line that suggests a rate.

    Raises:
        UserError: the tokens or the base are not there, or the bounds are no bounds.
    """
    if not 0.0 < lowest < highest:
        raise UserError(f"find-lr: from {lowest:g} to {highest:g} no rate rises")
    for path in (TOKENS / "manifest.json", BASE / hub.CARD):
        if not path.is_file():
            raise UserError(f"{path}: is missing; run chatloop run or dvc repro tokenize first")
    be_deterministic(params.seed, params.threads)
    train, context = read_packed(TOKENS / "train"), read_json(TOKENS / "manifest.json")["context"]
    model = hub.load_model(BASE).to(choose_device(params.device))
    found = list(trials(model, train, params, lowest, highest, steps))
    title = f"{params.optimizer}, {params.batch_rows} rows of {context} tokens a step"
    return table(found, title), advice(found, params.learning_rate)


def table(found: Sequence[Trial], title: str) -> Table:
    """Some of the trials, the first and the last among them."""
    shown = Table("rate", "loss", "smoothed", "", title=title)
    losses = [trial.smoothed for trial in found]
    low, high = min(losses, default=0.0), max(losses, default=0.0)
    places = {round(at * (len(found) - 1) / max(1, LINES - 1)) for at in range(LINES)}
    for at in sorted(places) if found else []:
        trial = found[at]
        bar = "#" * round(BAR * (trial.smoothed - low) / max(1e-9, high - low))
        shown.add_row(f"{trial.rate:.1e}", f"{trial.loss:.3f}", f"{trial.smoothed:.3f}", bar)
    return shown


def advice(found: Sequence[Trial], now: float) -> str:
    """`A learning rate to begin with: 2.3e-03 (train.learning_rate is 8.0e-03)`."""
    rate = suggested(found)
    if rate is None:
        return "The loss never fell: begin with a lower --lowest, or give it more --steps"
    return f"A learning rate to begin with: {rate:.1e} (train.learning_rate is {now:.1e})"
