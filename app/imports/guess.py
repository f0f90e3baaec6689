"""What a file probably says: a proposal for a person to confirm, each part with its reason."""

import re
from collections.abc import Iterator, Sequence
from itertools import islice, takewhile
from math import nan
from pathlib import Path
from statistics import median

from app.i18n import N_
from app.imports.chunks import time_texts
from app.imports.header_words import (
    CLOCKS,
    DATES,
    DEVICES,
    EC,
    NOT_A_VALUE,
    NOT_WATER,
    PH,
    TDS,
    TIMES,
    WATER,
    ec_unit_in,
    is_fahrenheit,
    plain,
    tds_scale_in,
    zone_in,
)
from app.imports.layout import HEADER_WITHIN, Head, Layout, Row, open_rows, read_heads
from app.imports.numbers import Nulls, to_numbers, uses_decimal_comma
from app.imports.proposal import Proposal
from app.imports.request import EC_UNITS, ImportRefused
from app.imports.times import detect
from app.saying import Saying
from models.names import is_name

#: Lines of data that are looked at.
SAMPLE = 500
#: Lines of data that are shown.
SHOWN = 5

_OFFSET = re.compile(r"[0-9]:[0-9]{2}(:[0-9]{2}([.,][0-9]+)?)?\s*(Z|[+-][0-9]{2}:?[0-9]{2})$")
# A row of units may stand between the header and the first line of values.
_BELOW = 3
# What a name may say without being doubted, in µS/cm: from rain to brine.
_LEAST_EC, _MOST_EC = 5.0, 250_000.0
# Below the first, conductivity is in mS/cm: no water that plants or fish live in has as little in µS/cm. Up to the
# second it may be that of the sea in mS/cm, or that of a mountain brook in µS/cm.
_SURELY_MS_CM, _MAYBE_MS_CM = 20.0, 70.0


def propose(path: Path, *, delimiter: str | None = None, sheet: str | None = None) -> Proposal:
    """Look at a file and propose how to read it.

    Raises
    ------
    ImportRefused
        If it cannot be read, or no line of it looks like the header of a table.
    """
    heads = read_heads(path, delimiter=delimiter)
    sheets = tuple(head.sheet for head in heads if head.sheet is not None)
    asked = heads if sheet is None else [head for head in heads if head.sheet == sheet]
    layout = _find_table(path, asked or read_heads(path, sheet=sheet))
    with open_rows(layout) as rows:
        sample = [row for row in islice(rows, SAMPLE) if len(row.cells) >= len(layout.columns)]
    proposal = Proposal(path, layout.columns, [list(row.cells) for row in sample[:SHOWN]], sheets)
    if layout.sheet is not None:
        proposal.say("sheet", layout.sheet, N_("the sheet with the widest table") if sheet is None else N_("as said"))
    elif delimiter is not None:
        proposal.say("delimiter", delimiter, N_("as said"))
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
                below = list(islice((line for line in lines[number + 1 :] if any(line)), _BELOW))
                if _is_header(columns, below) and (best is None or len(columns) > best[0]):
                    best = len(columns), Layout(path, head.encoding, delimiter, number, columns, sheet=head.sheet)
    if best is None:
        said = N_("no line of %(file)s looks like the header of a table with a time and values")
        raise ImportRefused(said, file=path.name)
    return best[1]


def _is_header(columns: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    named = [cell for cell in columns if cell]
    are_words = sum(any(letter.isalpha() for letter in cell) and not _is_number(cell) for cell in named)
    return (
        len(named) >= 2
        and are_words > len(named) / 2
        and not any(map(_is_number, named))
        and any(len(line) >= len(columns) and any(map(_is_number, line)) for line in below)
    )


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"\s*[+-]?[0-9]+([.,][0-9]+)?\s*", text))


def _propose_values(proposal: Proposal, layout: Layout, sample: Sequence[Row]) -> None:
    ph = next(_columns_with(layout, PH, unless=NOT_A_VALUE), None)
    if ph is not None and not (_middle(layout, sample, ph) < 0 or _middle(layout, sample, ph) > 14):
        proposal.say("ph_column", ph, N_("its name says pH, and its values lie between 0 and 14"))
    _propose_ec(proposal, layout, sample)
    for words in WATER:
        column = next(_columns_with(layout, words, unless=f"{NOT_A_VALUE}|{NOT_WATER}"), None)
        if column is None:
            continue
        if is_fahrenheit(_said(layout, sample, column)) or _middle(layout, sample, column) > 45:
            left_out = N_("'%(column)s' is left out: it looks like °F, and °C are wanted")
            proposal.reasons["water_column"] = Saying(left_out, {"column": column})
        else:
            proposal.say("water_column", column, N_("its name says water or temperature"))
        break
    if not {"ph_column", "ec_column", "tds_column", "water_column"} & proposal.given.keys():
        proposal.ask("ph_column", N_("No column looks like pH, EC, TDS or water; name at least one."))


def _propose_ec(proposal: Proposal, layout: Layout, sample: Sequence[Row]) -> None:
    ec = next(_columns_with(layout, EC, unless=NOT_A_VALUE), None)
    tds = next(_columns_with(layout, TDS, unless=NOT_A_VALUE), None)
    if ec is not None:
        proposal.say("ec_column", ec, N_("its name says conductivity"))
        _propose_ec_unit(proposal, ec, ec_unit_in(_said(layout, sample, ec)), _middle(layout, sample, ec))
    elif tds is not None:
        proposal.say("tds_column", tds, N_("its name says TDS or ppm"))
        scale = tds_scale_in(_said(layout, sample, tds))
        if scale is not None:
            proposal.say("tds_scale", scale, N_("its name says the scale"))
        else:
            question = N_("On which scale does the meter count ppm: 500, 640 or 700? Look at it. (--tds-scale)")
            proposal.ask("tds_scale", question)


def _propose_ec_unit(proposal: Proposal, column: str, unit: str | None, middle: float) -> None:
    told = {"column": column, "middle": f"{middle:.4g}", "unit": unit}
    if unit is not None and not (middle * EC_UNITS[unit] < _LEAST_EC or middle * EC_UNITS[unit] > _MOST_EC):
        proposal.say("ec_unit", unit, N_("its name says so"))
    elif unit is not None:
        proposal.ask("ec_unit", N_("'%(column)s' says %(unit)s, but is about %(middle)s. (--ec-unit)"), **told)
    elif middle < _SURELY_MS_CM:
        proposal.say("ec_unit", "mS/cm", N_("its values are about %(middle)s"), **told)
    elif middle >= _MAYBE_MS_CM:
        proposal.say("ec_unit", "uS/cm", N_("its values are about %(middle)s"), **told)
    else:
        question = N_("'%(column)s' is about %(middle)s: a mountain brook in uS/cm, or the sea in mS/cm? (--ec-unit)")
        proposal.ask("ec_unit", question, **told)


def _said(layout: Layout, sample: Sequence[Row], column: str) -> str:
    """Give the name of a column with what stands below it before the first number: its unit, perhaps."""
    cells = [row.cells[layout.position(column)].strip() for row in sample[:_BELOW]]
    return " ".join([column, *takewhile(lambda cell: not _is_number(cell), cells)])


def _propose_times(proposal: Proposal, layout: Layout, sample: Sequence[Row]) -> None:
    found = next((column for words in TIMES for column in _columns_with(layout, rf"^({words})\b", unless="^$")), None)
    if found is None:
        found = next((column for column in layout.columns if column and _reads(layout, sample, (column,))), None)
    if found is None:
        proposal.ask("time_column", N_("Which column is the time? (--time)"))
        return
    columns: tuple[str, ...] = (found,)
    date = next(_columns_with(layout, rf"^{DATES}\b", unless="^$"), None)
    clock = next((one for one in _columns_with(layout, rf"^{CLOCKS}\b", unless="^$") if one != date), None)
    if date and clock and found in (date, clock) and _reads(layout, sample, (date, clock)):
        proposal.say("date_column", date, N_("the date stands in a column of its own"))
        columns = date, clock
    proposal.say("time_column", columns[-1], N_("its name says time, or its texts read as times"))
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
    named = zone_in(" ".join(columns))
    if texts and all(_OFFSET.search(text.strip()) for text in texts):
        proposal.say("time_zone", "UTC", N_("every time carries its own offset"))
    elif "since 1970" in str(proposal.reasons.get("time_format", "")):
        proposal.say("time_zone", "UTC", N_("seconds since 1970 are counted in UTC"))
    elif named is not None:
        proposal.say("time_zone", named, N_("the name of the column says so"))
    else:
        question = N_(
            "The times carry no offset: in which zone was the logger's clock? (--tz: UTC, Asia/Jakarta, -07:00)"
        )
        proposal.ask("time_zone", question)


def _propose_device(proposal: Proposal, layout: Layout, sample: Sequence[Row]) -> None:
    column = next((one for one in layout.columns if re.fullmatch(DEVICES, plain(one))), None)
    names = set() if column is None else {row.cells[layout.position(column)].strip() for row in sample} - {""}
    shown = ", ".join(sorted(names)[:4])
    if names and all(map(is_name, names)):
        proposal.say("device_column", column, N_("it names devices: %(names)s"), names=shown)
        return
    if len(names) > 1:
        question = N_("'%(column)s' names %(names)s: devices are called like pi-1 here. Whose log is it? (--device)")
        proposal.ask("device", question, column=column, names=shown)
        return
    name = re.sub(r"[^a-z0-9]+", "-", proposal.path.stem.lower()).strip("-")[:63].strip("-")
    if is_name(name):
        proposal.say("device", name, N_("the name of the file"))
    else:
        proposal.ask("device", N_("Whose log is it? (--device)"))


def _columns_with(layout: Layout, words: str, *, unless: str) -> Iterator[str]:
    """Give the columns whose names hold some words and none of some others; one that stands twice cannot be read."""
    for column in layout.columns:
        words_of_it = plain(column)
        if re.search(words, words_of_it) and not re.search(unless, words_of_it) and layout.columns.count(column) == 1:
            yield column


def _reads(layout: Layout, sample: Sequence[Row], columns: tuple[str, ...]) -> bool:
    """Tell whether these texts are times, even if day and month cannot be told apart."""
    try:
        detect(iter(time_texts(sample, layout, columns)))
    except ImportRefused as error:
        return "day first or month first" in str(error)
    return True


def _middle(layout: Layout, sample: Sequence[Row], column: str) -> float:
    """Give the median of the numbers of a column; NaN if there is none, which no comparison holds for."""
    texts = [row.cells[layout.position(column)] for row in sample]
    comma = layout.delimiter != "," and uses_decimal_comma(texts)
    values = to_numbers(texts, Nulls(), decimal_comma=comma).values
    known = values[values == values]
    return float(median(known)) if known.size else nan
