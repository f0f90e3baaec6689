"""The page's judgements in words, in the reader's language."""

import math

from analytics.calibration_fit import Judgement
from analytics.stability import STEADY_MV_PER_MIN, Stability
from app.calibration.errors import (
    CalibrationError,
    Impossible,
    InTheFuture,
    NoEarlierVisit,
    NotAllowed,
    Refused,
)
from app.calibration.findings import Finding
from app.i18n import _, number_text


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


def error_text(error: CalibrationError) -> str:
    """Say why nothing was saved, and what to do."""
    texts = {
        NotAllowed: _("Only agronomists and administrators may calibrate."),
        Refused: _("Outside the limits. To save it all the same, give a reason."),
        NoEarlierVisit: _("There is no earlier calibration to spread the drift from."),
        InTheFuture: _("The visit lies in the future; check date and time."),
        Impossible: _(
            "The millivolts do not follow the standards: was the probe in the right ones, rinsed in between?"
        ),
    }
    return texts.get(type(error), str(error))
