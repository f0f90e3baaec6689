"""Credentials of devices are asked for together, however many devices come at once."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from sqlalchemy import event

from ingest_api.live_credentials import LiveCredentials


def test_a_fleet_that_comes_at_once_costs_two_queries(api):
    fleet = [api.register(f"pi-{number}") for number in range(1, 21)]
    credentials = LiveCredentials(api.engine)
    asked, is_asked, go_on = [], Event(), Event()

    def hold_up_the_first(_connection, _cursor, statement, *_):
        if "device_tokens" in statement:
            asked.append(statement)
            is_asked.set()
            assert go_on.wait(10)

    event.listen(api.engine, "before_cursor_execute", hold_up_the_first)
    try:
        with ThreadPoolExecutor(20) as threads:
            finding = [threads.submit(credentials.find, fleet[0].token.id)]
            assert is_asked.wait(10)
            finding += [threads.submit(credentials.find, pi.token.id) for pi in fleet[1:]]
            deadline = time.monotonic() + 10
            while credentials.waiting < 19:
                assert time.monotonic() < deadline
            go_on.set()
            found = [one.result(10) for one in finding]
    finally:
        go_on.set()
        event.remove(api.engine, "before_cursor_execute", hold_up_the_first)

    assert [one.device.name for one in found] == [f"pi-{number}" for number in range(1, 21)]
    assert len(asked) == 2
