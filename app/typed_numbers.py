"""Numbers as people type them: with a point or a comma, whichever their language has."""

from re import ASCII, fullmatch

from babel import Locale
from babel.numbers import format_decimal

from app.i18n import _, language
from models.errors import HydrofleetError


class UnclearNumber(HydrofleetError):
    """What was typed is no number, or may be two: ``1.400`` is 1400 to some and 1.4 to others."""

    def __init__(self, text: str, readings: tuple[float, float] | None = None) -> None:
        self.text = text
        #: What it may mean, the larger one first; None where it means nothing.
        self.readings = readings
        super().__init__(f"{text!r} is not one number; write it without marks between thousands")


class NotWhole(UnclearNumber):
    """What was typed is a number with decimals where something is counted."""


def read_number(given: object) -> float | None:
    """Read a number that is not negative; None where nothing was typed. A program may send a number as one.

    Raises
    ------
    UnclearNumber
        If it is no number, or if its only mark may stand for thousands as well as for decimals.
    """
    text = "" if given is None else str(given)
    typed = "".join(text.split())
    if not typed:
        return None
    if fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", typed, ASCII):
        digits = typed.replace(",", ".")
        raise UnclearNumber(text.strip(), (float(digits.replace(".", "")), float(digits)))
    grouped = fullmatch(r"(\d{1,3}(?:([.,])\d{3})+)(?:(?!\2)[.,](\d+))?", typed, ASCII)
    if grouped and (grouped[3] or len(grouped[1]) > 7):
        return float(f"{grouped[1].replace(grouped[2], '')}.{grouped[3] or 0}")
    if not fullmatch(r"\d*[.,]?\d+|\d+[.,]", typed, ASCII):
        raise UnclearNumber(text.strip())
    return float(typed.replace(",", "."))


def read_signed_number(given: object) -> float | None:
    """Read a number as :func:`read_number` does; a sign may stand before it, a minus of whatever length."""
    text = "" if given is None else str(given).strip()
    if text[:1] not in {"-", "−", "+"}:
        return read_number(text)
    sign = 1.0 if text[0] == "+" else -1.0
    try:
        number = read_number(text[1:])
    except UnclearNumber as error:
        readings = error.readings and (sign * error.readings[0], sign * error.readings[1])
        raise UnclearNumber(text, readings) from error
    if number is None:
        raise UnclearNumber(text)
    return sign * number


def read_count(given: object) -> int | None:
    """Read a whole number as :func:`read_number` does; its only mark stands for thousands, as a count has no decimals.

    Raises
    ------
    UnclearNumber
        If it is no number, or (:class:`NotWhole`) not a whole one.
    """
    try:
        number = read_number(given)
    except UnclearNumber as error:
        if error.readings is None:
            raise
        number = error.readings[0]
    if number is not None and not number.is_integer():
        raise NotWhole(str(given).strip())
    return None if number is None else int(number)


def unclear_text(error: UnclearNumber) -> str:
    """Say what is unclear, in the reader's language, and what to type instead."""
    if isinstance(error, NotWhole):
        return _("%(text)s is not a whole number.", text=error.text)
    if error.readings is None:
        return _("%(text)s is not a number.", text=error.text)
    first, second = map(typed_text, error.readings)
    return _("%(text)s may be two numbers: write %(first)s or %(second)s.", text=error.text, first=first, second=second)


def typed_text(value: float) -> str:
    """Write a number as it would be typed in the reader's language: no marks between thousands, no empty decimals."""
    return format_decimal(value, format="0.##", locale=Locale(language()))
