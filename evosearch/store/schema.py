"""The tables, as SQLAlchemy Core metadata.

Individuals are numbered within their campaign in the order of commits, and a genome has the
number of the first individual that carried it: the same search makes the same rows, whatever else
is in the database. Tables that grow by the generation are clustered by these keys and have no
secondary index. JSON is text, times are ISO 8601 in UTC.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)

metadata = MetaData()


def _campaign_key() -> Column[int]:
    return Column("campaign_id", Integer, ForeignKey("campaign.id"), primary_key=True)


def _bulk_key() -> Column[int]:
    # without the foreign key: its check would cost a look-up a row
    return Column("campaign_id", Integer, primary_key=True, autoincrement=False)


def _id(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _bytes(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


campaign = Table(
    "campaign",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    _text("created"),
    _text("state"),
    _text("seed"),  # decimal; may exceed 63 bits
    _text("notes"),
    _text("genome_type"),
    _text("objectives"),
    _text("measures"),
    _text("evaluator_key"),
    _text("fidelity"),
    Column("n_islands", Integer, nullable=False),
    _text("retain"),
    Column("owner_host", Text),
    Column("owner_pid", BigInteger),
    Column("owner_token", Text),
    _count("owner_epoch"),  # the fencing token: every commit must match it
    Column("lease_until", Double),
    Column(
        "ledger_digest", LargeBinary
    ),  # of its release in dp_ledger; NULL where none was charged
)

campaign_config = Table(  # append-only
    "campaign_config",
    metadata,
    _campaign_key(),
    _id("version"),
    _text("config"),
    _text("fingerprint"),
    _text("reason"),
    _text("at"),
    Column("from_generation", BigInteger),
)

prepared = Table(
    "prepared",
    metadata,
    _campaign_key(),
    Column("name", Text, primary_key=True),
    _text("dtype"),
    _text("shape"),
    _bytes("data"),
    _bytes("digest"),
)

generation = Table(  # the commit marker
    "generation",
    metadata,
    _campaign_key(),
    _id("generation"),
    _text("committed"),
    _count("first_id"),
    _count("children"),
    _bytes("digest"),
    _count("evaluations"),  # cumulative
    Column("seconds", Double, nullable=False),  # cumulative
    _count("reused"),
    _count("failed"),
    _text("profile"),
    _count("total_reused"),
    _count("total_failed"),
    _text("total_profile"),
    _text("best"),
    sqlite_with_rowid=False,
)

genome = Table(
    "genome",
    metadata,
    _bulk_key(),
    _id("id"),
    _bytes("digest"),
    _bytes("structure"),
    _count("size"),
    _bytes("payload"),
    Column("base", BigInteger),  # how the payload is written, see deltas.py; NULL as it is
)
Index(
    "genome_delta",
    genome.c.campaign_id,
    genome.c.id,
    genome.c.base,
    sqlite_where=text("base > 0"),
    postgresql_where=text("base > 0"),
)

individual = Table(
    "individual",
    metadata,
    _bulk_key(),
    _id("id"),
    _count("generation"),
    Column("island", Integer, nullable=False),
    Column("slot", Integer, nullable=False),
    _text("operator"),
    _count("genome_id"),
    Column("status", SmallInteger, nullable=False),
    Column("reused", Boolean, nullable=False),
    Column("measures", LargeBinary),  # little-endian float64
    *(Column(f"obj{i}", Double) for i in range(8)),
    sqlite_with_rowid=False,
)

lineage_edge = Table(
    "lineage_edge",
    metadata,
    _bulk_key(),
    _id("child"),
    _id("position"),
    _count("parent"),
    sqlite_with_rowid=False,
)

evaluation = Table(  # failures
    "evaluation",
    metadata,
    _bulk_key(),
    _id("individual_id"),
    Column("status", SmallInteger, nullable=False),
    _text("message"),
    sqlite_with_rowid=False,
)

stage = Table(  # what each fidelity said, where an evaluator has several; see evosearch.stages
    "stage",
    metadata,
    _bulk_key(),
    _id("individual_id"),
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    _text("fidelity"),
    Column("status", SmallInteger, nullable=False),
    Column("promoted", Boolean, nullable=False),
    Column("seconds", Double, nullable=False),
    _text("key"),  # of random numbers, hex
    *(Column(f"obj{i}", Double) for i in range(8)),
    sqlite_with_rowid=False,
)

survivor = Table(  # of the last generation
    "survivor",
    metadata,
    _bulk_key(),
    _id("island"),
    _id("position"),
    _count("individual_id"),
    sqlite_with_rowid=False,
)

archive = Table(  # who was on the front, from which generation until before which
    "archive",
    metadata,
    _campaign_key(),
    _id("individual_id"),
    _id("since_generation"),
    Column("until_generation", BigInteger),
    _text("expression"),
    sqlite_with_rowid=False,
)
Index(
    "archive_current",
    archive.c.campaign_id,
    archive.c.individual_id,
    sqlite_where=text("until_generation IS NULL"),
    postgresql_where=text("until_generation IS NULL"),
)

validation = Table(
    "validation",
    metadata,
    _campaign_key(),
    _id("individual_id"),
    _text("status"),
    _text("metrics"),
    _text("at"),
)

polish = Table(
    "polish",
    metadata,
    _campaign_key(),
    _id("individual_id"),
    _text("constants"),
    _text("metrics"),
    _text("at"),
)

artifact = Table(
    "artifact",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign_id", Integer, ForeignKey("campaign.id"), nullable=False),
    _count("individual_id"),
    _text("format"),
    _text("path"),
    _count("size"),
    _bytes("digest"),
    _text("claims"),
    _text("at"),
)

dp_ledger = Table(  # append-only, chained by digests for each data set; see ledger.py
    "dp_ledger",
    metadata,
    Column("dataset", Text, primary_key=True),
    _id("entry"),
    _text("kind"),
    _text("campaign"),
    _text("neighbours"),
    _text("mechanism"),
    _text("rho"),  # exact, as numerator/denominator
    _text("rho_limit"),
    _text("details"),
    _count("reservation"),
    _text("at"),
    _bytes("digest"),
)

event = Table(
    "event",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("campaign_id", Integer, ForeignKey("campaign.id")),
    _text("at"),
    _text("level"),
    _text("code"),
    _text("detail"),
)
