"""A privacy ledger for each data set; genomes written as deltas."""

import sqlalchemy as sa
from alembic import op

from evosearch.errors import StorageError

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Replace the ledger, into which nothing was ever written; add columns, all of them empty."""
    if op.get_bind().execute(sa.text("SELECT COUNT(*) FROM dp_ledger")).scalar_one():
        raise StorageError(
            "the old privacy ledger has entries: expected none; nothing was changed"
        )
    op.drop_table("dp_ledger")
    op.create_table(
        "dp_ledger",
        sa.Column("dataset", sa.Text, primary_key=True),
        sa.Column("entry", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("campaign", sa.Text, nullable=False),
        sa.Column("neighbours", sa.Text, nullable=False),
        sa.Column("mechanism", sa.Text, nullable=False),
        sa.Column("rho", sa.Text, nullable=False),
        sa.Column("rho_limit", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("reservation", sa.BigInteger, nullable=False),
        sa.Column("at", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
    )
    op.add_column("campaign", sa.Column("ledger_digest", sa.LargeBinary))
    op.add_column("genome", sa.Column("base", sa.BigInteger))
    delta = sa.text("base > 0")
    op.create_index(
        "genome_delta",
        "genome",
        ["campaign_id", "id", "base"],
        sqlite_where=delta,
        postgresql_where=delta,
    )
