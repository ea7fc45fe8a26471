"""How fast candidate and champion answer on this machine, and what a token of theirs costs.

In: test split, models/candidate, models/champion (empty where there is none yet). Out:
reports/speed.json, the only file of the pipeline in which there are times: no other run has them.
"""

from pathlib import Path
from typing import Any

from chatloop.io import hub
from chatloop.io.files import fingerprint, read_json, write_json
from chatloop.io.tables import conversations_of, read_table
from chatloop.modeling.pacing import Pace, flops_per_token, paces
from chatloop.modeling.scoring import be_deterministic
from chatloop.params.probing import SpeedParams
from chatloop.stages import main, say
from chatloop.tokens.rendering import Renderer


def speed(params: SpeedParams, test: Path, candidate: Path, champion: Path, report: Path) -> None:
    """Both in turn on the same held-out prompts, one answer at a time, all of the same length."""
    be_deterministic(0, params.threads)
    folders = {"candidate": candidate, "champion": champion}
    folders = {name: path for name, path in folders.items() if (path / "config.json").is_file()}
    asked = sorted(conversations_of(read_table(test)), key=lambda talk: fingerprint(talk.id))
    models, prompts = {}, {}
    for name, folder in folders.items():
        models[name] = hub.load_model(folder)
        renderer = Renderer(hub.load_tokenizer(folder))
        room = _context(folder, candidate) - params.new_tokens
        first = (talk.messages[:1] for talk in asked[: params.prompts])
        prompts[name] = [renderer.prompt(messages)[-room:] for messages in first]
    found = paces(models, prompts, params.new_tokens, params.rounds)
    costs = {name: _cost(models[name], _context(folders[name], candidate)) for name in folders}
    write_json(report, {name: {**_rounded(found[name]), **costs[name]} for name in folders})
    for name, pace in found.items():
        first_token = 1000 * pace.first_token
        say(f"speed: {name}: {pace.tokens_per_second:,.0f} tokens/s after {first_token:.1f} ms")


def _context(folder: Path, candidate: Path) -> int:
    trained = int(read_json(candidate / hub.CARD)["trained_context"])
    return min(trained, hub.context_length(read_json(folder / "config.json")) or trained)


def _rounded(pace: Pace) -> dict[str, float]:
    return {
        "first_token_seconds": round(pace.first_token, 6),
        "tokens_per_second": round(pace.tokens_per_second, 2),
    }


def _cost(model: Any, context: int) -> dict[str, int]:
    return {
        "parameters": sum(one.numel() for one in model.parameters()),
        "flops_per_token": flops_per_token(model, context),
    }


if __name__ == "__main__":
    main(speed)
