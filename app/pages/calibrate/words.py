"""The page's judgements in words, in the reader's language."""

import math

from analytics.buffers import BUFFERS_OF, BufferSet
from analytics.calibration_fit import Judgement
from analytics.quantities import Quantity
from analytics.stability import STEADY_MV_PER_MIN, Stability
from app.calibration.errors import (
    CalibrationError,
    Impossible,
    InTheFuture,
    NoEarlierVisit,
    NotAllowed,
    OutOfRange,
    Refused,
)
from app.calibration.findings import Finding
from app.calibration.visits import OffsetVisit, Transition
from app.components import ConductivityUnit
from app.i18n import _, number_text
from app.typed_numbers import UnclearNumber, unclear_text


def buffers_text(buffers: BufferSet) -> str:
    """Name a set of buffers as the labels of its sachets do, in the reader's numbers."""
    return " / ".join(number_text(float(buffer), 2) for buffer in BUFFERS_OF[buffers])


def stability_text(stability: Stability) -> str:
    """Say whether the signal may be captured, or what to wait for."""
    if stability.settled:
        return _("Settled: capture it")
    if math.isnan(stability.drift_mv_per_min):
        return _("Reading … keep the probe still")
    if abs(stability.drift_mv_per_min) > STEADY_MV_PER_MIN:
        return _("Still drifting: %(drift)s mV per minute", drift=number_text(stability.drift_mv_per_min, 1))
    return _("Noisy: %(noise)s mV; stir less, check the cable", noise=number_text(stability.noise_mv, 1))


def judgement_text(finding: Finding) -> str:
    """Say what the probe is worth."""
    if finding.method == "offset":
        return {
            Judgement.ACCEPT: _("The values will be corrected."),
            Judgement.WARN: _("A gap this wide is rarely the probe alone: check the meter, the unit and the probe."),
            Judgement.REFUSE: "",
        }[finding.judgement]
    if finding.slope_percent is None:
        return {
            Judgement.ACCEPT: _("The probe is good."),
            Judgement.WARN: _("Usable, but far from nominal: clean the probe and repeat."),
            Judgement.REFUSE: _("Not usable: wrong standard, dirty probe or board without power."),
        }[finding.judgement]
    return {
        Judgement.ACCEPT: _("The electrode is good."),
        Judgement.WARN: _("The electrode is ageing or the buffers are not fresh: usable, plan a replacement."),
        Judgement.REFUSE: _("Outside the limits: clean or replace the electrode, use fresh buffers."),
    }[finding.judgement]


def measures_text(finding: Finding) -> str:
    """Give the numbers behind the judgement."""
    if finding.slope_percent is None or finding.offset_mv is None:
        factor = finding.parameters.get("k_factor") or math.nan
        return _("Cell factor %(factor)s (usual 0.7 to 1.4)", factor=number_text(factor, 3))
    slope, offset = number_text(finding.slope_percent, 1), number_text(finding.offset_mv, 1)
    return _("Slope %(slope)s %% (usual 90 to 105), offset %(offset)s mV (usual ±30)", slope=slope, offset=offset)


def value_text(value: float, quantity: Quantity, unit: ConductivityUnit) -> str:
    """Write a value of a probe, EC in the reader's unit."""
    if quantity is Quantity.EC:
        return f"{number_text(unit.from_ec(value), unit.decimals)} {unit.symbol}"
    return f"pH {number_text(value, 2)}"


def offset_text(visit: OffsetVisit, unit: ConductivityUnit) -> str:
    """Say what a check with a meter changes, and when; millivolts and sent values stay as they are."""
    found, left = visit.true - visit.shown, visit.true - (visit.shown if visit.left is None else visit.left)
    said = []
    if visit.circumstances.transition is Transition.BLEND:
        up_to = _change_text(found, visit.quantity, unit)
        said.append(_("Readings before the visit move little by little, up to %(change)s.", change=up_to))
    said.append(_("From the visit on: %(change)s.", change=_change_text(left, visit.quantity, unit)))
    return " ".join(said)


def _change_text(gap: float, quantity: Quantity, unit: ConductivityUnit) -> str:
    size = abs(unit.from_ec(gap)) if quantity is Quantity.EC else abs(gap)
    decimals = unit.decimals if quantity is Quantity.EC else 2
    amount = f"{number_text(size, decimals)} {unit.symbol if quantity is Quantity.EC else 'pH'}"
    if round(size, decimals) == 0:
        return _("no change")
    return _("%(amount)s higher", amount=amount) if gap > 0 else _("%(amount)s lower", amount=amount)


def error_text(error: CalibrationError | UnclearNumber) -> str:
    """Say why nothing was saved, and what to do."""
    if isinstance(error, UnclearNumber):
        return unclear_text(error)
    texts = {
        NotAllowed: _("Only agronomists and administrators may calibrate."),
        Refused: _("Outside the limits. To save it all the same, give a reason."),
        NoEarlierVisit: _("There is no earlier calibration to spread the drift from."),
        OutOfRange: _("These values cannot be: are they in another unit?"),
        InTheFuture: _("The visit lies in the future; check date and time."),
        Impossible: _(
            "The millivolts do not follow the standards: was the probe in the right ones, rinsed in between?"
        ),
    }
    return texts.get(type(error), str(error))
