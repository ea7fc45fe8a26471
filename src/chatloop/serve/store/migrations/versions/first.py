"""Exchanges and feedback, as the first release writes them."""

import sqlalchemy as sa
from alembic import op

revision = "first"
down_revision: str | None = None

_ROW = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "exchanges",
        sa.Column("number", _ROW, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(128), nullable=False, unique=True),
        sa.Column("version", sa.String(256), nullable=False),
        sa.Column("fingerprint", sa.String(256), nullable=False),
        sa.Column("caller", sa.String(128), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("prompt_tokens", sa.Integer, nullable=False),
        sa.Column("completion_tokens", sa.Integer, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("finish", sa.String(32), nullable=False),
        sa.Column("session", sa.String(128), nullable=True),
        sa.Column("external_id", sa.String(512), nullable=True),
        sa.Column("messages", sa.JSON, nullable=True),
        sa.Column("answer", sa.Text, nullable=True),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_exchanges_external_id", "exchanges", ["external_id"])
    op.create_table(
        "feedback",
        sa.Column("number", _ROW, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(128), nullable=False, unique=True),
        sa.Column("exchange_id", sa.String(128), nullable=False),
        sa.Column("rating", sa.String(8), nullable=True),
        sa.Column("correction", sa.Text, nullable=True),
        sa.Column("comment", sa.Text, nullable=True),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("caller", sa.String(128), nullable=False),
        sa.Column("source", sa.String(64), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("idempotency_key", sa.String(128), nullable=True),
        sa.Column("body", sa.String(128), nullable=False),
        sa.UniqueConstraint("caller", "idempotency_key", name="feedback_once"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_feedback_exchange_id", "feedback", ["exchange_id"])


def downgrade() -> None:
    """Back to an empty database; what was kept is gone."""
    op.drop_table("feedback")
    op.drop_table("exchanges")
