"""The API against its own reference: whatever is sent, is every answer one that the reference describes?

    .venv/bin/python tests/drills/api_conformance.py --full

Schemathesis makes requests from the document that the server serves, good ones and bad ones, and compares the answers.
Everything is real: PostgreSQL, the HTTP server, credentials of every kind. The same seed makes the same requests. The
last line of standard output is one line of JSON; the exit status is 0 only if no answer was a 5xx or undescribed.
"""

import argparse
import hashlib
import json
import secrets
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import Engine, insert

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from app.database import open_database  # noqa: E402 (the path comes first: this file is run, not imported)
from app.server import create_server  # noqa: E402
from app.settings import load_settings  # noqa: E402
from models.db import session_scope  # noqa: E402
from models.tables import EnrollmentKey, ReadToken  # noqa: E402
from models.tokens import TokenKind, make_token  # noqa: E402
from models.write.devices import add_token, register_device  # noqa: E402
from models.write.people import create_user, start_session  # noqa: E402
from tests.listening import listening  # noqa: E402

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
FULL, SHORT = 2000, 50
#: The tank with a history. Another one changes its token, or it would end the other requests of this one.
TANK, OTHER_TANK = "pi-1", "pi-2"


def main() -> int:
    """Run the drill and print its figures."""
    options = parse_options()
    with tempfile.TemporaryDirectory(prefix="hydrofleet-drill-") as folder:
        figures = run(Path(folder), options)
    passed = not figures["failures"] and figures["operations"] > 20
    print(json.dumps({"drill": "api-conformance", "figures": figures, "pass": passed}))
    return 0 if passed else 1


def parse_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=int, default=SHORT, help="requests per operation")
    parser.add_argument("--full", action="store_const", const=FULL, dest="examples", help=f"{FULL} per operation")
    parser.add_argument("--only", default="", help="only operations whose address contains this")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def run(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Start a server with something in it, and try every operation."""
    given_settings = load_settings(data_dir=folder / "data", log_format="json", log_file=folder / "server.log")
    with open_database(given_settings, print) as engine, serving(create_server(given_settings, engine)) as url:
        credentials = make_credentials(engine)
        send_history(url, credentials["deviceToken"])
        schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json", headers=credentials["session"])
        counts: Counter[int] = Counter()
        failures: list[str] = []
        operations = [one.ok() for one in schema.get_all_operations() if options.only in one.ok().path]
        for operation in operations:
            failures += try_operation(operation, credentials, options, counts)
    statuses = {str(status): count for status, count in sorted(counts.items())}
    return {"operations": len(operations), "requests": counts.total(), "statuses": statuses, "failures": failures}


def try_operation(
    operation: Any, credentials: dict[str, dict[str, str]], options: argparse.Namespace, counts: Counter[int]
) -> list[str]:
    """Send good and bad requests to one operation; gives what was wrong with an answer, if anything was."""
    schemes = [name for one in operation.definition.raw.get("security", []) for name in one]
    headers = credentials[_pick(operation.path, schemes)]
    made = operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(GenerationMode.NEGATIVE)

    @seed(options.seed)
    @settings(
        max_examples=options.examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=made, is_known=st.booleans())
    def try_it(case: Any, is_known: bool) -> None:
        # Names that nobody has would never get further than 404.
        if is_known and "name" in (case.path_parameters or {}):
            case.path_parameters["name"] = TANK
        answer = case.call(headers=headers)
        counts[answer.status_code] += 1
        case.validate_response(answer, checks=CHECKS, headers=headers)

    try:
        try_it()
    except (Exception, BaseExceptionGroup) as error:  # whatever is wrong with one operation, the others are tried, too
        return [f"{operation.label}: {type(error).__name__}: {_text_of(error)}"]
    return []


def make_credentials(engine: Engine) -> dict[str, dict[str, str]]:
    """Make one credential of every kind; gives the headers that carry them."""
    now = datetime.now(UTC)
    device, other, reader, key = (
        make_token(kind) for kind in (TokenKind.DEVICE, TokenKind.DEVICE, TokenKind.READ, TokenKind.ENROLLMENT)
    )
    cookie = secrets.token_urlsafe(32)
    with session_scope(engine) as session:
        for name, token in ((TANK, device), (OTHER_TANK, other)):
            record = register_device(session, name, site="north", now=now - timedelta(days=30))
            add_token(session, record.id, token.id, token.digest, now=now)
        until = now + timedelta(days=1)
        values = {"id": reader.id, "digest": reader.digest, "note": "drill", "expires_at": until}
        session.execute(insert(ReadToken).values(values))
        values = {"id": key.id, "digest": key.digest, "max_uses": 1_000_000, "expires_at": until}
        session.execute(insert(EnrollmentKey).values(values))
        person = create_user(session, "admin", "admin", "never typed")
        start_session(session, person.id, hashlib.sha256(cookie.encode()).digest(), now=now, expires_at=until)
    tokens = {"deviceToken": device, "otherDevice": other, "readToken": reader, "enrollmentKey": key}
    bearers = {name: {"Authorization": f"Bearer {token.text}"} for name, token in tokens.items()}
    return {**bearers, "session": {"Cookie": f"hf={cookie}", "Sec-Fetch-Site": "same-origin"}, "": {}}


def _pick(path: str, schemes: list[str]) -> str:
    if path.startswith("/api/v1/device/token"):
        return "otherDevice"
    return schemes[0] if schemes else ""


def send_history(url: str, headers: dict[str, str]) -> None:
    """Let a tank have measured for two hours, with a few gaps and doubtful values."""
    now = datetime.now(UTC)
    items = [
        {"seq": seq, "ts": (now - timedelta(minutes=120 - seq)).isoformat(), "ph": 15 if seq % 40 == 0 else 6.1,
         "ec_us_cm": 1500, "water_c": None if seq % 30 == 0 else 21.4}
        for seq in range(120)
        if seq % 25
    ]  # fmt: skip
    answer = httpx.post(f"{url}/api/v1/readings", json={"stream": "drill", "readings": items}, headers=headers)
    assert answer.json()["accepted"] == len(items), answer.text


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an application on a free port; gives its address."""
    # The HTTP server's own limit answers in its own words; here, ours are tried.
    with listening(app, threads=4, max_request_body_size=64 << 20) as port:
        yield f"http://127.0.0.1:{port}"


def _text_of(error: BaseException) -> str:
    """Write a failure with the notes that tell how to repeat it, shortened."""
    inner = getattr(error, "exceptions", ())
    return " | ".join([str(error), *map(_text_of, inner)])[:2000]


if __name__ == "__main__":
    sys.exit(main())
