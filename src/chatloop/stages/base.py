"""The base model and its tokenizer in one folder, ready to learn to chat, with a card.

In: params.base (a hub id at a pinned revision, a local folder, or `tiny`; a chat template), the
training split.
Out: models/base in the Hugging Face layout, and card.json.
"""

from pathlib import Path

from chatloop.errors import UserError
from chatloop.io import hub
from chatloop.io.files import whole_folder
from chatloop.io.tables import read_table
from chatloop.modeling.chatready import make_chat_ready
from chatloop.modeling.tiny import build_model, build_tokenizer
from chatloop.params import BaseParams
from chatloop.stages import main, say
from chatloop.tokens.templates import TEMPLATES


def base(params: BaseParams, train: Path, out: Path) -> None:
    """Fetch or build the base model; only `tiny` looks at the training split."""
    source: Path | None = None
    licence: str | None = "Apache-2.0"
    if params.model == hub.TINY:
        texts = read_table(train)["content"].to_list()
        tokenizer = build_tokenizer(texts, params.tiny)
        model = build_model(tokenizer, params.tiny)
    else:
        source = hub.fetch(params)
        tokenizer, model = hub.load_tokenizer(source), hub.load_model(source)
        licence = hub.find_licence(source)
    done = make_chat_ready(model, tokenizer, _template(params.template))
    with whole_folder(out) as folder:
        hub.save(model, tokenizer, folder)
        if source is not None:
            hub.copy_licence(source, folder)
        card = hub.write_card(
            folder, source=params.model, revision=params.revision, licence=licence
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


if __name__ == "__main__":
    main(base)
