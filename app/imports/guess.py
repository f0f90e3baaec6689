"""What a file probably says: a proposal for a person to confirm, each part with its reason."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from app.i18n import N_, _
from app.imports.chunks import time_texts
from app.imports.layout import HEADER_WITHIN, Head, Layout, Row, open_rows, read_heads
from app.imports.numbers import Nulls, to_numbers, uses_decimal_comma
from app.imports.request import ImportRefused, ImportRequest
from app.imports.times import detect
from models.names import DEVICE_NAME_PATTERN, is_name

#: Lines of data that are looked at.
SAMPLE = 500
#: Lines of data that are shown.
SHOWN = 5

# Header words in English and Indonesian, on blanks: "pH_raw" is "ph raw". The first that fits decides.
_TIMES = (r"time utc|utc time", r"date ?time|timestamp|tanggal (dan )?(jam|waktu)", r"time|waktu|ts|tanggal|date|tgl")
_DATES, _CLOCKS = r"(date|tanggal|tgl)", r"(time|jam|pukul|waktu|clock)"
_DEVICES = r"(device|pi|node|logger|sensor id|perangkat|alat|stasiun|station|tank|tangki|bak)( (name|nama|id))?"
_PH = r"\bph\b"
_EC = r"\b(ec|cond|conductivity|conductance|spcond|konduktivitas|dhl|ec us cm)\b"
_TDS = r"\b(tds|ppm)\b"
_WATER = (r"\b(water|suhu air|wtemp|water c)\b", r"\b(temp|temperature|suhu)\b")
_NOT_A_VALUE = r"\b(flag|flags|mv|tests?|low|high|band|calibration|id|qc|quality|raw|fail|status|min|max|std)\b"
_NOT_WATER = r"\b(air temp|air temperature|ambient|room|udara|ruang|humid\w*|lembap|rh|dew)\b"
_ZONES = {"utc": "UTC", "gmt": "UTC", "wib": "Asia/Jakarta", "wita": "Asia/Makassar", "wit": "Asia/Jayapura"}
_OFFSET = re.compile(r"(Z|[+-][0-9]{2}:?[0-9]{2})$")
# Below the first, conductivity is in mS/cm: no water that plants or fish live in has as little in µS/cm. Up to the
# second it may be that of the sea in mS/cm, or that of a mountain brook in µS/cm.
_SURELY_MS_CM, _MAYBE_MS_CM = 20.0, 70.0


class Saying(NamedTuple):
    """A reason or a question: text for people, with values to be filled in."""

    text: str
    values: Mapping[str, object] = {}

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text

    def in_language(self) -> str:
        """Say it in the reader's language."""
        return _(self.text, **self.values)


@dataclass(slots=True)
class Proposal:
    """How a file would be read: ``given`` are fields of :class:`ImportRequest`, ``reasons`` say why, by field.

    ``questions`` are what only a person can say, by field; while there are any, nothing can be imported. ``columns``
    and ``rows`` are the header and the first lines of data.
    """

    path: Path
    columns: tuple[str, ...]
    rows: list[list[str]]
    given: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, Saying] = field(default_factory=dict)
    questions: dict[str, Saying] = field(default_factory=dict)

    def request(self, **answers: Any) -> ImportRequest:
        """Make the request, with a person's answers in place of the guesses.

        Raises
        ------
        ImportRefused
            If a question is left, or the answers make no sense.
        """
        given = self.given | {name: value for name, value in answers.items() if value is not None}
        if answers.get("device"):
            given.pop("device_column", None)
        if answers.get("tds_column"):
            given.pop("ec_column", None)
        if answers.get("ec_column"):
            given.pop("tds_column", None)
        left = [str(question) for name, question in self.questions.items() if name not in given]
        if left:
            raise ImportRefused(" ".join(left))
        return ImportRequest(path=self.path, **given)

    def _say(self, name: str, value: Any, reason: str, **values: object) -> None:
        self.given[name], self.reasons[name] = value, Saying(reason, values)

    def _ask(self, name: str, question: str, **values: object) -> None:
        self.questions[name] = Saying(question, values)


def propose(path: Path, *, delimiter: str | None = None, sheet: str | None = None) -> Proposal:
    """Look at a file and propose how to read it.

    Raises
    ------
    ImportRefused
        If it cannot be read, or no line of it looks like the header of a table.
    """
    layout = _find_table(path, read_heads(path, delimiter=delimiter, sheet=sheet))
    with open_rows(layout) as rows:
        sample = [row for row in islice(rows, SAMPLE) if len(row.cells) >= len(layout.columns)]
    proposal = Proposal(path, layout.columns, [list(row.cells) for row in sample[:SHOWN]])
    if layout.sheet is not None:
        proposal._say("sheet", layout.sheet, N_("the first sheet with a table"))
    elif delimiter is not None:
        proposal._say("delimiter", delimiter, N_("as said"))
    _propose_values(proposal, layout, sample)
    _propose_times(proposal, layout, sample)
    _propose_device(proposal, layout, sample)
    return proposal


def _find_table(path: Path, heads: Sequence[Head]) -> Layout:
    """Find the line that names columns and is followed by a line as wide that holds numbers."""
    best: tuple[int, Layout] | None = None
    for head in heads:
        for delimiter, lines in head.readings.items():
            for number, columns in enumerate(lines[: HEADER_WITHIN - 1]):
                below = next((line for line in lines[number + 1 :] if any(line)), ())
                if _is_header(columns, below) and (best is None or len(columns) > best[0]):
                    best = len(columns), Layout(path, head.encoding, delimiter, number, columns, sheet=head.sheet)
    if best is None:
        raise ImportRefused(f"no line of {path.name} looks like the header of a table with a time and values")
    return best[1]


def _is_header(columns: Sequence[str], below: Sequence[str]) -> bool:
    named = [cell for cell in columns if cell]
    are_words = sum(any(letter.isalpha() for letter in cell) and not _is_number(cell) for cell in named)
    return (
        len(named) >= 2
        and are_words > len(named) / 2
        and len(below) >= len(columns)
        and sum(map(_is_number, below)) >= 1
        and sum(map(_is_number, named)) == 0
    )


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"\s*[+-]?[0-9]+([.,][0-9]+)?\s*", text))


def _propose_values(proposal: Proposal, layout: Layout, sample: Sequence[Row]) -> None:
    ph = next(_columns_with(layout, _PH, unless=_NOT_A_VALUE), None)
    if ph is not None and 0 <= _middle(layout, sample, ph, 7.0) <= 14:
        proposal._say("ph_column", ph, N_("its name says pH, and its values lie between 0 and 14"))
    _propose_ec(proposal, layout, sample)
    for words in _WATER:
        column = next(_columns_with(layout, words, unless=f"{_NOT_A_VALUE}|{_NOT_WATER}"), None)
        if column is None:
            continue
        if _middle(layout, sample, column, 20.0) > 45:
            left_out = N_("'%(column)s' is left out: its values look like °F, and °C are wanted")
            proposal.reasons["water_column"] = Saying(left_out, {"column": column})
        else:
            proposal._say("water_column", column, N_("its name says water or temperature"))
        break
    if not {"ph_column", "ec_column", "tds_column", "water_column"} & proposal.given.keys():
        proposal._ask("ph_column", N_("No column looks like pH, EC, TDS or water; name at least one."))


def _propose_ec(proposal: Proposal, layout: Layout, sample: Sequence[Row]) -> None:
    ec = next(_columns_with(layout, _EC, unless=_NOT_A_VALUE), None)
    tds = next(_columns_with(layout, _TDS, unless=_NOT_A_VALUE), None)
    if ec is not None:
        proposal._say("ec_column", ec, N_("its name says conductivity"))
        _propose_ec_unit(proposal, ec, _middle(layout, sample, ec, 1000.0))
    elif tds is not None:
        proposal._say("tds_column", tds, N_("its name says TDS or ppm"))
        scale = next((one for one in (500, 640, 700) if str(one) in tds), None)
        said = N_("its name says the scale") if scale else N_("assumed: the usual scale; look at the meter")
        proposal._say("tds_scale", scale or 500, said)


def _propose_ec_unit(proposal: Proposal, column: str, middle: float) -> None:
    said = N_("its name says so")
    if re.search(r"[uµμ] ?_?s", column, re.IGNORECASE):
        proposal._say("ec_unit", "uS/cm", said)
    elif re.search(r"\bm ?s ?/|ms_?cm|ds ?/? ?m", column, re.IGNORECASE):
        proposal._say("ec_unit", "mS/cm", said)
    elif _SURELY_MS_CM <= middle < _MAYBE_MS_CM:
        question = N_("'%(column)s' is about %(middle)s: a mountain brook in uS/cm, or the sea in mS/cm? (--ec-unit)")
        proposal._ask("ec_unit", question, column=column, middle=f"{middle:.3g}")
    else:
        unit = "mS/cm" if middle < _SURELY_MS_CM else "uS/cm"
        proposal._say("ec_unit", unit, N_("its values are about %(middle)s"), middle=f"{middle:.4g}")


def _propose_times(proposal: Proposal, layout: Layout, sample: Sequence[Row]) -> None:
    found = next((column for words in _TIMES for column in _columns_with(layout, rf"^({words})\b", unless="^$")), None)
    if found is None:
        found = next((column for column in layout.columns if column and _reads(layout, sample, (column,))), None)
    if found is None:
        proposal._ask("time_column", N_("Which column is the time? (--time)"))
        return
    columns: tuple[str, ...] = (found,)
    if not _reads(layout, sample, columns):
        date = next(_columns_with(layout, rf"^{_DATES}\b", unless="^$"), None)
        clock = next((one for one in _columns_with(layout, rf"^{_CLOCKS}\b", unless="^$") if one != date), None)
        if date and clock and _reads(layout, sample, (date, clock)):
            proposal._say("date_column", date, N_("the date stands in a column of its own"))
            columns = date, clock
    proposal._say("time_column", columns[-1], N_("its name says time, or its texts read as times"))
    _propose_format(proposal, layout, columns)
    _propose_zone(proposal, layout, sample, columns)


def _propose_format(proposal: Proposal, layout: Layout, columns: tuple[str, ...]) -> None:
    try:
        with open_rows(layout) as rows:
            whole = (row for row in rows if len(row.cells) >= len(layout.columns))
            how = detect(text for row in whole for text in time_texts([row], layout, columns))
    except ImportRefused as error:
        proposal.questions["time_format"] = Saying(f"{str(error)[:1].upper()}{str(error)[1:]}.")
    else:
        proposal.reasons["time_format"] = Saying(how.label)


def _propose_zone(proposal: Proposal, layout: Layout, sample: Sequence[Row], columns: tuple[str, ...]) -> None:
    texts = time_texts(sample[:50], layout, columns)
    words = _words(" ".join(columns)).split()
    named = next((zone for word, zone in _ZONES.items() if word in words), None)
    if texts and all(_OFFSET.search(text.strip()) for text in texts):
        proposal._say("time_zone", "UTC", N_("every time carries its own offset"))
    elif "since 1970" in str(proposal.reasons.get("time_format", "")):
        proposal._say("time_zone", "UTC", N_("seconds since 1970 are counted in UTC"))
    elif named is not None:
        proposal._say("time_zone", named, N_("the name of the column says so"))
    else:
        question = N_(
            "The times carry no offset: in which zone was the logger's clock? (--tz: UTC, Asia/Jakarta, -07:00)"
        )
        proposal._ask("time_zone", question)


def _propose_device(proposal: Proposal, layout: Layout, sample: Sequence[Row]) -> None:
    column = next((one for one in layout.columns if re.fullmatch(_DEVICES, _words(one))), None)
    if column is not None:
        names = {row.cells[layout.position(column)].strip() for row in sample}
        if names and all(map(is_name, names)):
            shown = ", ".join(sorted(names)[:4])
            proposal._say("device_column", column, N_("it names devices: %(names)s"), names=shown)
            return
    name = re.sub(r"[^a-z0-9]+", "-", proposal.path.stem.lower()).strip("-")[:63].strip("-")
    if re.fullmatch(DEVICE_NAME_PATTERN.strip("^$"), name):
        proposal._say("device", name, N_("the name of the file"))
    else:
        proposal._ask("device", N_("Whose log is it? (--device)"))


def _columns_with(layout: Layout, words: str, *, unless: str) -> Iterator[str]:
    """Give the columns whose names hold some words and none of some others; one that stands twice cannot be read."""
    for column in layout.columns:
        plain = _words(column)
        if re.search(words, plain) and not re.search(unless, plain) and layout.columns.count(column) == 1:
            yield column


def _words(column: str) -> str:
    return " ".join(re.findall(r"[a-z0-9µμ°]+", column.lower()))


def _reads(layout: Layout, sample: Sequence[Row], columns: tuple[str, ...]) -> bool:
    """Tell whether these texts are times, even if day and month cannot be told apart."""
    try:
        detect(iter(time_texts(sample, layout, columns)))
    except ImportRefused as error:
        return "day first or month first" in str(error)
    return True


def _middle(layout: Layout, sample: Sequence[Row], column: str, otherwise: float) -> float:
    texts = [row.cells[layout.position(column)] for row in sample]
    comma = layout.delimiter != "," and uses_decimal_comma(texts)
    values = to_numbers(texts, Nulls(), decimal_comma=comma).values
    known = values[values == values]
    return float(median(known)) if known.size else otherwise
