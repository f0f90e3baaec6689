import pytest
from sqlalchemy.orm import Session

from models.errors import DeviceNameInvalid, DeviceNameTaken, SerialTaken
from models.names import expand_names, natural_key
from models.read.devices import find_device, list_devices, neighbours
from models.write.devices import register_device, register_devices


def test_pi_2_comes_before_pi_10():
    names = ["pi-10", "pi-2", "gh3-pi-1", "pi-1", "gh10-pi-1"]

    ordered = sorted(names, key=natural_key)

    assert ordered == ["gh3-pi-1", "gh10-pi-1", "pi-1", "pi-2", "pi-10"]


def test_a_range_is_written_out():
    assert expand_names("pi-9..pi-11") == ["pi-9", "pi-10", "pi-11"]


def test_a_range_may_leave_out_the_second_prefix_and_keeps_leading_zeros():
    assert expand_names("pi-08..10") == ["pi-08", "pi-09", "pi-10"]


def test_ninety_nine_pis_are_ninety_nine_names():
    names = expand_names("pi-1..pi-99")

    assert (len(names), names[0], names[-1]) == (99, "pi-1", "pi-99")


def test_a_list_keeps_its_order_and_drops_repetitions():
    assert expand_names("pi-3, pi-1..pi-3") == ["pi-3", "pi-1", "pi-2"]


@pytest.mark.parametrize("text", ["pi-9..pi-1", "pi-1..gh-3", "pi-1..pi-20000", "Pi-1", "pi_1", "-pi", "", "pi..pj"])
def test_a_name_that_cannot_stand_in_a_url_is_refused(text: str):
    with pytest.raises(DeviceNameInvalid):
        expand_names(text)


def test_registering_twice_is_refused_by_name(session: Session, now):
    register_device(session, "pi-7", now=now)

    with pytest.raises(DeviceNameTaken, match="pi-7"):
        register_device(session, "pi-7", now=now)

    assert find_device(session, "pi-7") is not None


def test_one_board_cannot_be_two_devices(session: Session, now):
    register_device(session, "pi-7", serial="10000000a1b2c3d4", now=now)

    with pytest.raises(SerialTaken, match="10000000a1b2c3d4"):
        register_device(session, "pi-8", serial="10000000a1b2c3d4", now=now)


def test_registering_a_fleet_again_changes_nothing(session: Session, now):
    first = register_devices(session, expand_names("pi-1..pi-12"), site="North", now=now)

    again = register_devices(session, expand_names("pi-1..pi-12"), site="South", now=now)

    assert again == first
    assert [record.name for record in list_devices(session)][-3:] == ["pi-10", "pi-11", "pi-12"]


def test_the_neighbours_of_a_device_follow_the_natural_order(session: Session, now):
    register_devices(session, ["pi-1", "pi-2", "pi-10"], now=now)

    assert neighbours(session, "pi-2") == ("pi-1", "pi-10")
    assert neighbours(session, "pi-1") == (None, "pi-2")
    assert neighbours(session, "pi-10") == ("pi-2", None)
    assert neighbours(session, "pi-99") == (None, None)
