"""What a visit says about a probe: the conversion that follows from it, and whether it may be relied on."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import singledispatch
from typing import Any

from analytics.buffers import BufferSet, buffer_ph
from analytics.calibration_fit import (
    GRAVITY_V2,
    PH_4502C,
    BufferReading,
    Judgement,
    PhFit,
    fit_ec,
    fit_ph,
)
from analytics.quantities import QUANTITIES, Quantity
from app.calibration.errors import Impossible, OutOfRange
from app.calibration.visits import EcVisit, InBuffer, OffsetVisit, PhVisit, Visit

Parameters = Mapping[str, float | None]

# An electrode a whole pH off, or a cell a third off, is broken, dirty or in the wrong unit.
_WIDE_PH = 1.0
_WIDE_SHARE = 1 / 3


@dataclass(frozen=True, slots=True)
class Finding:
    """A calibration ready to be stored, by the columns of its table, with its judgement.

    ``slope_percent`` and ``offset_mv`` are the pH electrode's health, None for everything else.
    """

    method: str
    parameters: Parameters
    as_found: Parameters | None
    points: tuple[dict[str, Any], ...]
    buffer_set: str | None
    temperature_c: float | None
    slope_percent: float | None
    offset_mv: float | None
    judgement: Judgement
    reasons: tuple[str, ...]


def finding_of(visit: Visit) -> Finding:
    """Work out what a visit says.

    Raises
    ------
    Impossible
        If no calibration follows from its readings, with the reason.
    """
    try:
        return _find(visit)
    except ValueError as error:
        raise Impossible(str(error)) from error


def on_top_of(finding: Finding, gap: float) -> Finding:
    """Add a gap that was corrected already when a meter was read: what pages showed then had it in it."""
    found = finding.as_found and {"gap": gap + (finding.as_found["gap"] or 0.0)}
    parameters = {**finding.parameters, "gap": gap + (finding.parameters["gap"] or 0.0)}
    return replace(finding, parameters=parameters, as_found=found)


@singledispatch
def _find(visit: Visit) -> Finding:
    raise TypeError(f"nothing is known of visits like {visit!r}")


@_find.register
def _ph(visit: PhVisit) -> Finding:
    fit = _fit_ph(visit.left)
    found = _fit_ph(visit.found) if visit.found else None
    return Finding(
        method="three-point" if len(visit.left) == 3 else "two-point",
        parameters=asdict(fit.calibration),
        as_found=None if found is None else asdict(found.calibration),
        points=(*_points("left", visit.left), *_points("found", visit.found)),
        buffer_set=BufferSet(visit.buffer_set).name,
        temperature_c=fit.calibration.temperature_c,
        slope_percent=fit.slope_percent,
        offset_mv=fit.offset_mv,
        judgement=fit.judgement,
        reasons=fit.reasons,
    )


@_find.register
def _ec(visit: EcVisit) -> Finding:
    standard = {"standard_us_cm": visit.standard_us_cm, "alpha": visit.alpha}
    fit = fit_ec(visit.left.millivolts, water_c=visit.left.temperature_c, **standard)
    found = visit.found and fit_ec(visit.found.millivolts, water_c=visit.found.temperature_c, **standard)
    points = [{"when": "left", "standard_us_cm": visit.standard_us_cm, **asdict(visit.left)}]
    if visit.found:
        points.append({"when": "found", "standard_us_cm": visit.standard_us_cm, **asdict(visit.found)})
    return Finding(
        method="one-point",
        parameters=asdict(fit.calibration),
        as_found=asdict(found.calibration) if found else None,
        points=tuple(points),
        buffer_set=None,
        temperature_c=visit.left.temperature_c,
        slope_percent=None,
        offset_mv=None,
        judgement=fit.judgement,
        reasons=fit.reasons,
    )


@_find.register
def _offset(visit: OffsetVisit) -> Finding:
    left = visit.shown if visit.left is None else visit.left
    _require_plausible(visit, left)
    start = {"start_ms": int(visit.since.timestamp() * 1000)} if visit.since else {}
    found = {"when": "found", "shown": visit.shown, "true": visit.true}
    cleaned = [] if visit.left is None else [{"when": "left", "shown": visit.left, "true": visit.true}]
    return Finding(
        method="offset",
        parameters={"gap": visit.true - left, **start},
        as_found=None if visit.left is None else {"gap": visit.true - visit.shown},
        points=(found, *cleaned),
        buffer_set=None,
        temperature_c=None,
        slope_percent=None,
        offset_mv=None,
        judgement=Judgement.WARN if _is_wide(visit) else Judgement.ACCEPT,
        reasons=(),
    )


def _is_wide(visit: OffsetVisit) -> bool:
    """Tell whether a probe is so far off that it wants a standard rather than arithmetic."""
    widest = _WIDE_PH if visit.quantity is Quantity.PH else _WIDE_SHARE * visit.true
    return abs(visit.true - visit.shown) > widest


def _require_plausible(visit: OffsetVisit, left: float) -> None:
    """Refuse numbers outside the quantity's range, which are typed in another unit."""
    known = QUANTITIES[visit.quantity]
    for value in (visit.shown, visit.true, left):
        if not known.low <= value <= known.high:
            raise OutOfRange(f"{value:g} {known.unit} cannot be; use a number from {known.low:g} to {known.high:g}")


def _fit_ph(readings: Sequence[InBuffer]) -> PhFit:
    """Fit on the board whose designed output at pH 7 is nearer: what is amplified differs between them."""
    points = [
        BufferReading(one.millivolts, buffer_ph(one.buffer, one.temperature_c), one.temperature_c) for one in readings
    ]
    fit = fit_ph(points, board=GRAVITY_V2)
    between = (GRAVITY_V2.ph7_mv + PH_4502C.ph7_mv) / 2
    return fit if fit.calibration.ph7_mv < between else fit_ph(points, board=PH_4502C)


def _points(when: str, readings: Sequence[InBuffer]) -> list[dict[str, Any]]:
    return [
        {
            "when": when,
            "buffer": str(one.buffer),
            "millivolts": one.millivolts,
            "temperature_c": one.temperature_c,
            "ph": buffer_ph(one.buffer, one.temperature_c),
        }
        for one in readings
    ]
