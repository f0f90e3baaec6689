"""The real w1thermsensor driver on a simulated device tree."""

from pathlib import Path

import pytest

from pi_reader.probes import ds18b20
from pi_reader.probes.ds18b20 import Ds18b20
from pi_reader.sample import Reason
from pi_reader.simulated.w1 import W1Tree

ONE, TWO = "0000000000a1", "0000000000a2"


@pytest.fixture
def tree(tmp_path: Path) -> W1Tree:
    return W1Tree(tmp_path / "devices")


def thermometer(tree: W1Tree, sensor_id: str | None = ONE) -> Ds18b20:
    return Ds18b20(sensor_id, devices=tree.root, retry_pause_s=0.0)


@pytest.mark.parametrize(
    ("celsius", "reported"), [(21.5, 21.5), (21.4, 21.375), (0.0, 0.0), (-10.125, -10.125), (24.95, 24.937)]
)
def test_temperature_comes_in_sixteenths_of_a_degree(tree: W1Tree, celsius: float, reported: float) -> None:
    tree.put(ONE, celsius)

    # The kernel reports thousandths, cut off: 24.9375 becomes 24937.
    assert thermometer(tree).read().value == pytest.approx(reported, abs=0.001)


def test_each_thermometer_reads_its_own_sensor(tree: W1Tree) -> None:
    tree.put(ONE, 20.0)
    tree.put(TWO, 25.0)

    assert (thermometer(tree, ONE).read().value, thermometer(tree, TWO).read().value) == (20.0, 25.0)


def test_without_an_id_the_first_sensor_is_taken(tree: W1Tree) -> None:
    tree.put(TWO, 23.0)

    assert thermometer(tree, None).read().value == 23.0


def test_two_trees_in_one_process_stay_apart(tmp_path: Path) -> None:
    first, second = W1Tree(tmp_path / "a"), W1Tree(tmp_path / "b")
    first.put(ONE, 18.0)
    second.put(ONE, 28.0)

    assert (thermometer(first).read().value, thermometer(second).read().value) == (18.0, 28.0)
    assert str(ds18b20.W1ThermSensor.BASE_DIRECTORY) == "/sys/bus/w1/devices"


def test_damaged_answer_is_null_with_its_reason(tree: W1Tree) -> None:
    tree.put_damaged(ONE, 21.0)

    assert (thermometer(tree).read().value, thermometer(tree).read().reason) == (None, Reason.SENSOR_CRC)


def test_half_written_answer_is_null_with_its_reason(tree: W1Tree) -> None:
    tree.put(ONE, 21.0)
    (tree.root / f"28-{ONE}" / "w1_slave").write_text("5a 01 4b 46 7f ff 0c 10 d8 : crc=d8 YES\n")

    assert thermometer(tree).read().reason is Reason.SENSOR_CRC


def test_power_on_value_is_never_a_temperature(tree: W1Tree) -> None:
    tree.put_power_on_value(ONE)

    assert (thermometer(tree).read().value, thermometer(tree).read().reason) == (None, Reason.SENSOR_RESET)


def test_missing_sensor_is_null_with_its_reason(tree: W1Tree) -> None:
    assert (thermometer(tree).read().value, thermometer(tree).read().reason) == (None, Reason.SENSOR_ABSENT)


def test_missing_device_tree_is_a_missing_sensor(tmp_path: Path) -> None:
    nowhere = Ds18b20(None, devices=tmp_path / "nowhere", retry_pause_s=0.0)

    assert nowhere.read().reason is Reason.SENSOR_ABSENT


def test_sensor_that_leaves_and_returns_is_read_again(tree: W1Tree) -> None:
    tree.put(ONE, 21.0)
    sensor = thermometer(tree)
    sensor.read()

    tree.remove(ONE)
    gone = sensor.read()
    tree.put(ONE, 22.0)

    assert (gone.value, sensor.read().value) == (None, 22.0)


def test_checksum_is_the_one_of_the_1_wire_bus(tree: W1Tree) -> None:
    # The line that a real DS18B20 gives at 23.125 °C.
    tree.put(ONE, 23.125)

    first_line = (tree.root / f"28-{ONE}" / "w1_slave").read_text().splitlines()[0]

    assert first_line == "72 01 4b 46 7f ff 0e 10 57 : crc=57 YES"


def test_what_a_broken_line_reads_as_is_never_a_temperature(tree: W1Tree) -> None:
    tree.put(ONE, -127.0)

    assert (thermometer(tree).read().value, thermometer(tree).read().reason) == (None, Reason.SENSOR_ABSENT)
