"""What a check of a tank may come to: something found with its evidence, nothing, or why it cannot be said."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum, unique

from analytics.compensation import CompensationCheck
from analytics.forecast import Forecast
from analytics.probe_health import ProbeHealth
from analytics.quantities import Quantity
from analytics.units import PpmScale


@unique
class Check(StrEnum):
    """What is looked at."""

    BAND = "band"  # is the newest value inside its band, and if not, since when
    LIMIT = "limit"  # when will it leave the band if it goes on like this
    SCALE = "scale"  # is EC off by the ratio of two ppm scales
    PEERS = "peers"  # does the probe creep away from, or stand apart of, tanks of the same crop and stage
    TEMPERATURE = "temperature"  # does EC still carry the temperature
    ELECTRODE = "electrode"  # is the pH electrode near its end


@unique
class Outcome(StrEnum):
    """What a check came to."""

    FOUND = "found"
    FINE = "fine"
    UNKNOWN = "unknown"


@unique
class Urgency(IntEnum):
    """How soon somebody should act; the smaller, the sooner."""

    NOW = 0
    TODAY = 1
    SOON = 2


@unique
class Lack(StrEnum):
    """Why a check cannot say anything."""

    NO_READINGS = "no_readings"
    STALE = "stale"  # nothing measured for two hours
    DOUBTFUL = "doubtful"  # the newest value did not pass its tests
    NO_TARGET = "no_target"
    SHORT_HISTORY = "short_history"
    SINCE_EVENT = "since_event"  # too little since the water was last changed
    NO_TREND = "no_trend"
    STEADY_TEMPERATURE = "steady_temperature"
    NO_CROP = "no_crop"
    FEW_PEERS = "few_peers"
    PEERS_DISAGREE = "peers_disagree"
    NO_CALIBRATION = "no_calibration"


@dataclass(frozen=True, slots=True)
class OutOfBand:
    """The newest value and the band it is outside of, in the unit of the quantity.

    ``since`` is when it left the band, as far as hours can tell; ``at_least`` if it was outside from the beginning of
    what was looked at.
    """

    value: float
    low: float
    high: float
    since: datetime
    at_least: bool

    @property
    def is_low(self) -> bool:
        """Whether the value is below the band."""
        return self.value < self.low


@dataclass(frozen=True, slots=True)
class Heading:
    """Where a value is heading: the limit it will reach, and when counted from the end of the period."""

    forecast: Forecast
    limit: float


@dataclass(frozen=True, slots=True)
class OtherScale:
    """A level (EC in µS/cm) that is ``ratio`` times its peers': ppm ``sent_on`` one scale, ``read_as`` another."""

    level: float
    ratio: float
    sent_on: PpmScale
    read_as: PpmScale
    peers: int


@dataclass(frozen=True, slots=True)
class Creep:
    """A drift away from the peers' median, per day with its 95 % interval, and over all ``days``."""

    per_day: float
    low: float
    high: float
    total: float
    days: int
    peers: int


@dataclass(frozen=True, slots=True)
class Apart:
    """A value that has stood clear of its peers' median for two hours or more, ``distance`` above it."""

    value: float
    distance: float
    peers: int


Evidence = OutOfBand | Heading | OtherScale | Creep | Apart | CompensationCheck | ProbeHealth


@dataclass(frozen=True, slots=True)
class Result:
    """What one check of one device came to, from readings of ``start`` to ``end``.

    ``urgency`` is set for what was found, ``evidence`` then and where a check that found nothing has numbers to show,
    ``lack`` for what cannot be said.
    """

    device_id: int
    device: str
    check: Check
    quantity: Quantity
    outcome: Outcome
    start: datetime
    end: datetime
    urgency: Urgency | None = None
    evidence: Evidence | None = None
    lack: Lack | None = None
