"""The tables: one row an exchange, one row an opinion, numbered in the order of writing.

exchanges  17 │ chatcmpl-9f… │ 3 │ h:5e1c… │ 41 tokens │ 0.9 s │ messages and answer, or null
feedback    4 │ fb-01…       │ chatcmpl-9f… │ down │ "It left on Monday." │ h:5e1c…
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

METADATA = MetaData()
# SQLite counts rows by itself in a column that is called INTEGER, and in no other.
Row = BigInteger().with_variant(Integer, "sqlite")

EXCHANGES = Table(
    "exchanges",
    METADATA,
    Column("number", Row, primary_key=True, autoincrement=True),
    Column("id", String(128), nullable=False, unique=True),
    Column("version", String(256), nullable=False),
    Column("fingerprint", String(256), nullable=False),
    Column("caller", String(128), nullable=False),
    Column("source", String(64), nullable=False),
    Column("created", Float, nullable=False),
    Column("prompt_tokens", Integer, nullable=False),
    Column("completion_tokens", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("finish", String(32), nullable=False),
    Column("session", String(128), nullable=True),
    Column("external_id", String(512), nullable=True, index=True),
    Column("messages", JSON(none_as_null=True), nullable=True),
    Column("answer", Text, nullable=True),
    sqlite_autoincrement=True,  # a number is never used twice, so that readers can go on after one
)

FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("number", Row, primary_key=True, autoincrement=True),
    Column("id", String(128), nullable=False, unique=True),
    Column("exchange_id", String(128), nullable=False, index=True),
    Column("rating", String(8), nullable=True),
    Column("correction", Text, nullable=True),
    Column("comment", Text, nullable=True),
    Column("tags", JSON, nullable=False),
    Column("caller", String(128), nullable=False),
    Column("source", String(64), nullable=False),
    Column("created", Float, nullable=False),
    Column("idempotency_key", String(128), nullable=True),
    Column("body", String(128), nullable=False),  # keyed hash: is it the same opinion again?
    UniqueConstraint("caller", "idempotency_key", name="feedback_once"),
    sqlite_autoincrement=True,
)
