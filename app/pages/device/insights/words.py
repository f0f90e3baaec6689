"""What was found, in the reader's language: what it is, the evidence, and what to do about it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import singledispatch
from math import isfinite

from babel import Locale
from babel.dates import format_timedelta

from analytics.compensation import Compensation, CompensationCheck
from analytics.probe_health import WORN_OFFSET_MV, WORN_SLOPE_PERCENT, ProbeHealth
from analytics.quantities import Quantity
from analytics.units import Number
from app.components import ConductivityUnit
from app.i18n import _, language, number_text, signed_text, time_text
from app.insights.findings import Apart, Check, Creep, Heading, Lack, OtherScale, OutOfBand, Result, Urgency
from app.insights.peer_checks import FEWEST_DAYS
from app.pages.device.displayed import Naming, naming

_DAYS_FOR_OTHERS = 3
#: How many more digits than usual a change may be written with.
_FINER = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Terms:
    """How one quantity is written for one reader. ``end`` is the moment up to which readings were looked at."""

    quantity: Quantity
    unit: ConductivityUnit
    zone: str
    end: datetime

    @property
    def name(self) -> Naming:
        """Title, unit and digits."""
        return naming(self.quantity, self.unit)

    def scaled(self, value: Number) -> Number:
        """Convert a value, or a difference, from its canonical unit; every unit of EC is a multiple."""
        return self.unit.from_ec(value) if self.quantity is Quantity.EC else value

    def number(self, value: float, *, finer: int = 0) -> str:
        """Write a value, or a difference, with its unit."""
        return f"{number_text(self.scaled(value), self.name.decimals + finer)}{self.name.suffix}"

    def bare(self, value: float) -> str:
        """Write a value without its unit."""
        return number_text(self.scaled(value), self.name.decimals)

    def change(self, value: float, *, finer: int = 0) -> str:
        """Write a difference with its sign, without the unit; what rounds to nothing has no sign."""
        decimals = self.name.decimals + finer
        rounded = round(self.scaled(value), decimals) + 0.0
        return f"{'+' if rounded > 0 else ''}{number_text(rounded, decimals)}"

    def sure_changes(self, **values: float) -> dict[str, str]:
        """Write differences whose direction is known: with so many more digits that none of them rounds to nothing."""
        least = min(abs(self.scaled(value)) for value in values.values())
        finer = next((finer for finer in _FINER if round(least, self.name.decimals + finer)), _FINER[-1])
        return {name: self.change(value, finer=finer) for name, value in values.items()}

    def time(self, moment: datetime) -> str:
        """Write a moment on the site's clock."""
        return time_text(moment, self.zone)


#: A limit that is reached within so many hours for certain is reached "at any moment": no clock of a person is finer.
AT_ANY_MOMENT_H = 0.25


@dataclass(frozen=True, slots=True)
class Said:
    """A finding in words."""

    title: str
    evidence: str
    advice: str


def said(result: Result, unit: ConductivityUnit, zone: str) -> Said:
    """Put a finding into words."""
    return _say(result.evidence, Terms(result.quantity, unit, zone, result.end))


@singledispatch
def _say(evidence: object, terms: Terms) -> Said:
    raise TypeError(f"nothing is said of {evidence!r}")


@_say.register
def _out_of_band(evidence: OutOfBand, terms: Terms) -> Said:
    low, high = terms.number(evidence.low), terms.number(evidence.high)
    values = {"name": terms.name.title, "value": terms.number(evidence.value)}
    title = (
        _("%(name)s is too low: %(value)s", **values)
        if evidence.is_low
        else _("%(name)s is too high: %(value)s", **values)
    )
    span = {"since": terms.time(evidence.since), "duration": duration_text(terms.end - evidence.since)}
    since = (
        _("outside for at least %(duration)s", **span)
        if evidence.at_least
        else _("outside since %(since)s (%(duration)s)", **span)
    )
    return Said(
        title,
        _("Target %(low)s to %(high)s; %(since)s.", low=low, high=high, since=since),
        _correction(evidence, terms),
    )


def _correction(evidence: OutOfBand, terms: Terms) -> str:
    advice = {
        (Quantity.PH, True): _(
            "Add base in small steps; if other tanks with this nutrient are fine, check the probe first."
        ),
        (Quantity.PH, False): _(
            "Add acid in small steps; if other tanks with this nutrient are fine, check the probe first."
        ),
        (Quantity.EC, True): _("Add nutrient solution, or check that the probe is clean and under water."),
        (Quantity.EC, False): _("Add water; check whether the plants drink more than they feed."),
        (Quantity.WATER, True): _("Warm the water, or check that the thermometer is under water."),
        (Quantity.WATER, False): _("Cool or shade the tank; check pump and chiller."),
    }
    return advice[terms.quantity, evidence.is_low]


@_say.register
def _heading(evidence: Heading, terms: Terms) -> Said:
    forecast = evidence.forecast
    hours = {
        name: hours_text(getattr(forecast, f"{name}_h"))
        for name in ("earliest", "latest")
        if isfinite(getattr(forecast, f"{name}_h"))
    }
    given = {"name": terms.name.title, "limit": terms.number(evidence.limit), "hours": hours_text(forecast.hours)}
    if forecast.latest_h < AT_ANY_MOMENT_H:
        title = _("%(name)s reaches its limit of %(limit)s at any moment", **given)
        return Said(title, _("If it goes on as since the water was last changed."), _("Look after the tank now."))
    title = _("%(name)s reaches its limit of %(limit)s in about %(hours)s", **given)
    span = (
        _("Between %(earliest)s and %(latest)s from now, if it goes on as since the water was last changed.", **hours)
        if "latest" in hours
        else _("In %(earliest)s at the earliest, if it goes on as since the water was last changed.", **hours)
    )
    return Said(title, span, _("Look after the tank before then."))


@_say.register
def _other_scale(evidence: OtherScale, terms: Terms) -> Said:
    text = _(
        "%(level)s is %(ratio)s times the median of %(peers)s tanks with the same crop: numbers on the %(sent_on)s "
        "scale look like that when they are read as %(read_as)s.",
        level=terms.number(evidence.level),
        ratio=number_text(evidence.ratio, 2),
        peers=evidence.peers,
        sent_on=int(evidence.sent_on),
        read_as=int(evidence.read_as),
    )
    advice = _("Compare with a handheld meter; then set the right ppm scale where the readings are sent, or calibrate.")
    return Said(_("Conductivity looks as if read on the wrong ppm scale"), text, advice)


@_say.register
def _creep(evidence: Creep, terms: Terms) -> Said:
    changes = terms.sure_changes(rate=evidence.per_day, low=evidence.low, high=evidence.high)
    text = _(
        "%(rate)s a day (%(low)s to %(high)s) against the median of %(peers)s tanks with the same crop; %(total)s in "
        "%(days)s days.",
        rate=changes["rate"] + terms.name.suffix,
        low=changes["low"],
        high=changes["high"],
        peers=evidence.peers,
        total=terms.change(evidence.total),
        days=evidence.days,
    )
    advice = _("Clean and calibrate the probe; the drift can then be spread over the days before.")
    return Said(_("The %(name)s probe drifts away from its peers", name=terms.name.title), text, advice)


@_say.register
def _apart(evidence: Apart, terms: Terms) -> Said:
    values = {
        "distance": terms.number(abs(evidence.distance)),
        "value": terms.number(evidence.value),
        "peers": evidence.peers,
    }
    text = (
        _("%(value)s, which is %(distance)s above the median of %(peers)s tanks with the same crop.", **values)
        if evidence.distance > 0
        else _("%(value)s, which is %(distance)s below the median of %(peers)s tanks with the same crop.", **values)
    )
    advice = _("Check with a handheld meter whether it is the probe or the water.")
    return Said(_("%(name)s stands apart from tanks with the same crop", name=terms.name.title), text, advice)


@_say.register
def _compensation(evidence: CompensationCheck, terms: Terms) -> Said:
    is_twice = evidence.verdict is Compensation.TWICE
    title = _("EC looks compensated twice for temperature") if is_twice else _("EC looks uncompensated for temperature")
    text = _(
        "It moves with the water by %(slope)s %% per °C (r = %(r)s over %(days)s days); compensated EC does not.",
        slope=signed_text(evidence.slope_percent_per_c, 1),
        r=number_text(evidence.correlation, 2),
        days=number_text(evidence.days, 0),
    )
    advice = (
        _("Switch compensation off in one place, the meter or the sender.")
        if is_twice
        else _(
            "Let the meter compensate to 25 °C, or send millivolts; until then the daily swing is mostly temperature."
        )
    )
    return Said(title, text, advice)


@_say.register
def _electrode(evidence: ProbeHealth, terms: Terms) -> Said:
    text = _(
        "Slope %(slope)s %% (limit %(least)s %%), offset %(offset)s mV (limit ±%(most)s mV).",
        slope=number_text(evidence.slope_percent, 1),
        least=number_text(WORN_SLOPE_PERCENT, 0),
        offset=number_text(evidence.offset_mv, 1),
        most=number_text(WORN_OFFSET_MV, 0),
    )
    if evidence.replace_by is not None:
        day = time_text(evidence.replace_by.to_pydatetime(), terms.zone, "d MMM y")
        text += " " + _("Replace it by %(day)s.", day=day)
    return Said(
        _("The pH electrode is near its end"), text, _("Clean it, calibrate it again, and have a new one at hand.")
    )


def urgency_text(urgency: Urgency) -> str:
    """Say how soon to act."""
    return {Urgency.NOW: _("Now"), Urgency.TODAY: _("Today"), Urgency.SOON: _("Soon")}[urgency]


def check_text(result: Result, unit: ConductivityUnit) -> str:
    """Name a check of one quantity, as the beginning of a line."""
    name = naming(result.quantity, unit).title
    return {
        Check.BAND: _("%(name)s against its target", name=name),
        Check.LIMIT: _("Time until %(name)s leaves its target", name=name),
        Check.SCALE: _("ppm scale"),
        Check.PEERS: _("%(name)s against tanks with the same crop", name=name),
        Check.TEMPERATURE: _("Temperature compensation of EC"),
        Check.ELECTRODE: _("pH electrode"),
    }[result.check]


def fine_text(result: Result) -> str:
    """Say what a check came to that found nothing."""
    if isinstance(result.evidence, ProbeHealth):
        slope, offset = number_text(result.evidence.slope_percent, 1), number_text(result.evidence.offset_mv, 1)
        return _("slope %(slope)s %%, offset %(offset)s mV", slope=slope, offset=offset)
    if isinstance(result.evidence, Heading) and isfinite(result.evidence.forecast.hours):
        return _("not within a day (in about %(hours)s)", hours=hours_text(result.evidence.forecast.hours))
    return {
        Check.BAND: _("in range"),
        Check.LIMIT: _("not within a week"),
        Check.SCALE: _("agrees with them"),
        Check.PEERS: _("moves with them"),
        Check.TEMPERATURE: _("EC does not follow the temperature"),
        Check.ELECTRODE: _("in order"),
    }[result.check]


def lack_text(result: Result) -> str:
    """Say why a check cannot say anything, and what it would need."""
    days = FEWEST_DAYS if result.check is Check.PEERS else _DAYS_FOR_OTHERS
    texts = {
        Lack.NO_READINGS: _("no usable reading"),
        Lack.STALE: _("nothing measured for two hours"),
        Lack.DOUBTFUL: _("the newest value did not pass its tests"),
        Lack.NO_TARGET: _("no target: say first what grows in the tank"),
        Lack.SHORT_HISTORY: _("too little history; needs %(days)s days", days=days),
        Lack.SINCE_EVENT: _("the water was changed a short time ago; needs six hours"),
        Lack.NO_TREND: _("cannot say: no clear trend in the last day"),
        Lack.STEADY_TEMPERATURE: _("cannot say: the water keeps its temperature"),
        Lack.NO_CROP: _("nothing to compare with: say first what grows in the tank"),
        Lack.FEW_PEERS: _("needs five tanks with the same crop at the same stage"),
        Lack.PEERS_DISAGREE: _("cannot say: the other tanks differ too much among themselves"),
        Lack.NO_CALIBRATION: _("needs a calibration in two buffers"),
    }
    return "" if result.lack is None else texts[result.lack]


def duration_text(duration: timedelta) -> str:
    """Write a duration in the reader's language, in one unit: 17 hours, 3 days."""
    least = max(duration, timedelta(minutes=1))
    return format_timedelta(least, granularity="minute", threshold=1.5, locale=Locale(language()))


def hours_text(hours: float) -> str:
    """Write a number of hours: minutes below one, whole hours above."""
    return duration_text(timedelta(minutes=max(round(hours * 60), 1)) if hours < 1 else timedelta(hours=round(hours)))
