"""Adapter folders as peft lays them out, with a word on which weights they belong to.

    models/candidate/adapter/{adapter_config.json,adapter_model.safetensors,base.json}

base.json: {"source": "openai-community/gpt2", "revision": "607a…", "weights_sha256": "4f…",
            "quantization": null, "files": {"model.safetensors": "9f…", …}}

An adapter on other weights than its own answers nonsense in silence: it is refused by their hash.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.io.files import read_json, write_json

FOLDER = "adapter"
CONFIG, WEIGHTS, BASE = "adapter_config.json", "adapter_model.safetensors", "base.json"
COMMIT = 40  # hex digits


@dataclass(frozen=True)
class Origin:
    """The base that an adapter was trained on; `weights_sha256` None where nobody wrote it down."""

    source: str
    revision: str | None
    weights_sha256: str | None
    quantization: str | None
    files: Mapping[str, str]


def is_adapter(folder: Path) -> bool:
    """Whether a folder holds an adapter and no model of its own."""
    return (folder / CONFIG).is_file() and not (folder / "config.json").is_file()


def origin_of(folder: Path) -> Origin:
    """Which base an adapter folder is for; looks at no weights.

    Raises:
        UserError: no safetensors in it, or nothing says for sure which base it is for.
    """
    if not (folder / WEIGHTS).is_file():
        raise UserError(
            f"base.model: {folder}: an adapter without {WEIGHTS}; other formats can run code when "
            "loaded and are refused: convert it"
        )
    config = read_json(folder / CONFIG)
    if (folder / BASE).is_file():
        return _from_ours(folder)
    source, revision = config.get("base_model_name_or_path"), config.get("revision")
    if not source or len(revision or "") != COMMIT:
        raise UserError(
            f"base.model: {folder}: an adapter that does not say which weights it was trained on "
            f"(no {BASE}, and no commit as revision in {CONFIG}); merge it with its base first"
        )
    return Origin(source, revision, None, None, {})


def check_base(folder: Path, origin: Origin, model: Any) -> None:
    """Whether a loaded model is the base of an adapter.

    Raises:
        UserError: it has other weights.
    """
    if origin.weights_sha256 is None:
        return
    found = weights_sha256(model)
    if found != origin.weights_sha256:
        raise UserError(
            f"base.model: {folder}: this adapter is for another base: {origin.source} has weights "
            f"{found[:12]} now, the adapter was trained on {origin.weights_sha256[:12]}; "
            "put that base back, or take the merged model beside the adapter"
        )


def read(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Configuration and tensors by name.

    Raises:
        UserError: a file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return read_json(folder / CONFIG), load_file(folder / WEIGHTS)
    except (SafetensorError, OSError) as error:
        raise UserError(f"{folder / WEIGHTS}: cannot be read ({error}); is it whole?") from error


def write(
    folder: Path, config: Mapping[str, Any], tensors: Mapping[str, Any], origin: Origin
) -> None:
    """An adapter folder that peft loads, too: the same adapter is the same bytes."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True)
    save_file(dict(tensors), folder / WEIGHTS, metadata={"format": "pt"})
    named = {"base_model_name_or_path": origin.source, "revision": origin.revision}
    write_json(folder / CONFIG, {**config, **named})
    write_json(folder / BASE, {**vars(origin), "files": dict(origin.files)})


def weights_sha256(model: Any) -> str:
    """One digest of names, types, shapes and values of all weights, however they lie in files."""
    import torch

    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}\n".encode())
        plain = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        digest.update(plain.numpy().data)
    return digest.hexdigest()


def _from_ours(folder: Path) -> Origin:
    try:
        return Origin(**read_json(folder / BASE))
    except TypeError as error:
        raise UserError(f"{folder / BASE}: is not what chatloop writes ({error})") from error
