"""Whether the process answers, and whether it can do its work."""

from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from app.server import create_server
from app.settings import Settings
from models.db import make_engine

NOBODY_THERE = "postgresql://nobody@127.0.0.1:1/nothing"


def test_a_working_server_is_alive_and_ready(client: FlaskClient):
    assert (client.get("/healthz").status_code, client.get("/healthz").text) == (200, "OK")
    assert client.get("/readyz").json == {"ready": True, "problem": None}


def test_without_its_database_a_server_is_alive_but_not_ready(settings: Settings):
    client = create_server(settings, make_engine(NOBODY_THERE)).test_client()

    answer = client.get("/readyz")

    assert client.get("/healthz").status_code == 200
    assert (answer.status_code, answer.json["problem"]) == (503, "the database does not answer")
    assert "127.0.0.1" not in answer.text


def test_a_database_of_another_version_is_not_ready_and_says_what_to_run(client: FlaskClient, engine: Engine):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "is at revision 0001" in answer.json["problem"]
    assert "hydrofleet db upgrade" in answer.json["problem"]


def test_without_its_database_a_page_asks_for_patience(settings: Settings):
    client = create_server(settings, make_engine(NOBODY_THERE)).test_client()
    client.set_cookie("hf", "somebody")

    answer = client.get("/")

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "127.0.0.1" not in answer.text
