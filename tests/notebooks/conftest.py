"""A farm with three weeks of history, for whoever tells a story of it."""

from collections.abc import Callable

import pytest

from app.demo.load import load_fleet
from app.jobs.rollups import refresh_dirty_hours
from models.db import make_engine, session_scope
from tests.conftest import NOW


@pytest.fixture(scope="module")
def farm(make_lasting_database: Callable[..., str], template_database: str) -> str:
    """The address of a database with 17 Pis, a reading every ten minutes for 20 days; pi-17 has a wrong buffer."""
    url = make_lasting_database(template_database)
    engine = make_engine(url)
    with session_scope(engine) as session:
        load_fleet(session, 17, days=20, every_s=600, now=NOW, progress=lambda _: None)
    refresh_dirty_hours(engine, now=NOW)
    engine.dispose()
    return url
