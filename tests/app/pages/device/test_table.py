"""The statistics as a table."""

from dataclasses import replace
from math import nan
from typing import Any

import pytest

from analytics.quantities import Quantity
from app.components import ConductivityUnit
from app.pages.device.statistics import Summary
from app.pages.device.table import statistics_table

PH = Summary(6.2, 6.25, 0.123, 5.9, 6.4, 0.75, 0.25, 0.0, 0.9876, 1440, 12)
EC = Summary(1400.0, 1390.0, 20.0, 1300.0, 1500.0, nan, nan, nan, 1.0, 1440, 0, median_is_exact=False)


def cells(table: Any, row: int) -> dict[str, Any]:
    """Give the cells of a row by their labels."""
    body = table.children[1]
    return {cell.to_plotly_json()["props"]["data-label"]: cell.children for cell in body.children[row].children[1:]}


@pytest.fixture
def summaries() -> dict[Quantity, Summary]:
    return {Quantity.PH: PH, Quantity.EC: EC, Quantity.WATER: PH}


def test_numbers_have_the_digits_that_the_probe_deserves(summaries: dict[Quantity, Summary]) -> None:
    row = cells(statistics_table(summaries, ConductivityUnit.PPM_500), 0)

    assert (row["Mean"], row["Median"], row["Std. deviation"]) == ("6.20", "6.25", "0.123")
    assert (row["Readings"], row["Left out"], row["Coverage"]) == ("1,440", "12", "98.8 %")


def test_conductivity_is_written_in_the_chosen_unit(summaries: dict[Quantity, Summary]) -> None:
    row = cells(statistics_table(summaries, ConductivityUnit.PPM_700), 1)

    assert (row["Mean"], row["Std. deviation"], row["Lowest"]) == ("980", "14.0", "910")


def test_a_median_out_of_hours_is_marked_as_about(summaries: dict[Quantity, Summary]) -> None:
    assert cells(statistics_table(summaries, ConductivityUnit.US_CM), 1)["Median"] == "≈ 1,390"


def test_what_nobody_can_say_is_a_dash(summaries: dict[Quantity, Summary]) -> None:
    row = cells(statistics_table(summaries, ConductivityUnit.US_CM), 1)

    assert (row["In range"], row["Below"], row["Above"]) == ("–", "–", "–")


def test_a_quantity_without_a_probe_is_said_to_be_not_measured(summaries: dict[Quantity, Summary]) -> None:
    absent = replace(PH, used=0, left_out=0, is_measured=False)

    table = statistics_table({**summaries, Quantity.PH: absent}, ConductivityUnit.US_CM)

    (_title, said) = table.children[1].children[0].children
    assert (said.children, said.colSpan) == ("not measured in this period", 11)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (1.0, "100 %"), (0.99999, "99.9 %"), (0.00001, "0.1 %"), (0.5, "50.0 %"), (nan, "–")],
)
def test_not_quite_all_is_not_all(summaries: dict[Quantity, Summary], share: float, text: str) -> None:
    table = statistics_table({**summaries, Quantity.PH: replace(PH, coverage=share)}, ConductivityUnit.US_CM)

    assert cells(table, 0)["Coverage"] == text
