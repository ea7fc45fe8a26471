"""What a version keeps of its origin, beside its weights: enough to say how it was made, and again.

origin/params.yaml  origin/dvc.yaml  origin/dvc.lock  origin/pins/sources.json  …
model_card.md       what a person reads first
proof.json          what it was asked and answered when it was judged
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatloop.io.files import read_json, read_yaml, write_json, write_text
from chatloop.io.models import adapters
from chatloop.io.registry.content.proving import PROOF, proof
from chatloop.pages.card import model_card

ORIGIN, CARD = "origin", "model_card.md"
SETTINGS = ("params.yaml", "dvc.yaml", "dvc.lock")
PINS = tuple(
    f"pins/{name}.json"
    for name in ("sources", "base", "feedback", "reviews", "accepted", "champion")
)
ENTERED = "reports/entered.json"  # which feedback it learned from
REPORTS = ("ingest", "clean", "split", "ledger", "train", "align", "evaluate", "verdict")


def write_origin(
    folder: Path, name: str, content: str, files: Mapping[str, str], root: Path = Path()
) -> None:
    """Settings, pins, card and proof, of a project's folder; what is missing is left out."""
    for path in (*SETTINGS, *PINS, ENTERED):
        if (root / path).is_file():
            target = folder / ORIGIN / path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(root / path, target)
    write_json(folder / PROOF, proof(root / "reports/generations.json", root / "params.yaml"))
    write_text(folder / CARD, model_card(name, content, _card_facts(root), files))


def facts(root: Path = Path()) -> dict[str, Any]:
    """The few figures that a table of versions shows: scores, data, base."""
    known = _card_facts(root)
    scores, split = known.get("evaluate", {}), known.get("split", {})
    sources = known.get("ingest", {}).get("sources", {})
    aligned = known.get("align", {})
    return {
        "judged": aligned.get("learned") if aligned.get("kept_step") else None,
        "sources": {source: counts["conversations"] for source, counts in sources.items()},
        "bits_per_byte": scores.get("bits_per_byte", {}),
        "held_out": scores.get("comparable"),
        "trained_on": split.get("train", {}).get("conversations"),
        "base": known["base"].get("source"),
        "base_revision": known["base"].get("revision"),
        "adapter": known["adapter"],
    }


def _card_facts(root: Path) -> dict[str, Any]:
    reports = {name: root / "reports" / f"{name}.json" for name in REPORTS}
    facts = {name: read_json(path) for name, path in reports.items() if path.is_file()}
    card = root / "models/candidate/card.json"
    params = root / "params.yaml"
    return {
        **facts,
        "adapter": _adapter(root / "models/candidate"),
        "base": read_json(card) if card.is_file() else {},
        "params": (read_yaml(params) or {}) if params.is_file() else {},
    }


def _adapter(candidate: Path) -> dict[str, Any] | None:
    """The adapter that was merged, where there is one: what it is, and the base that it is for."""
    folder = candidate / adapters.FOLDER
    if not adapters.is_adapter(folder):
        return None
    config, origin = read_json(folder / adapters.CONFIG), adapters.origin_of(folder)
    return {
        "kind": "lora" if origin.quantization is None else "qlora",
        "rank": config["r"],
        "alpha": config["lora_alpha"],
        "base": origin.source,
        "base_revision": origin.revision,
        "base_weights_sha256": origin.weights_sha256,
    }
