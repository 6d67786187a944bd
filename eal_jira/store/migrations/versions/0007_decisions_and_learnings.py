"""decisions and learnings"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("practices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("shared", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.Text(), server_default="practice", nullable=False))
        batch_op.add_column(sa.Column("heard", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("reason", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("renewed", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("noted", sa.JSON(none_as_null=True), nullable=True))
    op.create_table(
        "learnings",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("guideline", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("made", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_learnings")),
    )
    op.create_index(op.f("ix_learnings_team"), "learnings", ["team"])
