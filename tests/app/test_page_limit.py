"""Pages may take a share of the server, and no more."""

import threading

import pytest
from flask import Flask

from app.pages_load import install_page_limit

DEADLINE_S = 30.0
ASK = "/_dash-update-component"


@pytest.fixture
def gate():
    return threading.Event()


@pytest.fixture
def server(gate) -> Flask:
    """A server of six threads, so that two questions are answered at once and two more may wait."""
    app = Flask("app")
    install_page_limit(app, threads=6)
    entered = threading.Semaphore(0)
    app.extensions["entered"] = entered

    @app.post(ASK)
    def answer():
        entered.release()
        assert gate.wait(DEADLINE_S)
        return "done"

    app.add_url_rule("/healthz", "healthz", lambda: "OK")
    return app


def ask(server: Flask, answers: list[int]) -> threading.Thread:
    thread = threading.Thread(target=lambda: answers.append(server.test_client().post(ASK).status_code))
    thread.start()
    return thread


def test_too_many_questions_are_sent_back_and_the_others_answered(server: Flask, gate):
    answers: list[int] = []
    threads = [ask(server, answers) for _ in range(2)]
    for _ in threads:
        assert server.extensions["entered"].acquire(timeout=DEADLINE_S)

    refused = server.test_client().post(ASK)
    health = server.test_client().get("/healthz")
    gate.set()
    for thread in threads:
        thread.join(DEADLINE_S)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert health.status_code == 200
    assert answers == [200, 200]


def test_a_turn_is_given_back_also_after_a_failure(server: Flask, gate):
    gate.set()
    for _ in range(10):
        assert server.test_client().post(ASK).status_code == 200
