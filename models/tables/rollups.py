"""Hours and days of each device, and the list of hours that must be computed again.

A rollup is never incremented: whatever touches a reading marks its hour dirty, and a dirty hour is computed from
the readings. Late, corrected and deleted readings are thereby all one case. The two rollups are plain tables, not
mapped classes: they are only ever read and written by the thousand.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Date, DateTime, Double, Index, Integer, PrimaryKeyConstraint, Table
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, scale

#: Column prefixes of the three quantities in both rollup tables.
ROLLUP_QUANTITIES = ("ph", "ec", "water")
#: What maps of whole years show of a day. The primary key of days holds it, too: read from there, 36 000 days take
#: half the time, for their rows lie on the disk as the days came, those of all devices mixed.
MAPPED_COLUMNS = tuple(
    f"{quantity}_{name}" for quantity in ROLLUP_QUANTITIES for name in ("n", "sum", "covered_s", "below_s", "above_s")
)


def _quantity_columns() -> list[Column]:
    """Columns of every quantity: only readings flagged good or not evaluated count.

    ``_covered_s``, ``_below_s``, ``_above_s`` are seconds inside the hour that readings held, and held outside the
    band valid then. ``_hist`` is ``[index of the first occupied bin, seconds in it, seconds in the next, …]``.
    """
    names = ("sum", "sumsq", "min", "max", "first", "last", "covered_s", "below_s", "above_s")
    # Numbers before histograms: PostgreSQL finds a column behind one of varying width only by going through the row.
    return [
        *(Column(f"{quantity}_n", Integer, nullable=False) for quantity in ROLLUP_QUANTITIES),
        *(Column(f"{quantity}_{name}", Double) for quantity in ROLLUP_QUANTITIES for name in names),
        *(Column(f"{quantity}_hist", ARRAY(Integer)) for quantity in ROLLUP_QUANTITIES),
    ]


def _row_counts() -> list[Column]:
    """Rows in the span, and how many of them have a channel flagged suspect or failed."""
    return [Column(name, Integer, nullable=False) for name in ("n", "n_suspect", "n_fail")]


reading_hours = Table(
    "reading_hours",
    Base.metadata,
    Column("device_id", BigInteger, primary_key=True, autoincrement=False),
    Column("hour", DateTime(timezone=True), primary_key=True),
    *_row_counts(),
    *_quantity_columns(),
    Index(None, "hour", postgresql_using="brin"),
    **scale("distributed"),
)

reading_days = Table(
    "reading_days",
    Base.metadata,
    Column("device_id", BigInteger, autoincrement=False),
    #: The UTC day.
    Column("day", Date),
    *_row_counts(),
    *_quantity_columns(),
    PrimaryKeyConstraint("device_id", "day", postgresql_include=MAPPED_COLUMNS),
    **scale("distributed"),
)


class DirtyHour(Base):
    """An hour whose rollup no longer matches its readings.

    ``marked_at`` tells a newer mark from the one being served: a job removes a mark only if it is still the one it saw.
    """

    __tablename__ = "dirty_hours"
    __table_args__ = (scale("distributed"),)

    device_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    marked_at: Mapped[datetime]
