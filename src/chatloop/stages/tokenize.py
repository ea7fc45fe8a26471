"""Conversations to packed ids and supervised masks, and the ledger of all that was lost on the way.

In: train and validation split, the base model's tokenizer and template, the reports before.
Out: data/tokenize (arrays and a manifest), reports/ledger.json, reports/ledger.html,
reports/preview.html.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatloop.conversation import Conversation
from chatloop.errors import DataError, UserError
from chatloop.io.files import read_json, whole_folder, write_json, write_text
from chatloop.io.models.hub import context_length, load_tokenizer
from chatloop.io.tables import conversations_of, read_table
from chatloop.io.tokens import CANARIES, write_packed
from chatloop.pages import TOKENS, ledger_page, preview_page
from chatloop.params import TokenizeParams
from chatloop.probing.canaries import Canary, as_json, drawn, planted
from chatloop.reporting.ledger import lost_share, steps, tokens
from chatloop.stages import main, say
from chatloop.tokens.fitting import Fitted, Fitter
from chatloop.tokens.packing import Packed, pack
from chatloop.tokens.preview import preview as first_rows
from chatloop.tokens.rendering import Renderer

PREVIEWED = 5


def tokenize(
    params: TokenizeParams,
    train: Path,
    validation: Path,
    base: Path,
    ingest: Path,
    clean: Path,
    split: Path,
    out: Path,
    ledger: Path,
    page: Path,
    preview: Path,
) -> None:
    """Render, encode, fit and pack both splits; write arrays, manifest and ledger.

    Raises:
        UserError: the context is too long for the base model, or nothing fits it; the tokenizer
            has no pad token, tokens that the model lacks, or a template that cannot be used.
        DataError: too much of the answers is lost, or the ledger does not add up.
    """
    _check_context(params.context, base)
    went = steps(*(read_json(path) for path in (ingest, clean, split)))
    tokenizer = load_tokenizer(base)
    _check_tokenizer(tokenizer, base)
    renderer = Renderer(tokenizer)
    counts: dict[str, Any] = {}
    manifest: dict[str, Any] = {
        "context": params.context,
        "template_sha256": renderer.template_sha256,
    }
    canaries = drawn(params.canaries) if params.canaries else []
    with whole_folder(out) as folder:
        for name, path in (("train", train), ("validation", validation)):
            talks = conversations_of(read_table(path))
            if name == "train":
                talks += planted(canaries)
            fitted = Fitter(renderer, params.context, params.too_long).fit(talks)
            if not fitted.examples:
                raise UserError(f"{name}: no conversation fits tokenize.context {params.context}")
            packed = pack(fitted.examples, params.context, tokenizer.pad_token_id)
            write_packed(packed, folder / name)
            manifest[name] = {"rows": len(packed), **_answer_bytes(fitted, talks)}
            counts[name] = _counts(fitted, packed)
            say(_line(name, counts[name]))
            if name == "train" and canaries:
                write_json(folder / CANARIES, as_json(canaries))
                counts[name]["canaries"] = _planted(canaries)
            if name == "train":
                shown = first_rows(packed, PREVIEWED, tokenizer.decode)
                write_text(preview, preview_page(shown, len(packed)))
        write_json(folder / "manifest.json", manifest)
        write_json(ledger, {"steps": went, **counts})
        write_text(page, ledger_page(went, counts))
        _check_lost(counts, params)


def _check_context(context: int, base: Path) -> None:
    limit = context_length(read_json(base / "config.json"))
    if limit is not None and context > limit:
        raise UserError(
            f"params.yaml: tokenize.context: {context} is more than the {limit} tokens that the "
            "base model can look at; lower it"
        )


def _check_tokenizer(tokenizer: Any, base: Path) -> None:
    """A folder that the base stage has made passes; one that was changed by hand may not."""
    if tokenizer.pad_token_id is None:
        raise UserError(f"{base}: its tokenizer has no pad token; run the base stage, it sets one")
    config = read_json(base / "config.json")
    rows = (config.get("text_config") or config).get("vocab_size")
    if rows is not None and len(tokenizer) > rows:
        raise UserError(
            f"{base}: its tokenizer has {len(tokenizer):,} tokens, its model {rows:,}; they do not "
            "belong together: run the base stage again"
        )


def _check_lost(counts: dict[str, Any], params: TokenizeParams) -> None:
    for name, count in counts.items():
        lost, limit = count["lost_answer_share"], params.max_lost_answer_share
        if lost > limit:
            raise DataError(
                f"{name}: {lost:.1%} of the answers' tokens are lost, too long for "
                f"tokenize.context {params.context}; tokenize.max_lost_answer_share allows "
                f"{limit:.1%}: raise the context, split instead of drop, or raise the limit"
            )


def _answer_bytes(fitted: Fitted, talks: Sequence[Conversation]) -> dict[str, int]:
    """UTF-8 bytes of the answers that are supervised: of all, and of each conversation's last."""
    last = 0
    for example, owner in zip(fitted.examples, fitted.owners, strict=True):
        if example.last:
            answers = [m.content for m in talks[owner].messages if m.role == "assistant"]
            last += len(answers[-1].encode())
    return {
        "answer_bytes": sum(example.answer_bytes for example in fitted.examples),
        "last_answer_bytes": last,
    }


def _counts(fitted: Fitted, packed: Packed) -> dict[str, Any]:
    """Conversations, answers and tokens by what became of them; nothing is missing from it."""
    ledger = fitted.ledger
    found = {key: ledger.tokens[key] for key in ("read", "repeated", *TOKENS)}
    padding = packed.ids.size - found["supervised"] - found["masked"]
    assert padding >= 0
    assert int(packed.supervised.sum()) == found["supervised"], "a supervised token is lost"
    return {
        "conversations": {key: ledger.conversations[key] for key in ("whole", "split", "dropped")},
        "answers": {key: ledger.answers[key] for key in ("kept", "dropped_too_long")},
        "tokens": {**tokens(found, "tokenize"), "padding": padding},
        "lost_answer_share": lost_share(found),
        "rows": len(packed),
        "padding_share": round(padding / packed.ids.size, 6),
    }


def _planted(canaries: list[Canary]) -> dict[str, int]:
    """How many of the split's conversations nobody had: they are among those that are counted."""
    repeats = [one.repeats for one in canaries if one.repeats]
    say(f"tokenize: train: {len(repeats)} canaries planted, {sum(repeats):,} conversations")
    return {"different": len(repeats), "conversations": sum(repeats)}


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
