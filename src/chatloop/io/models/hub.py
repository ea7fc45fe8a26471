"""Base models from a hub or a folder: safetensors only, never code of somebody else's.

card.json: {"architecture": "LlamaForCausalLM", "parameters": 260032, "context": 512,
            "vocabulary": 512, "licence": "mit", "files": {"model.safetensors": "9f…"}}
"""

import json
import shutil
from pathlib import Path
from typing import Any

from chatloop.errors import UnreachableError, UserError
from chatloop.io.files import digests, read_json, write_json
from chatloop.io.models import adapters
from chatloop.params import BaseParams

WEIGHTS = "*.safetensors"
# Everything that a model and a tokenizer are made of, and nothing that can be executed.
ALLOWED = (WEIGHTS, "*.json", "*.jinja", "*.model", "*.txt", "README.md", "LICENSE*")
CARD, TINY = "card.json", "tiny"


def check(params: BaseParams) -> None:
    """Whether a base model can be there, without loading anything.

    Raises:
        UserError: no such folder, no safetensors in it, or a hub id without a pinned revision.
    """
    local = Path(params.model).expanduser()
    if params.model == TINY:
        return
    if local.is_dir():
        _check_folder(local)
    elif params.model.startswith((".", "/", "~")) or params.model.count("/") != 1:
        raise UserError(
            f"base.model: {params.model}: no such folder; "
            "name a folder, a hub id (owner/name) with base.revision, or `tiny`"
        )
    elif params.revision is None:
        raise UserError(
            f"base.model: {params.model}: no such folder, and a hub id needs base.revision, the "
            "commit to pin (40 hex digits, on the model's page under Files)"
        )


def _check_folder(folder: Path) -> None:
    if adapters.is_adapter(folder):
        adapters.origin_of(folder)
        return
    if not (folder / "config.json").is_file():
        raise UserError(f"base.model: {folder}: has no config.json; it is no model folder")
    if not any(folder.glob(WEIGHTS)):
        raise UserError(
            f"base.model: {folder}: has no *.safetensors; other formats can run code when loaded "
            "and are refused: convert it, or choose a revision that has them"
        )
    for index in folder.glob(f"{WEIGHTS}.index.json"):
        named = set(read_json(index).get("weight_map", {}).values())
        if missing := sorted(name for name in named if not (folder / name).is_file()):
            raise UserError(
                f"base.model: {folder}: lacks {missing[0]}, one of {len(named)} files of weights "
                "that its index names; fetch it whole"
            )


def fetch(params: BaseParams) -> Path:
    """The folder of a base model: the local one that `base.model` names, or a hub download.

    Raises:
        UserError: as `check`.
        UnreachableError: the hub cannot be reached or does not have it.
    """
    check(params)
    local = Path(params.model).expanduser()
    folder = local if local.is_dir() else _download(params.model, params.revision or "")
    _check_folder(folder)
    return folder


def _download(name: str, revision: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        found = snapshot_download(name, revision=revision, allow_patterns=list(ALLOWED))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        first = str(error).strip().splitlines()[0]
        raise UnreachableError(
            f"base.model: {name} at {revision[:12]} cannot be had from the hub ({first}); "
            "check the name, the revision and the network, or name a local folder"
        ) from error
    return Path(found)


def load_tokenizer(folder: Path) -> Any:
    """A fast tokenizer (offsets are needed to find the answers).

    Raises:
        UserError: there is none, or it lacks what is needed.
    """
    from transformers import AutoTokenizer

    _quiet()
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    except _faults() as error:
        raise UserError(
            f"{folder}: has no tokenizer that can be loaded ({_first(error)})"
        ) from error
    if not getattr(tokenizer, "is_fast", False):
        raise UserError(f"{folder}: its tokenizer has no tokenizer.json (a fast one is needed)")
    return tokenizer


def load_model(folder: Path) -> Any:
    """A causal language model in float32, in evaluation mode.

    Raises:
        UserError: another kind of model, or code of its own would have to run.
    """
    import torch
    from transformers import AutoModelForCausalLM

    _quiet()
    try:
        model, found = AutoModelForCausalLM.from_pretrained(
            folder,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    except _faults() as error:
        raise UserError(
            f"{folder}: cannot be loaded as a language model ({_first(error)})"
        ) from error
    if found["missing_keys"]:
        # transformers would make them up at random and go on.
        raise UserError(
            f"{folder}: its files lack {len(found['missing_keys'])} weights of "
            f"{type(model).__name__}, {min(found['missing_keys'])} for one; fetch it whole"
        )
    return model.eval()


def _faults() -> tuple[type[Exception], ...]:
    """What libraries raise where files are damaged, or a config.json is wrong: sizes that do not
    divide, a pad token that is none, a text for a number."""
    from huggingface_hub.errors import StrictDataclassError
    from safetensors import SafetensorError

    damaged = (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError)
    wrong = (AssertionError, TypeError, AttributeError, ArithmeticError, IndexError)
    return (*damaged, *wrong, StrictDataclassError)


def _quiet() -> None:
    """No bars for what takes a blink, and nothing but errors: a person reads this output."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Weights, configuration, tokenizer and template; nothing in it says where or when."""
    _quiet()
    model.config._name_or_path = ""
    for origin in ("name_or_path", "is_local", "local_files_only"):
        tokenizer.init_kwargs.pop(origin, None)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)


def write_card(folder: Path, **said: Any) -> dict[str, Any]:
    """Say what is in a model folder; needs no weights to be loaded.

    `said` is what the files do not tell: source, revision, licence, trained_context.

    Returns:
        The card, as written to card.json.
    """
    config = read_json(folder / "config.json")
    card = {
        **said,
        "architecture": (config.get("architectures") or ["unknown"])[0],
        "parameters": _parameters(folder),
        "context": context_length(config),
        "vocabulary": config.get("vocab_size"),
        "files": {name: digest for name, digest in digests(folder).items() if name != CARD},
    }
    write_json(folder / CARD, card)
    return card


def context_length(config: dict[str, Any]) -> int | None:
    """Tokens that a model can look at, under any of the names that configurations use."""
    text = config.get("text_config") or config
    names = ("max_position_embeddings", "n_positions", "n_ctx", "max_sequence_length")
    return next((int(text[name]) for name in names if text.get(name)), None)


def _parameters(folder: Path) -> int:
    """Numbers in all tensors, read from the headers of the files (safetensors format)."""
    total = 0
    for path in sorted(folder.glob(WEIGHTS)):
        with path.open("rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        shapes = [t["shape"] for name, t in header.items() if name != "__metadata__"]
        total += sum(_product(shape) for shape in shapes)
    return total


def _product(shape: list[int]) -> int:
    size = 1
    for length in shape:
        size *= length
    return size


def find_licence(folder: Path) -> str | None:
    """The licence that the model's README states in its front matter, where there is one."""
    readme = folder / "README.md"
    if not readme.is_file():
        return None
    text = readme.read_text(encoding="utf-8", errors="replace")
    if not text.startswith("---"):
        return None
    lines = [line for line in text.split("---")[1].splitlines() if line.startswith("license:")]
    return lines[0].partition(":")[2].strip() if lines else None


def copy_licence(source: Path, folder: Path) -> None:
    """Take the licence texts along with the weights."""
    for path in sorted(source.glob("LICENSE*")):
        shutil.copyfile(path, folder / path.name)


def _first(error: BaseException) -> str:
    """The first line of a library's message."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0]
