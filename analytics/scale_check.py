"""A device whose EC differs from its fleet by exactly the ratio of two ppm scales is probably set to the wrong one."""

import itertools

import numpy as np
import pandas as pd

from analytics.units import PpmScale

_FEWEST_DEVICES = 5
# The other devices must agree this well (relative MAD) before one of them can be called wrong.
_MOST_SPREAD = 0.08
# 700/640 = 1.094 is too close to an honest difference between two tanks to accuse anybody.
_LEAST_RATIO = 1.2
_WITHIN = 0.04


def wrong_scales(ec_levels: pd.Series) -> pd.DataFrame:
    """List devices that look as if their ppm were read on another scale than they were sent.

    Parameters
    ----------
    ec_levels
        Shape (devices,), index the device: typical EC in µS/cm (e.g. the median of a day) of devices with the same
        recipe. NaN is left out.

    Returns
    -------
    DataFrame indexed by ``device``: ``ratio`` to the fleet's median, ``sent_on`` (the scale the meter really used) and
    ``read_as`` (the one configured), both :class:`PpmScale`. Only 700 against 500 (1.40) and 640 against 500
    (1.28) are told apart from honest differences; within 4 %. Empty for fewer than five devices or a fleet that
    does not agree with itself to 8 %.
    """
    columns = ["ratio", "sent_on", "read_as"]
    if not levels_agree(ec_levels):
        return pd.DataFrame(columns=columns).rename_axis("device")
    ratios = _ratios(ec_levels)
    found = {device: match for device, ratio in ratios.items() if (match := _match(float(ratio)))}
    return pd.DataFrame.from_dict(found, orient="index", columns=columns).rename_axis("device")


def levels_agree(ec_levels: pd.Series) -> bool:
    """Tell whether one of these levels could be called wrong: five at least, which agree to 8 % (relative MAD)."""
    ratios = _ratios(ec_levels)
    return len(ratios) >= _FEWEST_DEVICES and bool((ratios - 1).abs().median() <= _MOST_SPREAD)


def _ratios(ec_levels: pd.Series) -> pd.Series:
    """Give the known levels relative to their median."""
    levels = ec_levels[np.isfinite(ec_levels.to_numpy(dtype=np.float64)) & (ec_levels > 0).to_numpy()]
    return levels / levels.median() if len(levels) else levels


def _match(ratio: float) -> tuple[float, PpmScale, PpmScale] | None:
    """Find the pair of scales whose quotient is nearest; ppm on scale A read as scale B gives EC times A / B."""
    pairs = [pair for pair in itertools.permutations(PpmScale, 2) if max(pair) / min(pair) >= _LEAST_RATIO]
    sent_on, read_as = min(pairs, key=lambda pair: abs(np.log(ratio * pair[1] / pair[0])))
    close = abs(np.log(ratio * read_as / sent_on)) <= np.log1p(_WITHIN)
    return (ratio, sent_on, read_as) if close else None
