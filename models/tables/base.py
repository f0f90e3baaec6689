"""The declarative base, and the few column idioms that every table shares."""

from datetime import datetime
from typing import Any, ClassVar, Literal

from sqlalchemy import BigInteger, DateTime, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

#: Where a table lives once the database spans several machines; see docs/architecture.md.
Scale = Literal["distributed", "reference", "local"]

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of every table; times are timestamptz, free text is text, structures are jsonb."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map: ClassVar = {
        datetime: DateTime(timezone=True),
        str: Text(),
        dict[str, Any]: JSONB(),
        list[Any]: JSONB(),
    }


def scale(kind: Scale) -> dict[str, Any]:
    """Give the table options that say where a table lives on a cluster.

    ``distributed`` tables are sharded by ``device_id``, which leads their primary key; ``reference``
    tables are small and copied to every node; ``local`` tables stay with the coordinator.
    """
    return {"info": {"scale": kind}}


def row_id() -> MappedColumn[int]:
    """Give a numbered primary key. Only for small tables: hot tables have no sequence."""
    return mapped_column(BigInteger, primary_key=True, autoincrement=True)


def stamped() -> MappedColumn[datetime]:
    """Give a time column that the database fills with its own clock unless told otherwise."""
    return mapped_column(DateTime(timezone=True), server_default=func.now())
