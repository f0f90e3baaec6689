"""``POST /api/v1/readings`` from the token to the table."""

import gzip
import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from analytics.calibration import EcCalibration, PhCalibration, ec_from_mv, ph_from_mv
from models.db import session_scope
from models.read.fleet import fleet_frame
from models.read.readings import readings_frame
from models.write.calibrations import add_calibration
from models.write.devices import set_live

# The clock of the tests says 2026-11-23T00:30:00Z.
SENT_AT = "2026-11-23T00:30:00.000Z"


def reading(seq, ts="2026-11-23T00:29:50.000Z", **values):
    return {"seq": seq, "ts": ts, **(values or {"ph_mv": 1655.2, "ec_mv": 1210.4, "water_c": 21.44, "clock": "synced"})}


def batch(*readings, **envelope):
    return {"stream": "6f1c", "sent_at": SENT_AT, "dropped": 0, **envelope, "readings": list(readings)}


def stored(api, pi, *columns):
    with session_scope(api.engine) as session:
        return readings_frame(session, pi.record.id, columns=columns or ("ph", "ec_us_cm", "water_c", "quality"))


def counts(answer):
    body = answer.get_json()
    return {name: body[name] for name in ("accepted", "duplicates", "conflicts", "quarantined")}


def fetch(api, query):
    with api.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_batch_is_stored_and_answered(api, pi):
    answer = api.post(pi, batch(reading(1), reading(2, "2026-11-23T00:30:00.000Z")))

    assert answer.status_code == 200
    assert answer.get_json() == {
        "accepted": 2,
        "duplicates": 0,
        "conflicts": 0,
        "quarantined": 0,
        "rejected": [],
        "server_time": "2026-11-23T00:30:00.000Z",
        "skew_ms": 0,
        "config": {"name": "pi-7", "interval_s": 60},
    }
    frame = stored(api, pi)
    assert [str(ts) for ts in frame.index] == ["2026-11-23 00:29:50+00:00", "2026-11-23 00:30:00+00:00"]
    # Nominal Gravity boards: 7 - (1655.2 - 1500) / (177.48 * (294.59 / 298.15)); the TDS cubic at 1.2104 V is
    # 899.53, over 1 + 0.02 * (21.44 - 25).
    assert frame["ph"].tolist() == pytest.approx([6.11497, 6.11497], abs=1e-4)
    assert frame["ec_us_cm"].tolist() == pytest.approx([968.5, 968.5], abs=0.1)
    assert frame["water_c"].tolist() == [21.44, 21.44]
    assert frame["quality"].tolist() == [0x111, 0x111]


def test_millivolts_are_converted_by_the_calibration_valid_at_their_time(api, pi):
    with session_scope(api.engine) as session:
        for hours, slope in ((48, -170.0), (1, -160.0)):
            parameters = {"ph7_mv": 1500.0, "slope_mv_per_ph": slope, "temperature_c": 25.0}
            valid_from = api.now - timedelta(hours=hours)
            add_calibration(session, pi.record.id, "ph", "two-point", parameters, valid_from=valid_from)

    api.post(
        pi,
        batch(
            reading(1, "2026-11-20T00:00:00Z", ph_mv=1670.0, water_c=25.0),
            reading(2, "2026-11-22T23:29:59.999Z", ph_mv=1670.0, water_c=25.0),
            reading(3, "2026-11-22T23:30:00Z", ph_mv=1670.0, water_c=25.0),
        ),
    )

    frame = stored(api, pi, "ph", "ph_calibration_id")
    # 7 - 170 / 177.48, 7 - 170 / 170 and 7 - 170 / 160.
    assert frame["ph"].tolist() == pytest.approx([6.042146, 6.0, 5.9375], abs=1e-6)
    first, second, third = frame["ph_calibration_id"]
    assert first == 0
    assert 0 < second < third


def test_finished_values_are_kept_as_sent(api, pi):
    api.post(pi, batch(reading(1, ph=6.08, tds_ppm=812, tds_scale=500, water_c=21.44)))

    row = stored(api, pi, "ph", "ec_us_cm", "ph_sent", "ec_sent").iloc[0]
    assert row.tolist() == [6.08, 1624.0, 6.08, 1624.0]


def test_millivolts_win_over_finished_values(api, pi):
    api.post(pi, batch(reading(1, ph_mv=1500.0, ph=4.0, water_c=25.0)))

    assert stored(api, pi, "ph", "ph_sent").iloc[0].tolist() == [7.0, 4.0]


def test_a_bare_reading_is_accepted(api, pi):
    answer = api.post(pi, {"ts": "2026-11-23T00:29:00Z", "ph": 6.1})

    assert (answer.status_code, counts(answer)["accepted"]) == (200, 1)
    assert answer.get_json()["skew_ms"] is None


def test_offsets_and_milliseconds_come_back_exactly(api, pi):
    for seq, ts in enumerate(
        ["2026-11-23T07:00:00.001+07:00", "2026-11-23T05:45:00.002+05:45", "2026-11-22T20:30:00.003-03:30"]
    ):
        api.post(pi, batch(reading(seq, ts, ph=6.0)))

    assert [ts.isoformat(timespec="milliseconds") for ts in stored(api, pi).index] == [
        "2026-11-23T00:00:00.001+00:00",
        "2026-11-23T00:00:00.002+00:00",
        "2026-11-23T00:00:00.003+00:00",
    ]


def test_a_batch_sent_three_times_is_stored_once(api, pi):
    body = batch(reading(1), reading(2, "2026-11-23T00:30:00.000Z"), reading(3, "2026-11-23T00:00:00Z", ph=None))

    answers = [counts(api.post(pi, body)) for _ in range(3)]

    nothing_else = {"conflicts": 0, "quarantined": 0}
    assert answers == [
        {"accepted": 3, "duplicates": 0, **nothing_else},
        {"accepted": 0, "duplicates": 3, **nothing_else},
        {"accepted": 0, "duplicates": 3, **nothing_else},
    ]
    assert len(stored(api, pi)) == 3


def test_the_first_of_two_contradicting_readings_stays(api, pi):
    api.post(pi, batch(reading(1, ph=6.0)))

    answer = api.post(pi, batch(reading(2, ph=6.5)))

    assert (answer.status_code, counts(answer)["conflicts"], counts(answer)["duplicates"]) == (200, 1, 0)
    assert stored(api, pi, "ph", "seq").iloc[0].tolist() == [6.0, 1]


def test_contradictions_inside_one_batch_are_settled_likewise(api, pi):
    answer = api.post(pi, batch(reading(1, ph=6.0), reading(2, ph=6.5), reading(3, ph=6.0)))

    assert counts(answer) == {"accepted": 1, "duplicates": 1, "conflicts": 1, "quarantined": 0}


def test_one_bad_reading_costs_only_itself(api, pi):
    body = batch(reading(415), reading(416, "2026-11-23T00:29:00Z", ph="6.1"), reading(417, "2026-11-23T00:28:00Z"))

    answer = api.post(pi, body)

    assert answer.status_code == 200
    (rejected,) = answer.get_json()["rejected"]
    assert {name: rejected[name] for name in ("index", "seq", "code", "pointer")} == {
        "index": 1,
        "seq": 416,
        "code": "ph-not-a-number",
        "pointer": "/readings/1/ph",
    }
    assert len(stored(api, pi)) == 2


def test_a_batch_without_any_acceptable_reading_is_unprocessable(api, pi):
    answer = api.post(pi, batch(reading(1, ph="6.1"), reading(2, ph=True)))

    body = answer.get_json()
    assert (answer.status_code, answer.content_type) == (422, "application/problem+json")
    assert body["type"] == "/api/v1/problems/no-reading-accepted"
    assert [one["seq"] for one in body["rejected"]] == [1, 2]
    assert counts(answer) == {"accepted": 0, "duplicates": 0, "conflicts": 0, "quarantined": 0}
    assert body["config"]["interval_s"] == 60


def test_an_empty_batch_is_a_sign_of_life(api, pi):
    answer = api.post(pi, batch(agent="1.2", interval_s=10))

    assert answer.status_code == 200
    assert fetch(api, "SELECT last_seen_at = '2026-11-23 00:30+00', ts, agent, interval_s FROM device_state") == [
        (True, None, "1.2", 10.0)
    ]


def test_contact_skew_and_newest_reading_are_remembered(api, pi):
    answer = api.post(
        pi, batch(reading(1, ph=6.0), reading(2, "2026-11-23T00:29:59Z", ph=6.2), sent_at="2026-11-23T00:29:59.880Z")
    )

    assert answer.get_json()["skew_ms"] == -120
    assert fetch(api, "SELECT ph, skew_ms, address FROM device_state") == [(6.2, -120, "127.0.0.1")]


def test_the_queue_and_what_it_dropped_are_remembered(api, pi):
    api.post(pi, batch(reading(1), dropped=3))
    api.post(pi, batch(reading(2, "2026-11-23T00:29:00Z"), stream="b2"))

    assert fetch(api, "SELECT number, name, dropped FROM streams ORDER BY number") == [(1, "6f1c", 3), (2, "b2", 0)]
    assert stored(api, pi, "stream", "seq", "clock").to_numpy().tolist() == [[2, 2, 1], [1, 1, 1]]


@pytest.mark.parametrize(
    ("ts", "reason"),
    [
        ("2026-11-23T00:35:00.001Z", "future"),
        ("9999-12-31T23:59:59Z", "future"),
        ("1970-01-01T00:00:00Z", "too-old"),
        ("0001-01-01T00:00:00Z", "too-old"),
        ("2019-12-31T23:59:59.999Z", "too-old"),
        ("2026-10-23T00:29:59.999Z", "before-device"),
    ],
)
def test_an_impossible_time_is_quarantined_with_its_reason(api, pi, ts, reason):
    body = batch(reading(1, ts, ph=6.0), reading(2))

    answers = [api.post(pi, body), api.post(pi, body)]

    assert [counts(one)["quarantined"] for one in answers] == [1, 1]
    assert fetch(api, "SELECT reason, reading ->> 'ph', reading ->> 'seq' FROM quarantine") == [(reason, "6.0", "1")]
    assert len(stored(api, pi)) == 1


def test_times_at_the_edge_of_the_possible_are_accepted(api, pi):
    answer = api.post(pi, batch(reading(1, "2026-11-23T00:35:00Z", ph=6.0), reading(2, "2026-10-23T00:30:00Z", ph=6.0)))

    assert counts(answer)["accepted"] == 2


def test_a_device_with_history_may_look_far_back(api):
    old = api.register("log-1", has_history=True)

    answer = api.post(old, batch(reading(1, "2012-01-01T00:00:00Z", ph=6.0), reading(2, "1989-12-31T23:59:59Z", ph=6)))

    assert counts(answer) == {"accepted": 1, "duplicates": 0, "conflicts": 0, "quarantined": 1}


def test_a_quarantined_batch_is_not_unprocessable(api, pi):
    answer = api.post(pi, batch(reading(1, "1970-01-01T00:00:00Z", ph=6.0)))

    assert (answer.status_code, counts(answer)["quarantined"]) == (200, 1)


def test_every_reading_is_counted_exactly_once(api, pi):
    api.post(pi, batch(reading(1, ph=6.0)))
    items = [
        reading(1, ph=6.0),
        reading(2, ph=7.0),
        reading(3, "2026-11-23T00:29:00Z"),
        reading(4, "2026-11-23T00:29:00Z"),
        reading(5, "1970-01-01T00:00:00Z"),
        reading(6, "soon"),
        reading(7, "2026-11-23T00:28:00Z", ph=[]),
        None,
    ]

    body = api.post(pi, batch(*items)).get_json()

    assert (body["accepted"], body["duplicates"], body["conflicts"], body["quarantined"]) == (1, 2, 1, 1)
    assert [one["index"] for one in body["rejected"]] == [5, 6, 7]


def test_ten_thousand_readings_are_one_batch(api, pi):
    start = api.now - timedelta(days=20)
    items = [
        {"seq": seq, "ts": (start + timedelta(seconds=60 * seq)).isoformat(), "ph_mv": 1600 + seq % 50, "water_c": 22}
        for seq in range(10_000)
    ]

    answers = [counts(api.post_gzip(pi, batch(*items))) for _ in range(2)]

    assert [one["accepted"] for one in answers] == [10_000, 0]
    assert [one["duplicates"] for one in answers] == [0, 10_000]
    assert len(stored(api, pi)) == 10_000


def test_touched_hours_are_marked_for_recomputation(api, pi):
    api.post(pi, batch(reading(1), reading(2, "2026-11-22T23:00:00Z"), reading(3, "2026-11-22T23:59:00Z")))

    assert fetch(api, "SELECT hour::text FROM dirty_hours ORDER BY hour") == [
        ("2026-11-22 23:00:00+00",),
        ("2026-11-23 00:00:00+00",),
    ]


def test_a_damaged_gzip_body_is_a_bad_request_and_stores_nothing(api, pi):
    packed = gzip.compress(json.dumps(batch(reading(1))).encode())

    answer = api.post(pi, packed[:-4], Content_Encoding="gzip")

    assert (answer.status_code, answer.get_json()["type"]) == (400, "/api/v1/problems/malformed-gzip")
    assert len(stored(api, pi)) == 0


def test_a_device_writes_only_its_own_series(api, pi):
    other = api.register("pi-8")

    api.post(pi, batch({**reading(1), "device_id": other.record.id, "device": "pi-8", "name": "pi-8"}))

    assert (len(stored(api, pi)), len(stored(api, other))) == (1, 0)


def test_what_is_stored_follows_exactly_from_what_is_kept_as_sent(api, pi):
    # 1655.2 is no 32-bit number; the millivolts are kept in 32 bits, and pH is computed from those.
    api.post(pi, batch(reading(1, ph_mv=1655.2, ec_mv=1210.4, water_c=21.44)))

    row = stored(api, pi, "ph", "ec_us_cm", "ph_mv", "ec_mv", "water_c").iloc[0]
    assert row["ph_mv"] != 1655.2
    assert row["ph"] == ph_from_mv(row["ph_mv"], row["water_c"], PhCalibration())
    assert row["ec_us_cm"] == ec_from_mv(row["ec_mv"], row["water_c"], EcCalibration())


def test_a_device_in_live_mode_is_told_how_long_and_its_readings_are_kept_out(api, pi):
    with session_scope(api.engine) as session:
        set_live(session, pi.record.id, api.now - timedelta(minutes=1), api.now + timedelta(minutes=14))

    during = api.post(pi, batch(reading(1, "2026-11-23T00:29:30Z", ph=6.0, water_c=22.0), interval_s=1)).json["config"]
    before = api.post(pi, batch(reading(2, "2026-11-23T00:28:00Z", ph=6.0, water_c=22.0)))
    api.now += timedelta(minutes=15)
    after = api.post(pi, batch(reading(3, "2026-11-23T00:44:59Z", ph=6.0, water_c=22.0))).json["config"]

    assert during == {
        "name": "pi-7",
        "interval_s": 1,
        "live_until": "2026-11-23T00:44:00.000Z",
        "live_for_s": 840.0,
        "usual_interval_s": 60,
    }
    assert before.status_code == 200
    assert after == {"name": "pi-7", "interval_s": 60}
    quality = stored(api, pi, "quality")["quality"].tolist()
    # pH suspect while somebody handles the probes; the water is what it is.
    assert [(one & 15, one >> 8 & 15) for one in quality] == [(1, 1), (3, 1), (1, 1)]
    with session_scope(api.engine) as session:
        assert fleet_frame(session, now=api.now)["interval_s"].tolist() == [60.0]
