"""What is missing from a history is told exactly."""

from datetime import timedelta

import pytest

SECOND = timedelta(seconds=1)
LOST = (3, 4, 17, 50, 51, 52, 98)


@pytest.fixture
def reader(api):
    api.is_person = True
    return api


def post_seqs(api, pi, seqs, stream="q1"):
    items = [{"seq": seq, "ts": (api.now - (200 - seq) * 10 * SECOND).isoformat(), "ph": 6.0} for seq in seqs]
    assert api.post(pi, {"stream": stream, "readings": items}).get_json()["accepted"] == len(items)


def gaps(api, query=""):
    return api.client.get(f"/api/v1/devices/pi-7/gaps{query}").get_json()


def listed(body):
    return [seq for one in body["missing"] for seq in range(one["first_seq"], one["last_seq"] + 1)]


def test_exactly_the_lost_numbers_are_listed(reader, pi):
    post_seqs(reader, pi, [seq for seq in range(1, 101) if seq not in LOST])

    body = gaps(reader)

    assert listed(body) == list(LOST)
    assert [one["missing"] for one in body["missing"]] == [2, 1, 3, 1]
    assert body["missing"][0] == {
        "stream": "q1",
        "first_seq": 3,
        "last_seq": 4,
        "missing": 2,
        "dropped": 0,
        "after": "2026-11-22T23:57:00.000Z",
        "before": "2026-11-22T23:57:30.000Z",
    }


def test_numbers_that_come_late_are_no_longer_missing(reader, pi):
    post_seqs(reader, pi, [seq for seq in range(1, 101) if seq not in LOST])
    post_seqs(reader, pi, [50, 52, 98])

    assert listed(gaps(reader)) == [3, 4, 17, 51]


def test_each_queue_of_a_device_counts_for_itself(reader, pi):
    post_seqs(reader, pi, [1, 2, 4], stream="old")
    post_seqs(reader, pi, [101, 103], stream="new")

    assert [(one["stream"], one["first_seq"]) for one in gaps(reader)["missing"]] == [("old", 3), ("new", 102)]


def test_pages_join_without_loss_or_repetition(reader, pi):
    post_seqs(reader, pi, range(1, 100, 2))

    found, cursor = [], ""
    while cursor is not None:
        body = gaps(reader, f"?limit=7{cursor}")
        found += listed(body)
        cursor = body["next"] and f"&cursor={body['next']}"

    assert found == list(range(2, 99, 2))


def test_a_gap_at_the_beginning_of_a_span_is_seen(reader, pi):
    post_seqs(reader, pi, [1, 2, 5, 6])

    body = gaps(reader, "?start=2026-11-22T23:57:30Z")

    assert listed(body) == [3, 4]


def test_silences_are_told_with_their_length_and_the_last_one_while_it_lasts(reader, pi):
    post_seqs(reader, pi, [1, 2, 62, 63])

    assert gaps(reader)["silences"] == [
        {"after": "2026-11-22T23:57:00.000Z", "before": "2026-11-23T00:07:00.000Z", "seconds": 600.0},
        {"after": "2026-11-23T00:07:10.000Z", "before": None, "seconds": 1370.0},
    ]


def test_a_device_that_never_sent_anything_has_no_gaps(reader, pi):
    body = gaps(reader)

    assert (body["missing"], body["silences"], body["next"]) == ([], [], None)


def test_a_device_that_is_not_there_is_unknown(reader, pi):
    assert reader.client.get("/api/v1/devices/pi-8/gaps").status_code == 404
