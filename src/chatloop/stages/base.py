"""The base model and its tokenizer in one folder, ready to learn to chat, with a card.

In: params.base (a hub id at a pinned revision, a local folder, or `tiny`; a chat template), the
training split.
Out: models/base in the Hugging Face layout, and card.json.
"""

from pathlib import Path
from typing import Any

from chatloop.errors import UserError
from chatloop.io.files import whole_folder
from chatloop.io.models import adapters, hub
from chatloop.io.tables import read_table
from chatloop.modeling.adapting.adapters import merged
from chatloop.modeling.adapting.quantizing import round_weights
from chatloop.modeling.chatready import make_chat_ready
from chatloop.modeling.isolation import check_isolated
from chatloop.modeling.tiny import build_model, build_tokenizer
from chatloop.params import BaseParams
from chatloop.stages import main, say
from chatloop.tokens.templates import TEMPLATES


def base(params: BaseParams, train: Path, pin: Path, out: Path) -> None:
    """Fetch or build the base model; only `tiny` looks at the training split.

    `pin` is that of a local base's and template's digests: DVC runs this stage again when it
    changes.
    """
    source: Path | None = None
    licence: str | None = "Apache-2.0"
    if params.model == hub.TINY:
        texts = read_table(train)["content"].to_list()
        tokenizer = build_tokenizer(texts, params.tiny)
        model = build_model(tokenizer, params.tiny)
    else:
        source, tokenizer, model = _load(params)
        licence = hub.find_licence(source)
    known = len(tokenizer)
    done = make_chat_ready(model, tokenizer, _template(params.template))
    check_isolated(model)
    with whole_folder(out) as folder:
        hub.save(model, tokenizer, folder)
        if source is not None:
            hub.copy_licence(source, folder)
        card = hub.write_card(
            folder,
            source=params.model,
            revision=params.revision,
            licence=licence,
            added_tokens=list(range(known, len(tokenizer))),
        )
    for line in done:
        say(f"base: {line}")
    say(
        f"base: {params.model}: {card['architecture']}, {card['parameters']:,} parameters, "
        f"vocabulary {card['vocabulary']:,}, context {card['context']:,}"
    )


def _template(wanted: str | None) -> str | None:
    """The name of a built-in chat template as it is, or the text of a file that holds one.

    Raises:
        UserError: neither a built-in name nor a file.
    """
    if wanted is None or wanted in TEMPLATES:
        return wanted
    try:
        return Path(wanted).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"base.template: {wanted}: no such file; name a file with a chat template (Jinja), "
            f"one of {', '.join(TEMPLATES)}, or null for the base's own"
        ) from error


def _load(params: BaseParams) -> tuple[Path, Any, Any]:
    """Folder, tokenizer and model; an adapter is merged into its own base, and into no other.

    Raises:
        UserError: the folder is no model, or the adapter is for another base.
    """
    source = hub.fetch(params)
    if not adapters.is_adapter(source):
        return source, hub.load_tokenizer(source), hub.load_model(source)
    origin = adapters.origin_of(source)
    config, tensors = adapters.read(source)
    below = hub.fetch(
        params.model_copy(update={"model": origin.source, "revision": origin.revision})
    )
    if adapters.is_adapter(below):
        raise UserError(
            f"base.model: {source}: an adapter for another adapter; take the merged model beside it"
        )
    tokenizer, model = hub.load_tokenizer(below), hub.load_model(below)
    if origin.weights_sha256 is not None:
        # As it was when the adapter was trained.
        make_chat_ready(model, tokenizer, _template(params.template))
    adapters.check_base(source, origin, model)
    if origin.quantization:
        round_weights(model)
    say(f"base: an adapter, merged into {origin.source}")
    return below, tokenizer, merged(model, config, tensors).eval()


if __name__ == "__main__":
    main(base)
