"""The candidate as it is saved: a whole model that anybody can load, checked where it was merged.

    models/candidate/{config.json,model.safetensors,tokenizer.json,…,card.json}
    models/candidate/adapter/       the adapter alone, where one was trained, with its base's hash

What is compared is what is on the disk: the base, read again, with the adapter, read again, merged
and saved, against the model that was trained.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatloop.io.files import read_json, whole_folder
from chatloop.io.models import adapters, hub
from chatloop.modeling.adapting.adapters import configuration, merged, state
from chatloop.modeling.adapting.agreement import check_agreement
from chatloop.modeling.adapting.learner import Learner
from chatloop.modeling.adapting.quantizing import round_weights
from chatloop.params.data import Adapter


def save_candidate(
    learner: Learner,
    adapter: Adapter | None,
    base: Path,
    candidate: Path,
    context: int,
    prompts: Sequence[Sequence[int]],
    **more: object,
) -> None:
    """The base's tokenizer and template go with the weights, and its card is carried on.

    `more` goes into the card.

    Raises:
        DataError: the merged model does not agree with the one that was trained; nothing is saved.
    """
    card = read_json(base / hub.CARD)
    said = {key: card[key] for key in ("source", "revision", "licence")}
    said |= {"trained_context": context, "trainable_parameters": learner.learning}
    said |= more
    model = learner.model.cpu().eval()
    with whole_folder(candidate) as folder:
        if adapter is not None:
            said["adapter"] = adapter.model_dump()
            model = _merge(learner, adapter, base, folder / adapters.FOLDER)
        hub.save(model, hub.load_tokenizer(base), folder)
        hub.copy_licence(base, folder)
        if adapter is not None:
            check_agreement(learner.model, hub.load_model(folder), prompts)
        hub.write_card(folder, **said)


def _merge(learner: Learner, adapter: Adapter, base: Path, folder: Path) -> Any:
    """Write the adapter, read it again, and merge it into the base, read again."""
    card, model = read_json(base / hub.CARD), hub.load_model(base)
    quantization = "nf4" if adapter.kind == "qlora" else None
    digest = adapters.weights_sha256(model)
    origin = adapters.Origin(card["source"], card["revision"], digest, quantization, card["files"])
    adapters.write(folder, configuration(learner.tuner), state(learner.tuner), origin)
    if quantization:
        round_weights(model)
    return merged(model, *adapters.read(folder))
