"""What became of a file: counted line by line, said in a few sentences."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.saying import Saying

#: Rejected lines that are named one by one; the others are counted.
SHOWN = 20
#: Readings that are shown as they were understood.
FIRST = 5


@dataclass(frozen=True, slots=True)
class RejectedLine:
    """A line of the file that could not be kept."""

    line: int
    said: Saying

    @property
    def reason(self) -> str:
        """Why, in English."""
        return str(self.said)


@dataclass(frozen=True, slots=True)
class FirstReading:
    """A reading from the top of the file, as it was understood: the ``values`` it has, by quantity."""

    device: str
    at: datetime
    values: Mapping[str, float]

    def __str__(self) -> str:
        """Write it on a line."""
        values = ", ".join(f"{name} {value:.6g}" for name, value in self.values.items())
        return f"{self.device}  {self.at:%Y-%m-%d %H:%M:%S} UTC  {values}"


@dataclass(slots=True)
class ImportReport:
    """The counts of one import.

    ``lines`` are lines of data, and equal ``accepted + duplicates + conflicts + quarantined + left_out +
    rejected_count``. ``replaced`` are readings that were there and were taken out; ``devices`` counts the lines of
    each. ``missing`` and ``flagged`` count accepted readings: no value by quantity, and tests not passed by
    (quantity, test). ``interval_s`` is the median step between readings.
    """

    device: str
    dry_run: bool = False
    lines: int = 0
    accepted: int = 0
    duplicates: int = 0
    conflicts: int = 0
    quarantined: int = 0
    left_out: int = 0
    replaced: int = 0
    rejected_count: int = 0
    rejected: list[RejectedLine] = field(default_factory=list)
    missing: Counter[str] = field(default_factory=Counter)
    flagged: Counter[tuple[str, str]] = field(default_factory=Counter)
    first_at: datetime | None = None
    last_at: datetime | None = None
    interval_s: float | None = None
    time_format: str = ""
    notes: list[Saying] = field(default_factory=list)
    devices: Counter[str] = field(default_factory=Counter)
    new_devices: list[str] = field(default_factory=list)
    first: list[FirstReading] = field(default_factory=list)

    @property
    def rejected_all(self) -> bool:
        """Tell whether nothing in the file could be used."""
        return self.accepted + self.duplicates + self.conflicts + self.left_out == 0

    def reject(self, lines: Iterable[RejectedLine]) -> None:
        """Count lines as rejected; the first ones are kept to be shown."""
        for one in lines:
            self.rejected_count += 1
            if len(self.rejected) < SHOWN:
                self.rejected.append(one)

    def __str__(self) -> str:
        """Write the report for a terminal."""
        return "\n".join(self.sentences())

    def sentences(self) -> list[str]:
        """Give the report line by line."""
        told = [*self._first(), *self._counts(), *self._owners(), *self._span(), *self._quality(), *self._rejections()]
        return [*told, *map(str, self.notes)]

    def _counts(self) -> list[str]:
        what_if = " (dry run: nothing was stored)" if self.dry_run else ""
        fates = {
            "accepted": self.accepted,
            "there already": self.duplicates,
            "there already with other values (kept as first stored)": self.conflicts,
            "quarantined for an impossible time": self.quarantined,
            "left out": self.left_out,
            "rejected": self.rejected_count,
        }
        said = ", ".join(f"{count:,} {fate}" for fate, count in fates.items() if count or fate == "accepted")
        replaced = f" {self.replaced:,} readings made room, and are kept apart." if self.replaced else ""
        return [f"{self.device}: {self.lines:,} lines{what_if}: {said}.{replaced}"]

    def _first(self) -> list[str]:
        return ["As understood:", *(f"  {one}" for one in self.first)] if self.dry_run and self.first else []

    def _owners(self) -> list[str]:
        each = [f"  {name}: {count:,} lines" for name, count in self.devices.items()] if len(self.devices) > 1 else []
        return [*each, *([f"New: {', '.join(self.new_devices)}."] if self.new_devices else [])]

    def _span(self) -> list[str]:
        if self.first_at is None or self.last_at is None:
            return []
        step = "" if self.interval_s is None else f", one every {self.interval_s:g} s"
        span = f"{self.first_at:%Y-%m-%d %H:%M:%S} to {self.last_at:%Y-%m-%d %H:%M:%S} UTC"
        return [f"Times ({self.time_format}): {span}{step}."]

    def _quality(self) -> list[str]:
        missing = [f"{count:,} x {quantity}" for quantity, count in sorted(self.missing.items())]
        flagged = [f"{count:,} x {quantity} {test}" for (quantity, test), count in sorted(self.flagged.items())]
        said = [("No value", missing), ("Flagged", flagged)]
        return [f"{title}: {', '.join(counts)}." for title, counts in said if counts]

    def _rejections(self) -> list[str]:
        shown = [f"  line {one.line}: {one.reason}" for one in self.rejected]
        more = self.rejected_count - len(self.rejected)
        return [*shown, *([f"  and {more:,} more"] if more else [])]
