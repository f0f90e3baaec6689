"""A fleet over HTTP from its server, with a read token: what the database gives, as far as the token reaches."""

import ssl
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd

from models.errors import BadQuestion, NotConnected
from models.frames.asked import Asked, Block, Row
from models.frames.columns import BANDS, CALIBRATION_IDS, FLAGS, PREFIX, QUANTITIES
from models.names import natural_key

_EARLIEST, _LATEST = "1990-01-01T00:00:00Z", "2100-01-01T00:00:00Z"
#: The first byte of an export comes at once, but it may have to wait for its turn.
_TIMEOUT_S = 60.0
_OVER_HTTP = (*QUANTITIES, *FLAGS, *CALIBRATION_IDS, *BANDS)


def server_source(url: str, token: str, ca_file: str | Path | None) -> "ServerSource":
    """Open the server at a URL; nothing is asked yet."""
    trusted = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    client = httpx.Client(
        base_url=f"{url.rstrip('/')}/api/v1/",
        headers={"Authorization": f"Bearer {token}"},
        verify=trusted,
        timeout=_TIMEOUT_S,
    )
    return ServerSource(client)


class ServerSource:
    """Answers from a server; see :class:`models.frames.asked.Source`."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.label = str(client.base_url).removesuffix("/api/v1/")

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def devices(self) -> Sequence[Row]:
        """Ask for the fleet as it is now."""
        return [_device(one) for one in self._pages("devices", "devices", {})]

    def readings(self, asked: Asked) -> Iterator[Block]:
        """Ask for an export of the readings."""
        missing = [name for name in asked.columns if name not in _OVER_HTTP]
        if missing:
            raise BadQuestion(
                f"{', '.join(missing)} cannot be had over HTTP; open the database itself, "
                f"or ask for {', '.join(_OVER_HTTP)}"
            )
        details = [word for word, some in _DETAILS.items() if set(some) & set(asked.columns)]
        return self._blocks(asked, "raw", "time_utc", details)

    def hours(self, asked: Asked) -> Iterator[Block]:
        """Ask for an export of the hours; those that are not summed up yet are summed up before it begins."""
        if asked.start is None:
            # The server looks at every month of the span, and would begin in 1990.
            raise BadQuestion("hours over HTTP want a start, such as start='2026-03-01T00:00Z'")
        asked = replace(asked, end=asked.end or datetime.now(UTC))
        return self._blocks(asked, "1h", "hour_utc", ["bands"] if set(BANDS) & set(asked.columns) else [])

    def events(self, asked: Asked, kind: str | None) -> Sequence[Row]:
        """Ask for the events, page by page."""
        one = asked.devices[0] if asked.devices is not None and len(asked.devices) == 1 else None
        given = {"device": one, "kind": kind}
        query = {**_span(asked), **{name: value for name, value in given.items() if value is not None}}
        found = self._pages("events", "events", query)
        return [event for event in found if asked.devices is None or event["device"] in asked.devices]

    def calibrations(self, asked: Asked) -> Sequence[Row]:
        """Ask for the calibrations, device by device."""
        names = [row["device"] for row in self.devices()] if asked.devices is None else asked.devices
        return [
            {"device": name, **one}
            for name in sorted(names, key=natural_key)
            for one in reversed(self._json(f"devices/{name}/calibrations", {})["calibrations"])
        ]

    def targets(self) -> Sequence[Row]:
        """Ask for every version of every band."""
        return list(self._json("targets", {"history": "yes"})["targets"])

    def plantings(self, asked: Asked) -> Sequence[Row]:
        """Ask for what grew where."""
        found = self._json("plantings", {"history": "yes"})["plantings"]
        return [one for one in found if asked.devices is None or one["device"] in asked.devices]

    def _blocks(self, asked: Asked, resolution: str, time: str, details: Sequence[str]) -> Iterator[Block]:
        fields = [name for name in QUANTITIES if any(_belongs(column, name) for column in asked.columns)]
        query = {
            **_span(asked),
            "resolution": resolution,
            "fields": ",".join(fields or QUANTITIES),
            "details": ",".join(details) or "none",
            "tz": "UTC",
            **({} if asked.devices is None else {"devices": ",".join(asked.devices)}),
        }
        body = self._get("export.csv", query).content
        kinds: dict[Hashable, Any] = {"device": str, time: str, **dict.fromkeys(asked.columns, "float64")}
        frame = pd.read_csv(BytesIO(body), usecols=list(kinds), dtype=kinds)
        return _cut(frame, time, asked.columns)

    def _pages(self, path: str, name: str, query: dict[str, str]) -> Sequence[Row]:
        found: list[Row] = []
        page = self._json(path, query)
        while page["next"] is not None:
            found += page[name]
            page = self._json(path, {**query, "cursor": page["next"]})
        return [*found, *page[name]]

    def _json(self, path: str, query: dict[str, str]) -> Any:
        return self._get(path, query).json()

    def _get(self, path: str, query: dict[str, str]) -> httpx.Response:
        try:
            answer = self._client.get(path, params=query)
        except httpx.HTTPError as error:
            raise NotConnected(f"{self.label} did not answer to the end: {error}") from error
        if answer.status_code != HTTPStatus.OK:
            raise NotConnected(f"{self.label}/api/v1/{path}: {_problem(answer)}")
        return answer


_DETAILS = {"flags": FLAGS, "calibrations": CALIBRATION_IDS, "bands": BANDS}


def _problem(answer: httpx.Response) -> str:
    """Give the server's own words, which say what to do."""
    if not answer.headers.get("Content-Type", "").startswith("application/problem+json"):
        return f"answered {answer.status_code}"
    said = answer.json()
    words = (said.get("detail") or said.get("title"), said.get("remedy"))
    return " ".join(str(word) for word in words if word)


def _span(asked: Asked) -> dict[str, str]:
    start, end = (None if one is None else one.isoformat() for one in (asked.start, asked.end))
    return {"start": start or _EARLIEST, "end": end or _LATEST}


def _belongs(column: str, quantity: str) -> bool:
    return column.startswith((quantity, f"{PREFIX[quantity]}_"))


def _cut(frame: pd.DataFrame, time: str, columns: Sequence[str]) -> Iterator[Block]:
    """Cut a file, which goes device by device, into its devices."""
    times = pd.DatetimeIndex(pd.to_datetime(frame[time], format="ISO8601", utc=True)).as_unit("ms")
    codes, names = pd.factorize(frame["device"])
    edges = np.searchsorted(codes, np.arange(len(names) + 1))
    for at, name in enumerate(names):
        rows = slice(edges[at], edges[at + 1])
        values = {column: frame[column].to_numpy()[rows] for column in columns}
        # An empty cell is a calibration that there was not; the table's number for that is 0.
        ids = {column: np.nan_to_num(values[column]) for column in CALIBRATION_IDS if column in values}
        yield Block(str(name), times[rows], {**values, **ids})


def _device(one: Row) -> Row:
    latest, bands, flags = one["latest"], one["bands"], one["latest"]["flags"] or {}
    edges = {
        f"{quantity}_band_{edge}": (bands[quantity] or (None, None))[at]
        for quantity in QUANTITIES
        for at, edge in enumerate(("low", "high"))
    }
    shown = {f"{prefix}_flag": flags.get(quantity) for quantity, prefix in PREFIX.items()}
    values = {quantity: latest[quantity] for quantity in QUANTITIES}
    when = {"last_seen_at": latest["last_seen_at"], "measured_at": latest["ts"]}
    return {**one, "device": one["name"], **values, **when, **shown, **edges}
