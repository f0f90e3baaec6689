"""Columns of text turned into columns of numbers: what is missing, what is a number, what is neither."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from app.i18n import N_
from app.saying import Saying

FloatArray = npt.NDArray[np.float64]
TextArray = npt.NDArray[np.object_]

#: Texts that mean "no value" in every file, compared without regard to case.
NULL_TEXTS = frozenset({"", "null", "none", "nan", "na", "n/a", "-", "--"})
#: The number that loggers write for "no value", however many decimals they give it.
NULL_NUMBERS = (-9999.0,)

_DECIMAL_COMMA = re.compile(r"\s*[+-]?[0-9]+,[0-9]+\s*")


@dataclass(frozen=True, slots=True)
class Nulls:
    """What means "no value" in this file."""

    texts: frozenset[str] = NULL_TEXTS
    numbers: tuple[float, ...] = NULL_NUMBERS

    @classmethod
    def with_own(cls, texts: Iterable[str]) -> "Nulls":
        """Add a person's own texts; one that is a number also stands for its other spellings (7999, 7999.00)."""
        own = [text.strip().lower() for text in texts]
        numbers = pd.to_numeric(pd.Series(own, dtype=object), errors="coerce").dropna()
        return cls(NULL_TEXTS | set(own), (*NULL_NUMBERS, *numbers))

    def includes(self, text: str) -> bool:
        """Tell whether a text stands for no value."""
        stripped = text.strip().lower()
        return stripped in self.texts or _as_number(stripped) in self.numbers


@dataclass(frozen=True, slots=True)
class Numbers:
    """Shape (n,): values (NaN where there is none) and, for each text that is no number, the reason."""

    values: FloatArray
    reasons: TextArray

    @property
    def ok(self) -> npt.NDArray[np.bool_]:
        """Tell which texts were understood, missing values included."""
        return np.array([reason is None for reason in self.reasons], dtype=bool)


def _as_number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.nan


def uses_decimal_comma(texts: Iterable[str]) -> bool:
    """Tell whether numbers such as ``6,1`` stand in these cells, and none such as ``6.1``."""
    cells = [text for text in texts if text.strip()]
    return any(map(_DECIMAL_COMMA.fullmatch, cells)) and not any("." in cell for cell in cells)


def to_numbers(texts: Sequence[str], nulls: Nulls, *, decimal_comma: bool = False) -> Numbers:
    """Read a column of numbers."""
    plain = [text.replace(",", ".") for text in texts] if decimal_comma else texts
    values = pd.to_numeric(pd.Series(plain, dtype=object), errors="coerce").to_numpy(dtype=np.float64, copy=True)
    values[np.isin(values, nulls.numbers)] = np.nan
    reasons = np.full(values.size, None, dtype=object)
    for row in np.flatnonzero(~np.isfinite(values)).tolist():
        values[row] = np.nan
        if not nulls.includes(plain[row]):
            reasons[row] = Saying(N_("%(text)s is not a number"), {"text": repr(texts[row].strip()[:40])})
    return Numbers(values, reasons)
