"""The reader's unit of conductivity."""

import numpy as np
import pytest

from app.components import ConductivityUnit


@pytest.mark.parametrize(
    ("unit", "value", "label", "symbol", "quantity"),
    [
        ("ppm500", 707.0, "ppm (500)", "ppm", "TDS"),
        ("ppm640", 904.96, "ppm (640)", "ppm", "TDS"),
        ("ppm700", 989.8, "ppm (700)", "ppm", "TDS"),
        ("ms-cm", 1.414, "mS/cm", "mS/cm", "EC"),
        ("us-cm", 1414.0, "µS/cm", "µS/cm", "EC"),
    ],
)
def test_each_unit_converts_and_names_its_scale(unit: str, value: float, label: str, symbol: str, quantity: str):
    chosen = ConductivityUnit(unit)

    assert chosen.from_ec(1414.0) == pytest.approx(value)
    assert (chosen.label, chosen.symbol, chosen.quantity) == (label, symbol, quantity)


def test_arrays_keep_their_gaps():
    converted = ConductivityUnit.PPM_700.from_ec(np.array([1000.0, np.nan]))

    np.testing.assert_allclose(converted, [700.0, np.nan])


@pytest.mark.parametrize("value", [None, "", "ppm442", "<script>"])
def test_an_unknown_choice_means_ppm_on_the_servers_scale(value: str | None):
    assert ConductivityUnit.of(value, 640) is ConductivityUnit.PPM_640


def test_a_known_choice_stands():
    assert ConductivityUnit.of("ms-cm", 500) is ConductivityUnit.MS_CM
