"""leases, claims and seals"""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "claims",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("lease", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_claims")),
    )
    seals = op.create_table(
        "seals",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_seals")),
    )
    # What is there is taken as it is: from here on it is watched.
    texts = ("key", "team", "lane", "verb", "hash")
    values = ("payload", "before", "result")
    intents = sa.table(
        "intents", *(sa.column(name, sa.Text) for name in texts), *(sa.column(n, sa.JSON) for n in values)
    )
    rows = [
        {name: row[name] for name in (*texts, *values)} for row in op.get_bind().execute(sa.select(intents)).mappings()
    ]
    if rows:
        op.bulk_insert(seals, [{"key": row["key"], "digest": _digest(row)} for row in rows])


def _digest(row: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(row, sort_keys=True).encode()).hexdigest()
