"""What the server knows of itself and found out by itself: when it was there, and what its checks came to."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, scale


class ServerWatch(Base):
    """One row: the last sign of life of any server process, and the last time that there was none for a while.

    While nobody listened no Pi can be called silent.
    """

    __tablename__ = "server_watch"
    __table_args__ = (CheckConstraint("id = 1", name="only_one"), scale("local"))

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    beat_at: Mapped[datetime]
    #: The last outage: nobody was there from ``down_from`` to ``up_since``.
    down_from: Mapped[datetime | None]
    up_since: Mapped[datetime | None]
    #: When all tanks were checked last.
    checked_at: Mapped[datetime | None]


class DeviceFindings(Base):
    """What the checks of one tank came to in the last round; tanks of which there is nothing to say have no row."""

    __tablename__ = "device_findings"
    __table_args__ = (scale("local"),)

    device_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    #: As :mod:`app.insights.stored` writes them.
    results: Mapped[list[Any]]
