"""Somebody's browser without its window: logs in, learns what stands on the pages, and posts their callbacks."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

#: Values by ``"component.property"``.
Values = Mapping[str, Any]
_OWN_PAGE = {"Sec-Fetch-Site": "same-origin", "Accept-Encoding": "gzip"}
_CALLBACKS = "/_dash-update-component"
NAME, PASSWORD = "sari", "correct horse battery"


@dataclass(frozen=True)
class Answer:
    """What came back: the body as it travelled, and its status."""

    status: int
    body: bytes


#: Sends one request: method, path, body (JSON) or form, headers.
Send = Callable[..., Answer]


class Sender(Protocol):
    """Sends one request and gives the answer; cookies are kept."""

    def __call__(self, method: str, path: str, *, headers: Values, **body: Any) -> Answer:
        """Send ``json`` or ``data``."""


@dataclass
class Browser:
    """Asks the server what the pages of one person ask."""

    send: Sender
    _callbacks: list[dict[str, Any]] = field(default_factory=list)
    _standing: dict[str, Any] = field(default_factory=dict)

    def log_in(self) -> None:
        """Log in by the form, and learn the callbacks and what stands in every component at first."""
        page = self.send("GET", "/login", headers={}).body.decode()
        token = re.search(r'name="token" value="([^"]+)"', page)
        form = {"name": NAME, "password": PASSWORD, "token": token[1] if token else ""}
        status = self.send("POST", "/login", headers=_OWN_PAGE, data=form).status
        if status != 303:
            raise RuntimeError(f"logging in was answered {status}")
        self._callbacks = json.loads(self.send("GET", "/_dash-dependencies", headers={}).body)
        index = self.send("GET", "/", headers={}).body.decode()
        config = re.search(r'id="_dash-config" type="application/json">(.*?)</script>', index)
        layout = json.loads(config[1])["validation_layout"] if config else {}
        for props in _components(layout):
            self._standing |= {f"{props['id']}.{name}": value for name, value in props.items()}

    def ask(self, output: str, changed: str, values: Values) -> Answer:
        """Post the callback that fills ``output`` after ``changed`` has changed; both are ``"component.property"``."""
        answer = self.send("POST", _CALLBACKS, headers=_OWN_PAGE, json=self.question(output, changed, values))
        if answer.status not in (200, 204):
            raise RuntimeError(f"{output} was answered {answer.status}: {answer.body[:300]!r}")
        return answer

    def question(self, output: str, changed: str, values: Values) -> dict[str, Any]:
        """Write the body of a callback's request."""
        found = next(one for one in self._callbacks if output in one["output"].strip(".").split("..."))
        known = {**self._standing, **values}
        return {
            "output": found["output"],
            "outputs": _outputs(found["output"]),
            "inputs": [_filled(one, known) for one in found["inputs"]],
            "state": [_filled(one, known) for one in found["state"]],
            "changedPropIds": [changed],
        }


def _filled(part: dict[str, Any], known: Values) -> dict[str, Any]:
    return {"id": part["id"], "property": part["property"], "value": known.get(f"{part['id']}.{part['property']}")}


def _outputs(output: str) -> Any:
    parts = output.strip(".").split("...") if output.startswith("..") else [output]
    named = [dict(zip(("id", "property"), part.split("@")[0].rsplit(".", 1), strict=True)) for part in parts]
    return named if output.startswith("..") else named[0]


def _components(layout: Any) -> Iterator[dict[str, Any]]:
    """Give the properties of every component with a plain id in the JSON of a layout."""
    if isinstance(layout, list):
        for each in layout:
            yield from _components(each)
    elif isinstance(layout, dict):
        if isinstance(layout.get("props"), dict) and isinstance(layout["props"].get("id"), str):
            yield layout["props"]
        for each in layout.values():
            yield from _components(each)
