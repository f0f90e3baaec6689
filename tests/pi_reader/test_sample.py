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
