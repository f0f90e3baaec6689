"""Our flags against the labels of a station's people: how many of theirs we find, how many of ours they share."""

import re
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.assess import assess
from analytics.flags import CHANNELS, Flag, Test, names_of_tests
from analytics.quantities import Medium, Quantity
from app.jobs.spans import sampling_interval_s
from app.scoring.station import StationLog

BoolArray = npt.NDArray[np.bool_]

_BAD = ("<-3>", "<1>")
_GOOD = "<0>"
_COMMENT = re.compile(r"[\[(](\w+)[\])]")


@dataclass(frozen=True, slots=True)
class Share:
    """Readings of one kind, and how many of them the other side agrees about; ``share`` is None for none."""

    count: int
    agreed: int

    @property
    def share(self) -> float | None:
        """The agreed part, 0..1."""
        return self.agreed / self.count if self.count else None


@dataclass(frozen=True, slots=True)
class FlagScore:
    """One quantity of one station.

    ``recall`` counts the readings that the station doubts or rejects, agreed where we flag 3 or 4; ``precision`` those
    that we flag, agreed where the station does. ``by_test`` is the precision of each test, ``by_comment`` the recall
    by the code with which the station gave its reason ("none": without one).
    """

    quantity: str
    readings: int
    recall: Share
    precision: Share
    by_test: dict[str, Share]
    by_comment: dict[str, Share]

    def as_json(self) -> dict[str, Any]:
        """Give it as plain numbers."""
        return {
            "readings": self.readings,
            "labelled_bad": self.recall.count,
            "flagged": self.precision.count,
            "recall": _rounded(self.recall.share),
            "precision": _rounded(self.precision.share),
            "by_test": {name: {**asdict(one), "precision": _rounded(one.share)} for name, one in self.by_test.items()},
            "by_comment": {
                name: {**asdict(one), "recall": _rounded(one.share)} for name, one in self.by_comment.items()
            },
        }


def score_flags(log: StationLog) -> list[FlagScore]:
    """Judge a station's log as natural water and compare pH, EC and temperature.

    Readings without a value, and those whose label is neither good, doubtful nor rejected, are left out.
    """
    stamps = log.values.index.as_unit("ms").asi8  # type: ignore[attr-defined]
    judged = assess(log.values, Medium.NATURAL, interval_s=sampling_interval_s(stamps, 1.0))
    return [
        _score(
            quantity,
            log.labels[quantity].to_numpy(dtype=str),
            judged[f"{quantity}_flag"].to_numpy(),
            judged[f"{quantity}_tests"].to_numpy(),
            log.values[quantity].notna().to_numpy(),
        )
        for quantity in CHANNELS
    ]


def _score(
    quantity: Quantity,
    labels: npt.NDArray[np.str_],
    flags: npt.NDArray[np.uint8],
    tests: npt.NDArray[np.uint16],
    has_value: BoolArray,
) -> FlagScore:
    bad = np.logical_or.reduce([np.char.startswith(labels, one) for one in _BAD])
    counted = has_value & (bad | np.char.startswith(labels, _GOOD))
    bad = bad & counted
    ours = counted & np.isin(flags, [Flag.SUSPECT, Flag.FAIL])
    by_test = {
        names_of_tests(test)[0]: _share(ours & ((tests & np.uint16(test)) != 0), bad)
        for test in Test
        if test is not Test.GAP
    }
    comments = np.array([_comment(label) for label in labels[bad]])
    by_comment = {str(one): _share(comments == one, ours[bad]) for one in np.unique(comments)}
    return FlagScore(
        str(quantity),
        int(counted.sum()),
        _share(bad, ours),
        _share(ours, bad),
        {name: share for name, share in by_test.items() if share.count},
        dict(sorted(by_comment.items(), key=lambda item: -item[1].count)),
    )


def _comment(label: str) -> str:
    """Give the codes of a label, ``<-3> [GSM] (CWD)`` as ``GSM CWD``."""
    return " ".join(_COMMENT.findall(label)) or "none"


def _share(these: BoolArray, agreed: BoolArray) -> Share:
    return Share(int(these.sum()), int((these & agreed).sum()))


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)
