"""A version as CTranslate2 reads it, made once: in a cache, named by content and quantization.

~/.cache/chatloop/converted/1f0c…-int8-4.8.5/{model.bin, config.json, vocabulary.json}
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from chatloop.io.files import read_json, write_json
from chatloop.io.models import hub

STRETCHED = 8192  # tokens


class UnknownShapeError(Exception):
    """CTranslate2 cannot run this model as it is; the message is the reason."""


def converted(folder: Path, content: str, quantization: str) -> Path:
    """The converted model's folder; `content` is the hash of what is in `folder`.

    Raises:
        UnknownShapeError: CTranslate2 does not know the shape, or the vocabulary does not fit.
    """
    import ctranslate2

    _check_windows(read_json(folder / "config.json"))
    _check_positions(read_json(folder / "config.json"))
    _check_vocabulary(folder)
    name = f"{content}-{quantization}-{ctranslate2.__version__}"
    target = _cache() / name
    if not (target / "model.bin").is_file():
        _convert(folder, target, quantization)
    return target


def _cache() -> Path:
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return caches / "chatloop" / "converted"


def _convert(folder: Path, target: Path, quantization: str) -> None:
    """Written aside and renamed; whoever else did it meanwhile wrote the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".aside-") as made:
        aside = Path(made) / "model"
        try:
            _converter(folder).convert(str(aside), quantization=quantization)
        # What it raises depends on where it meets something unknown; the other engine takes over,
        # and the reason is said.
        except (
            ValueError, NotImplementedError, KeyError, AttributeError, TypeError, RuntimeError
        ) as error:  # fmt: skip
            said = " ".join(str(error).split()) or type(error).__name__
            raise UnknownShapeError(said.partition(" (supported")[0][:200]) from error
        _name_marks(aside / "config.json")
        try:
            aside.rename(target)
        except OSError:
            if not (target / "model.bin").is_file():
                shutil.rmtree(target, ignore_errors=True)
                aside.rename(target)


def _converter(folder: Path) -> Any:
    from ctranslate2.converters import TransformersConverter

    class Converter(TransformersConverter):  # type: ignore[misc]
        """Loads as everything here does: safetensors only, nobody's code."""

        def load_model(self, _kind: Any, path: str, **_: Any) -> Any:
            model = hub.load_model(Path(path))
            self.size = len(model.get_input_embeddings().weight)
            return model

        def load_tokenizer(self, _kind: Any, path: str, **_: Any) -> Any:
            """Without tokens that the model has no numbers for."""
            tokenizer = hub.load_tokenizer(Path(path))
            known = {t: i for t, i in tokenizer.get_vocab().items() if i < self.size}
            tokenizer.get_vocab = lambda: known
            return tokenizer

    return Converter(str(folder))


def _check_windows(config: dict[str, Any]) -> None:
    """CTranslate2 forgets what a window has passed; transformers reads a prompt otherwise."""
    window, context = config.get("sliding_window"), hub.context_length(config) or 0
    if window and config.get("use_sliding_window", True) and window < context:
        raise UnknownShapeError(f"its attention looks at {window} of {context} tokens")


def _check_positions(config: dict[str, Any]) -> None:
    """CTranslate2 takes for granted from how many tokens Llama 3 stretches its positions."""
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    stretched = rope.get("original_max_position_embeddings", STRETCHED)
    if rope.get("rope_type") == "llama3" and stretched != STRETCHED:
        raise UnknownShapeError(f"its positions are stretched from {stretched} tokens")


def _check_vocabulary(folder: Path) -> None:
    """CTranslate2 is asked by tokens, not by ids: each id needs one of its own, without gaps."""
    ids = sorted(hub.load_tokenizer(folder).get_vocab().values())
    if ids != list(range(len(ids))):
        raise UnknownShapeError("its tokenizer's ids have gaps or are shared by several tokens")


def _name_marks(config: Path) -> None:
    """Marks that a tokenizer does not have (null) keep CTranslate2 4.8 from loading the model."""
    known = read_json(config)
    tokens = read_json(config.with_name("vocabulary.json"))
    for mark in ("bos_token", "eos_token", "unk_token"):
        if known.get(mark) not in tokens:
            known[mark] = tokens[0]
    write_json(config, known)
