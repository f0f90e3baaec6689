"""Single values in other people's formats, gathered into readings and judged like any other reading."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from ingest_api.payloads import Batch, parse
from ingest_api.timestamps import format_moment, moment_of
from ingest_api.wire import Rejected

# Beyond these no time stamp can be written; what lies between them is judged later.
_FIRST_MS, _LAST_MS = -62_135_596_800_000, 253_402_300_799_999


@dataclass(slots=True)
class Gathered:
    """Values by the moment they were measured at: a reading each, because a device reads all its probes at once.

    ``sources`` are the places in the sender's body that a reading came from.
    """

    readings: dict[int, dict[str, Any]] = field(default_factory=dict)
    sources: dict[int, list[int]] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)

    def add(self, index: int, ts_ms: int, values: Mapping[str, Any]) -> None:
        """Add values of one moment; one that was given before for the same moment is rejected if it differs."""
        if not _FIRST_MS <= ts_ms <= _LAST_MS:
            self.reject(index, "ts-invalid", "the time lies outside the years 1 to 9999 in UTC")
            return
        reading = self.readings.setdefault(ts_ms, {"ts": format_moment(moment_of(ts_ms))})
        for name, value in values.items():
            if reading.get(name, value) != value:
                self.reject(index, "given-twice", f"{name} was given before for the same moment, with another value")
                return
        reading.update(values)
        self.sources.setdefault(ts_ms, []).append(index)

    def reject(self, index: int, code: str, detail: str) -> None:
        """Note a fault of one place."""
        self.rejected.append(Rejected(index, None, code, f"/{index}", detail))

    def batch(self, device_id: int, *, agent: str | None = None) -> Batch:
        """Judge the readings as those of any batch; faults are told by the places they came from.

        Raises
        ------
        Problem
            413 for too many readings.
        """
        envelope = {} if agent is None else {"agent": agent}
        batch = parse(msgspec.json.encode({**envelope, "readings": list(self.readings.values())}), device_id)
        moments = list(self.readings)
        judged = [
            replace(fault, index=index, pointer=f"/{index}")
            for fault in batch.rejected
            for index in self.sources[moments[fault.index]]
        ]
        return replace(batch, rejected=sorted([*self.rejected, *judged], key=lambda fault: fault.index))
