"""A sample that holds something that is not a number."""

import math

from pi_reader.sample import Channel, Reason, Sample, finite


def test_what_is_not_a_number_has_no_value_and_a_reason():
    kept = finite(Sample(math.nan, 900.0, -math.inf))

    assert (kept.ph_mv, kept.ec_mv, kept.water_c) == (None, 900.0, None)
    assert kept.reasons == {Channel.PH_MV: Reason.READER_ERROR, Channel.WATER_C: Reason.READER_ERROR}


def test_a_sample_of_numbers_is_left_as_it_is():
    sample = Sample(1500.0, None, 21.5, reasons={Channel.EC_MV: Reason.RAIL})

    assert finite(sample) is sample


def test_the_server_is_told_of_values_from_samples_that_lay_far_apart():
    noise = {Channel.PH_MV: 5.1, Channel.EC_MV: 5.0}
    sample = Sample(1500.0, 900.0, None, reasons={Channel.WATER_C: Reason.SENSOR_CRC}, noise_mv=noise)

    assert sample.told() == {"ph_mv": "scattered", "water_c": "sensor-crc"}


def test_a_reason_outranks_the_noise_of_a_channel_without_a_value():
    sample = Sample(None, 900.0, 21.5, reasons={Channel.PH_MV: Reason.RAIL}, noise_mv={Channel.PH_MV: 80.0})

    assert sample.told() == {"ph_mv": "rail"}
