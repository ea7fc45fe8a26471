"""Conversations to packed ids and supervised masks, and the ledger of what became of every token.

In: train and validation split, the base model's tokenizer and template.
Out: data/tokenize (arrays and a manifest), reports/ledger.json.
"""

from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.fitting import Fitted, Fitter
from chatloop.io.files import read_json, whole_folder, write_json
from chatloop.io.hub import context_length, load_tokenizer
from chatloop.io.tables import conversations_of, read_table
from chatloop.io.tokens import write_packed
from chatloop.packing import Packed, pack
from chatloop.params import TokenizeParams
from chatloop.rendering import Renderer
from chatloop.stages import main, say


def tokenize(
    params: TokenizeParams, train: Path, validation: Path, base: Path, out: Path, ledger: Path
) -> None:
    """Render, encode, fit and pack both splits; write arrays, manifest and ledger."""
    _check_context(params.context, base)
    tokenizer = load_tokenizer(base)
    renderer = Renderer(tokenizer)
    counts: dict[str, Any] = {}
    manifest: dict[str, Any] = {
        "context": params.context,
        "template_sha256": renderer.template_sha256,
    }
    with whole_folder(out) as folder:
        for name, path in (("train", train), ("validation", validation)):
            talks = conversations_of(read_table(path))
            fitted = Fitter(renderer, params.context, params.too_long).fit(talks)
            if not fitted.examples:
                raise UserError(f"{name}: no conversation fits tokenize.context {params.context}")
            packed = pack(fitted.examples, params.context, tokenizer.pad_token_id)
            write_packed(packed, folder / name)
            manifest[name] = {"rows": len(packed), "answer_bytes": _answer_bytes(fitted)}
            counts[name] = _counts(fitted, packed)
            say(_line(name, counts[name]))
        write_json(folder / "manifest.json", manifest)
    write_json(ledger, counts)


def _check_context(context: int, base: Path) -> None:
    limit = context_length(read_json(base / "config.json"))
    if limit is not None and context > limit:
        raise UserError(
            f"params.yaml: tokenize.context: {context} is more than the {limit} tokens that the "
            "base model can look at; lower it"
        )


def _answer_bytes(fitted: Fitted) -> int:
    return sum(example.answer_bytes for example in fitted.examples)


def _counts(fitted: Fitted, packed: Packed) -> dict[str, Any]:
    """Conversations, answers and tokens by what became of them; nothing is missing from it."""
    ledger = fitted.ledger
    tokens = {key: ledger.tokens[key] for key in ("supervised", "masked", "dropped_too_long")}
    used = tokens["supervised"] + tokens["masked"]
    padding = packed.ids.size - used
    assert padding >= 0
    assert int(packed.supervised.sum()) == tokens["supervised"], "a supervised token is lost"
    return {
        "conversations": {key: ledger.conversations[key] for key in ("whole", "split", "dropped")},
        "answers": {key: ledger.answers[key] for key in ("kept", "dropped_too_long")},
        "tokens": {**tokens, "padding": padding},
        "rows": len(packed),
        "padding_share": round(padding / packed.ids.size, 6),
    }


def _line(name: str, counts: dict[str, Any]) -> str:
    tokens, talks = counts["tokens"], counts["conversations"]
    total = sum(talks.values())
    return (
        f"tokenize: {name}: {total:,} conversations ({talks['split']:,} split, "
        f"{talks['dropped']:,} dropped), {tokens['supervised']:,} tokens supervised, "
        f"{tokens['masked']:,} masked, {counts['rows']:,} rows, "
        f"{counts['padding_share']:.1%} padding"
    )


if __name__ == "__main__":
    main(tokenize)
