"""The turns table, which travels between the data stages in Parquet.

    conversation_id │ turn │ role      │ content                  │ topics           │ source
    shop-00001      │ 0    │ user      │ Where is my order 48213? │ ["order_status"] │ builtin
    shop-00001      │ 1    │ assistant │ Order 48213 left today.  │ ["order_status"] │ builtin

Rejected conversations keep the same columns and more: stage, reason, and the cluster of twins that
they belong to where that is why. Behind split each turn has its cluster and its exchange.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from chatloop.conversation import Conversation, Message, Preference, Role
from chatloop.errors import UserError
from chatloop.io.files import whole

TURN_COLUMNS: dict[str, type[pl.DataType] | pl.DataType] = {
    "conversation_id": pl.String,
    "turn": pl.Int32,
    "role": pl.String,
    "content": pl.String,
    "topics": pl.List(pl.String),
    "source": pl.String,
}
TURNS = pl.Schema(TURN_COLUMNS)
REJECTED_TURNS = pl.Schema(
    {**TURN_COLUMNS, "stage": pl.String, "reason": pl.String, "cluster": pl.String}
)
# `cluster` is the lowest id of the near-twins; `exchange` the first of those that say the same,
# as conversation_id:turn, on its question and its answer.
SPLIT_TURNS = pl.Schema({**TURN_COLUMNS, "cluster": pl.String, "exchange": pl.String})
LEFT_OUT = pl.Schema([*SPLIT_TURNS.items(), ("stage", pl.String()), ("reason", pl.String())])
# What could not be read as a conversation: where it stood, why, and the record as it was.
QUARANTINE = pl.Schema(
    {
        "source": pl.String,
        "file": pl.String,
        "line": pl.Int64,
        "reason": pl.String,
        "detail": pl.String,
        "record": pl.String,
    }
)

# Answers that were compared or judged, for preference tuning; `side` is prompt, chosen or rejected.
PREFERENCES = pl.Schema({"side": pl.String, **TURN_COLUMNS})
REJECTED_PREFERENCES = pl.Schema(
    [*PREFERENCES.items(), ("stage", pl.String()), ("reason", pl.String())]
)


def turns_of(conversations: Iterable[Conversation], source: str) -> pl.DataFrame:
    """One row a message, in order."""
    talks = list(conversations)
    owner = [at for at, talk in enumerate(talks) for _ in talk.messages]
    about = pl.DataFrame(
        {"conversation_id": [talk.id for talk in talks], "topics": [[*t.topics] for t in talks]},
        schema_overrides={"topics": pl.List(pl.String)},
    )
    flat = about.select(pl.all().gather(pl.Series(owner, dtype=pl.Int64))).with_columns(
        turn=pl.Series(
            [turn for talk in talks for turn in range(len(talk.messages))], dtype=pl.Int32
        ),
        role=pl.Series([said.role for talk in talks for said in talk.messages], dtype=pl.String),
        content=pl.Series(
            [said.content for talk in talks for said in talk.messages], dtype=pl.String
        ),
        source=pl.lit(source),
    )
    return flat.match_to_schema(TURNS)


def conversations_of(turns: pl.DataFrame) -> list[Conversation]:
    """The inverse of `turns_of`; conversations sorted by id, turns by their number."""
    grouped = (
        turns.sort("conversation_id", "turn")
        .group_by("conversation_id", maintain_order=True)
        .agg("role", "content", pl.col("topics").first())
    )
    return [
        Conversation(name, _messages(roles, contents), tuple(topics or ()))
        for name, roles, contents, topics in grouped.iter_rows()
    ]


def preferences_of(judged: pl.DataFrame) -> list[Preference]:
    """Judged answers of a table of PREFERENCES, sorted by id, turns by their number."""
    sides = (
        judged.sort("conversation_id", "side", "turn")
        .group_by("conversation_id", "side", maintain_order=True)
        .agg("role", "content", pl.col("topics").first())
    )
    found: dict[str, dict[str, tuple[Message, ...]]] = {}
    topics: dict[str, tuple[str, ...]] = {}
    for name, side, roles, contents, about in sides.iter_rows():
        found.setdefault(name, {})[side] = _messages(roles, contents)
        topics[name] = tuple(about or ())
    return [
        Preference(
            name,
            said.get("prompt", ()),
            said.get("chosen", ()),
            said.get("rejected", ()),
            topics[name],
        )
        for name, said in found.items()
    ]


def read_preferences(path: Path) -> list[Preference]:
    """Judged answers of a file, as `preferences_of` has them, with the errors of `read_table`."""
    return preferences_of(read_table(path, PREFERENCES))


def _messages(roles: list[Role], contents: list[str]) -> tuple[Message, ...]:
    pairs = zip(roles, contents, strict=True)
    return tuple(Message(role, content) for role, content in pairs)


def read_table(path: Path, schema: pl.Schema = TURNS) -> pl.DataFrame:
    """A Parquet table with the columns of `schema`; further ones are left out.

    Raises:
        UserError: the file is missing, cut short, or has other columns.
    """
    check_table(path, schema)
    try:
        return pl.read_parquet(path, columns=schema.names())
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _broken(path, error) from error


def check_table(path: Path, schema: pl.Schema = TURNS) -> None:
    """That a file is a Parquet table with these columns, without reading it.

    Raises:
        UserError: as `read_table` does.
    """
    try:
        found = pl.read_parquet_schema(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _broken(path, error) from error
    if any(found.get(name) != kind for name, kind in schema.items()):
        raise UserError(f"{path}: columns {[*found]} are not {schema.names()}")


def _broken(path: Path, error: Exception) -> UserError:
    first = str(error).strip().splitlines()[0]
    return UserError(f"{path}: is not a whole Parquet table ({first})")


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Parquet, whole or not at all; the same rows give the same bytes."""
    with whole(path) as aside:
        table.write_parquet(aside, compression="zstd", statistics=True)


@contextmanager
def table_writer(path: Path, schema: pl.Schema) -> Iterator[Callable[[pl.DataFrame], None]]:
    """What writes a table a part at a time, each a row group; whole or not at all.

    The same parts give the same bytes. No more than one part is in memory.
    """
    import pyarrow.parquet as pq

    with whole(path) as aside:
        arrow = schema.to_frame().to_arrow().schema
        with pq.ParquetWriter(aside, arrow, compression="zstd") as writer:
            yield lambda part: writer.write_table(part.match_to_schema(schema).to_arrow())
