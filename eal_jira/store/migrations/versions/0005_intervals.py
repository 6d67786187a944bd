"""intervals"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "intervals",
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("guideline", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("group", sa.Text(), nullable=False),
        sa.Column("entered", sa.BigInteger(), nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("left", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "team", "guideline", "version", "group", "entered", "issue_id", name=op.f("pk_intervals")
        ),
    )
    op.create_index(
        op.f("ix_intervals_team_guideline_version_group_left"),
        "intervals",
        ["team", "guideline", "version", "group", "left"],
    )
    op.create_index(op.f("ix_intervals_team_issue_id"), "intervals", ["team", "issue_id"])
    op.create_index(op.f("ix_intervals_team_group"), "intervals", ["team", "group"])
