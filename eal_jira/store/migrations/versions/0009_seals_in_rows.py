"""seals in rows"""

import hashlib
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SEALED = (
    "actions",
    "deviations",
    "experiments",
    "fields",
    "guideline_versions",
    "intents",
    "learnings",
    "measures",
    "meta",
    "observations",
    "practices",
    "proposals",
    "retros",
    "sprints",
    "statuses",
    "teams",
    "trials",
    "watermarks",
)
AT_ONCE = 1000


def upgrade() -> None:
    # What is there is taken as it is: from here on it is watched.
    for name in SEALED:
        _add(name, sa.Column("seal", sa.LargeBinary(), nullable=True), _seal)
    op.create_table(
        "others",
        sa.Column("experiment", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.Text(), nullable=False),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("experiment", "issue_id", name=op.f("pk_others")),
    )
    # each intent has its own now
    op.execute("DELETE FROM seals WHERE key NOT LIKE 'trace:%'")
    _add("intervals", sa.Column("balance", sa.BigInteger(), nullable=True), _balance)


def _add(name: str, column: sa.Column[Any], value: Any) -> None:
    with op.batch_alter_table(name) as batch:
        batch.add_column(column)
    connection = op.get_bind()
    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    keys = [*table.primary_key]
    statement = (
        sa.update(table)
        .where(*(key == sa.bindparam(f"key_{number}") for number, key in enumerate(keys)))
        .values({column.name: sa.bindparam("new_value")})
    )
    ready = [
        {"new_value": value(row), **{f"key_{number}": row[key.name] for number, key in enumerate(keys)}}
        for row in connection.execute(sa.select(table)).mappings()
    ]
    for start in range(0, len(ready), AT_ONCE):
        connection.execute(statement, ready[start : start + AT_ONCE])
    with op.batch_alter_table(name) as batch:
        batch.alter_column(column.name, existing_type=column.type, nullable=False)


def _seal(row: Any) -> bytes:
    content = {str(name): value for name, value in row.items() if name != "seal"}
    dumped = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(dumped.replace(b"\\u0000", b"\xef\xbf\xbd")).digest()


def _balance(row: Any) -> int:
    said = [row[name] for name in ("team", "guideline", "version", "group", "issue_id", "entered", "left")]
    return int(row["level"]) + int.from_bytes(hashlib.sha256(orjson.dumps(said)).digest()[:6])
