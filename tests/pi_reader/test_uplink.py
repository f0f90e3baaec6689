"""Delivery against a real HTTP server that loses answers, refuses, overloads and lies."""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from pi_reader.backoff import FullJitter
from pi_reader.clock import Clock, Stamp, Trust
from pi_reader.outbox import Outbox
from pi_reader.sample import Sample
from pi_reader.transport import Transport, tls_trust
from pi_reader.uplink import NOTHING_TO_SEND, Uplink, UplinkParts

#: 2026-11-23T08:00:00Z
T0 = 1_795_420_800_000
TOKEN = "hfd_0a1b2c3d_" + "x" * 43


class FixedClock(Clock):
    """A clock whose trust the test decides; time since boot starts at one minute."""

    def __init__(self, trust: Trust | None = Trust.SYNCED) -> None:
        super().__init__(trusted=True)
        self.boot_id = "boot-1"
        self.stamp = Stamp("boot-1", 60_000, T0, trust)
        self.own = T0

    def now(self) -> Stamp:
        return self.stamp

    def own_ms(self) -> int:
        return self.own

    def learn(self, server_ms: int, at: Stamp) -> None:
        if self.stamp.trust is None:
            self.stamp = Stamp("boot-1", at.boot_ms, server_ms, Trust.CORRECTED)


class Link:
    """An outbox, its uplink and the server it talks to."""

    def __init__(self, server: Any, outbox: Outbox, *, batch: int = 500, clock: Clock | None = None) -> None:
        self.server = server
        self.outbox = outbox
        self.configs: list[dict[str, Any]] = []
        self.transport = Transport(server.url, TOKEN, tls_trust(server.url, None), serial="10000000abcdef12")
        parts = UplinkParts(outbox, clock or FixedClock(), self.transport, FullJitter(random.Random(1)))
        self.uplink = Uplink(parts, batch=batch, interval_s=lambda: 10.0, apply_config=self.configs.append)

    def fill(self, count: int, *, first: int = 0) -> None:
        for number in range(first, first + count):
            self.outbox.append(
                Sample(1500.0 + number, 1210.5, 21.4375), Stamp("b", 0, T0 + number * 10_000, Trust.SYNCED)
            )

    def attempts(self, most: int = 60) -> list[float]:
        """Try until there is nothing to send or a wait is asked for."""
        waits: list[float] = []
        while len(waits) < most and (not waits or waits[-1] == 0.0):
            waits.append(self.uplink.attempt())
        return waits

    def sent_seqs(self, batch: int = -1) -> list[int]:
        return [reading["seq"] for reading in self.server.batches[batch]["readings"]]


@pytest.fixture
def link(server: Any, outbox: Outbox) -> Iterator[Link]:
    made = Link(server, outbox)
    yield made
    made.transport.close()


def test_batch_has_the_agreed_form(link: Link) -> None:
    link.fill(1)

    link.uplink.attempt()

    assert link.server.batches == [
        {
            "stream": link.outbox.stream,
            "sent_at": "2026-11-23T08:00:00.000Z",
            "dropped": 0,
            "agent": "1.0.0",
            "interval_s": 10.0,
            "readings": [
                {
                    "seq": 1,
                    "ts": "2026-11-23T08:00:00.000Z",
                    "ph_mv": 1500.0,
                    "ec_mv": 1210.5,
                    "water_c": 21.4375,
                    "clock": "synced",
                }
            ],
        }
    ]
    headers = link.server.request_headers[0]
    assert (headers["Authorization"], headers["X-Device-Serial"]) == (f"Bearer {TOKEN}", "10000000abcdef12")


def test_accepted_batch_leaves_the_outbox(link: Link) -> None:
    link.fill(3)

    assert link.attempts() == [0.0, NOTHING_TO_SEND]
    assert (len(link.outbox), link.server.stored_seqs) == (0, [1, 2, 3])


def test_long_batches_are_compressed(link: Link) -> None:
    link.fill(100)

    link.attempts()

    assert link.server.request_headers[0]["Content-Encoding"] == "gzip"
    assert len(link.server.stored) == 100


def test_backlog_goes_in_batches_with_the_newest_reading_first(server: Any, outbox: Outbox) -> None:
    link = Link(server, outbox, batch=4)
    link.fill(10)

    link.attempts()

    assert [link.sent_seqs(number) for number in range(3)] == [[10, 1, 2, 3], [9, 4, 5, 6], [7, 8]]
    assert server.stored_seqs == list(range(1, 11))


def test_lost_answer_makes_the_same_readings_go_again_unchanged(link: Link) -> None:
    link.server.script.append(link.server.answer(store=True, cut=True))
    link.fill(5)

    wait = link.uplink.attempt()
    link.attempts()

    assert 0 < wait <= 75
    assert link.server.batches[0]["readings"] == link.server.batches[1]["readings"]
    assert link.server.stored_seqs == [1, 2, 3, 4, 5]
    assert len(link.outbox) == 0


@pytest.mark.parametrize("status", [429, 500, 502, 503, 507])
def test_overload_keeps_everything_and_backs_off(link: Link, status: int) -> None:
    link.server.script.append(link.server.answer(status=status))
    link.fill(2)

    wait = link.uplink.attempt()

    assert 0 < wait <= 75
    assert len(link.outbox) == 2


def test_retry_after_is_respected(link: Link) -> None:
    link.server.script.append(link.server.answer(status=503, headers={"Retry-After": "40"}))
    link.fill(1)

    assert 40 <= link.uplink.attempt() <= 50


def test_repeated_failures_wait_longer_up_to_five_minutes(link: Link) -> None:
    failure = link.server.answer(status=500)
    link.server.rule = lambda batch: failure
    link.fill(1)

    waits = [link.uplink.attempt() for _ in range(40)]

    assert waits[0] <= 75
    assert waits[1] <= 150
    assert 200 < max(waits) <= 300


def test_success_makes_the_waits_short_again(link: Link) -> None:
    failure = link.server.answer(status=500)
    link.server.script.extend([failure] * 12)
    link.fill(1)
    for _ in range(13):
        link.uplink.attempt()
    link.fill(1, first=1)
    link.server.script.append(failure)

    assert link.uplink.attempt() <= 75


@pytest.mark.parametrize("status", [401, 403, 404, 302])
def test_refusal_keeps_everything_and_asks_again_slowly(link: Link, status: int) -> None:
    link.server.script.append(link.server.answer(status=status, headers={"Location": "/elsewhere"}))
    link.fill(2)

    wait = link.uplink.attempt()

    assert 150 <= wait <= 300
    assert (len(link.outbox), len(link.server.batches)) == (2, 1)


@pytest.mark.parametrize("status", [400, 413])
def test_poisonous_reading_is_found_and_put_aside(link: Link, status: int) -> None:
    refusal = link.server.answer(status=status)
    link.server.rule = lambda batch: refusal if any(r["seq"] == 6 for r in batch["readings"]) else None
    link.fill(10)

    link.attempts()

    assert link.server.stored_seqs == [1, 2, 3, 4, 5, 7, 8, 9, 10]
    assert link.outbox._connection.execute("SELECT seq FROM dead_letter").fetchall() == [(6,)]
    assert len(link.outbox) == 0


def test_newest_reading_being_poisonous_holds_nothing_up(server: Any, outbox: Outbox) -> None:
    link = Link(server, outbox, batch=4)
    refusal = server.answer(status=400)
    server.rule = lambda batch: refusal if any(r["seq"] == 9 for r in batch["readings"]) else None
    link.fill(9)

    link.attempts()

    assert server.stored_seqs == list(range(1, 9))
    assert len(outbox) == 0


def test_server_that_refuses_everything_does_not_empty_the_outbox(link: Link) -> None:
    refusal = link.server.answer(status=400)
    link.server.rule = lambda batch: refusal
    link.fill(50)

    waits = link.attempts()

    assert 150 <= waits[-1] <= 300
    assert len(link.outbox) == 47


def test_batches_grow_back_after_a_poisonous_reading(link: Link) -> None:
    refusal = link.server.answer(status=400)
    link.server.rule = lambda batch: refusal if any(r["seq"] == 1 for r in batch["readings"]) else None
    link.fill(64)
    link.attempts()
    assert [len(batch["readings"]) for batch in link.server.batches[:7]] == [64, 32, 16, 8, 4, 2, 1]
    link.server.batches.clear()
    link.fill(400, first=64)

    link.attempts()

    # The search ended at single readings; the limit doubled 1, 2, 4 ... 64 with the rest of the first 64.
    assert [len(batch["readings"]) for batch in link.server.batches] == [64, 128, 208]


def test_item_rejected_by_the_server_is_final_and_kept_for_a_person(link: Link) -> None:
    body = (
        b'{"accepted":1,"duplicates":0,"conflicts":0,"quarantined":0,'
        b'"rejected":[{"index":1,"seq":2,"code":"ph-not-finite","pointer":"/readings/1/ph"}]}'
    )
    link.server.script.append(link.server.answer(body=body))
    link.fill(2)

    link.attempts()

    rows = link.outbox._connection.execute("SELECT seq, code FROM dead_letter").fetchall()
    assert rows == [(2, "ph-not-finite")]
    assert len(link.outbox) == 0


def test_batch_in_which_nothing_was_acceptable_is_final_too(link: Link) -> None:
    body = (
        b'{"accepted":0,"duplicates":0,"conflicts":0,"quarantined":0,'
        b'"rejected":[{"index":0,"seq":1,"code":"ts-before-2020","pointer":"/readings/0/ts"}]}'
    )
    link.server.script.append(link.server.answer(status=422, body=body))
    link.fill(1)

    link.attempts()

    assert len(link.outbox) == 0
    assert len(link.server.batches) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Welcome to Farm Wi-Fi. Accept the terms.</html>",
        b"",
        b"[]",
        b'{"accepted":1,"duplicates":0,"conflicts":0,"quarantined":0,"rejected":[]}',
        b'{"accepted":"3","duplicates":0,"conflicts":0,"quarantined":0,"rejected":[]}',
        b'{"accepted":1,"duplicates":0,"confl',
    ],
)
def test_answer_that_does_not_account_for_every_reading_settles_nothing(link: Link, body: bytes) -> None:
    link.server.script.append(link.server.answer(body=body))
    link.fill(3)

    wait = link.uplink.attempt()

    assert wait > 0
    assert len(link.outbox) == 3


def test_answer_cut_in_the_middle_settles_nothing(link: Link) -> None:
    link.server.script.append(link.server.answer(cut=True))
    link.fill(3)

    assert link.uplink.attempt() > 0
    assert len(link.outbox) == 3


def test_server_that_is_not_there_settles_nothing(link: Link) -> None:
    link.fill(1)
    link.server.close()

    assert link.uplink.attempt() > 0
    assert len(link.outbox) == 1


def test_config_of_the_answer_is_passed_on(link: Link) -> None:
    link.server.config = {"interval_s": 30}
    link.fill(1)

    link.attempts()

    assert link.configs == [{"interval_s": 30}]


def test_reason_of_a_failed_channel_goes_along(link: Link) -> None:
    from pi_reader.sample import Channel, Reason

    failed = Sample(None, 1210.5, 21.5, reasons={Channel.PH_MV: Reason.RAIL})
    link.outbox.append(failed, Stamp("b", 0, T0, Trust.SYNCED))

    link.attempts()

    sent = link.server.batches[0]["readings"][0]
    assert (sent["ph_mv"], sent["reasons"]) == (None, {"ph_mv": "rail"})


def test_dropped_readings_are_reported(server: Any, tmp_path: Any) -> None:
    outbox = Outbox(tmp_path / "small.db", max_readings=100)
    link = Link(server, outbox)
    link.fill(105)

    link.attempts()

    assert server.batches[0]["dropped"] == 5


def test_pi_that_does_not_know_the_time_asks_the_server_before_it_sends(server: Any, outbox: Outbox) -> None:
    clock = FixedClock(trust=None)
    link = Link(server, outbox, clock=clock)
    # Twenty seconds after a boot that thinks it is 1970; now is forty seconds later.
    outbox.append(Sample(1500.0, 1210.5, 21.0), Stamp("boot-1", 20_000, 20_000, None))

    link.attempts()

    sent = server.batches[0]["readings"][0]
    assert sent["clock"] == "corrected"
    assert sent["ts"][:4] >= "2024"
    assert len(outbox) == 0


def test_server_is_told_what_the_clock_of_the_pi_itself_says(server: Any, outbox: Outbox) -> None:
    clock = FixedClock(trust=None)
    clock.own = 60_000
    link = Link(server, outbox, clock=clock)
    outbox.append(Sample(1500.0, 1210.5, 21.0), Stamp("boot-1", 20_000, 20_000, None))

    link.attempts()

    assert server.batches[0]["sent_at"] == "1970-01-01T00:01:00.000Z"


def test_time_is_frozen_at_the_first_attempt(server: Any, outbox: Outbox) -> None:
    clock = FixedClock(trust=None)
    link = Link(server, outbox, clock=clock)
    server.script.append(server.answer(status=503))
    outbox.append(Sample(1500.0, 1210.5, 21.0), Stamp("boot-1", 20_000, 20_000, None))
    link.uplink.attempt()
    clock.stamp = Stamp("boot-1", 70_000, T0 + 500_000_000, Trust.SYNCED)

    link.uplink.attempt()

    assert server.batches[0]["readings"] == server.batches[1]["readings"]
