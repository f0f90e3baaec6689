"""Crops, their stages and first target bands, so that a new installation can judge a reading.

Published tables disagree by up to a factor of two, so these are rows to be edited, each with its source, not
constants. EC is in µS/cm at 25 °C. A source that names one pH (6.0, 7.0) is read as ± 0.5.
"""

from datetime import UTC, datetime
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

VALID_FROM = datetime(2000, 1, 1, tzinfo=UTC)

_TABLE_A = "Simple-Hydroponics-Arduino HydroCropsLibrary"
_TABLE_B = "daunijo.com table"
_STAGED = "stages after Resh 2012, Jones 2016, Cornell CEA"
_RULE = "{}; seedlings 500-1000, young plants 60-70 % of adult EC"

Band = tuple[float, float]


class Seed(NamedTuple):
    """One crop as published: adult bands of pH, EC and water temperature, and where they were found."""

    key: str
    name_en: str
    name_id: str
    ph: Band
    ec_us_cm: Band
    water_c: Band
    source: str


CROPS = (
    Seed("lettuce", "Lettuce", "Selada", (6.0, 7.0), (1200, 1800), (18, 22), _TABLE_A),
    Seed("basil", "Basil", "Kemangi", (5.5, 6.0), (1000, 1600), (19, 23), _TABLE_A),
    Seed("pak-choi", "Pak choi", "Pakcoy", (6.5, 7.5), (1500, 2000), (18, 22), _TABLE_A),
    Seed(
        "kangkung",
        "Water spinach",
        "Kangkung",
        (5.5, 6.5),
        (1500, 2800),
        (18, 26),
        "AB-mix trial, Univ. Ibnu Chaldun: 1050-1400 ppm, scale not stated (both 500 and 700 covered); pH generic",
    ),
    Seed("spinach", "Spinach", "Bayam", (6.0, 7.0), (1800, 2300), (18, 22), _TABLE_A),
    Seed("kale", "Kale", "Kale", (5.5, 6.5), (1250, 1500), (18, 22), _TABLE_A),
    Seed("mint", "Mint", "Mint", (5.5, 6.0), (2000, 2400), (19, 23), _TABLE_A),
    Seed("strawberry", "Strawberry", "Stroberi", (5.6, 6.5), (1800, 2200), (18, 22), f"{_TABLE_B} (pH), {_TABLE_A}"),
    Seed("tomato", "Tomato", "Tomat", (6.0, 6.5), (2000, 4000), (20, 24), _TABLE_A),
    Seed("cucumber", "Cucumber", "Mentimun", (5.0, 5.5), (1700, 2000), (20, 24), _TABLE_A),
    Seed("chili", "Chili", "Cabai", (5.5, 6.0), (800, 1800), (20, 24), _TABLE_A),
    Seed("melon", "Melon", "Melon", (5.5, 6.0), (2000, 2500), (20, 24), _TABLE_A),
    Seed("celery", "Celery", "Seledri", (6.0, 7.0), (1800, 2400), (18, 22), _TABLE_A),
)
GENERIC = Seed(
    "generic", "No crop set", "Belum ditentukan", (5.5, 6.5), (1000, 2400), (18, 26), f"leafy rows of {_TABLE_A}"
)

#: Stage and the day after transplanting on which it begins.
LEAFY_STAGES = (("seedling", 0), ("young", 7), ("adult", 21))
TOMATO_STAGES = (("seedling", 0), ("vegetative", 14), ("flowering", 35), ("fruiting", 56))
TOMATO_EC: dict[str, Band] = {
    "seedling": (800, 1200),
    "vegetative": (1500, 2000),
    "flowering": (2000, 2500),
    "fruiting": (2500, 3000),
}
SEEDLING_EC: Band = (500, 1000)

crops = sa.table("crops", *map(sa.column, ("id", "key", "name_en", "name_id")))
growth_stages = sa.table("growth_stages", *map(sa.column, ("crop_id", "stage", "from_day")))
targets = sa.table(
    "targets", *map(sa.column, ("crop_id", "stage", "quantity", "low", "high", "source", "valid_from", "created_at"))
)


def upgrade() -> None:
    """Add every crop with its stages and one band per stage and quantity."""
    _add(GENERIC, (("adult", 0),))
    for seed in CROPS:
        _add(seed, TOMATO_STAGES if seed.key == "tomato" else LEAFY_STAGES)


def downgrade() -> None:
    """Remove all crops; fails, rightly, once something is planted."""
    for table in (targets, growth_stages, crops):
        op.execute(sa.delete(table))


def _add(seed: Seed, stages: tuple[tuple[str, int], ...]) -> None:
    connection = op.get_bind()
    names = {"key": seed.key, "name_en": seed.name_en, "name_id": seed.name_id}
    crop_id = connection.execute(sa.insert(crops).values(names).returning(crops.c.id)).scalar_one()
    connection.execute(
        sa.insert(growth_stages), [{"crop_id": crop_id, "stage": stage, "from_day": day} for stage, day in stages]
    )
    connection.execute(
        sa.insert(targets),
        [
            {
                "crop_id": crop_id,
                "stage": stage,
                "quantity": quantity,
                "low": low,
                "high": high,
                "source": source,
                "valid_from": VALID_FROM,
                "created_at": VALID_FROM,
            }
            for stage, _ in stages
            for quantity, (low, high), source in _bands(seed, stage)
        ],
    )


def _bands(seed: Seed, stage: str) -> list[tuple[str, Band, str]]:
    ec, ec_source = _ec_band(seed, stage)
    return [("ph", seed.ph, seed.source), ("ec_us_cm", ec, ec_source), ("water_c", seed.water_c, seed.source)]


def _ec_band(seed: Seed, stage: str) -> tuple[Band, str]:
    low, high = seed.ec_us_cm
    if seed.key == "tomato":
        return TOMATO_EC[stage], _STAGED
    if stage == "seedling":
        return SEEDLING_EC, _RULE.format(seed.source)
    if stage == "young":
        return (round(low * 0.6, 1), round(high * 0.7, 1)), _RULE.format(seed.source)
    return seed.ec_us_cm, seed.source
