"""the outbox: breaker, strays, echoes"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("intents", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held_by", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("watch_until", sa.BigInteger(), nullable=True))
        batch_op.create_index(batch_op.f("ix_intents_watch_until"), ["watch_until"], unique=False)
    op.create_table(
        "effects",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "place", "at", "key", name=op.f("pk_effects")),
    )
    op.create_table(
        "strays",
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("marker", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ref", name=op.f("pk_strays")),
    )
    op.create_table(
        "echoes",
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("issue_id", name=op.f("pk_echoes")),
    )
