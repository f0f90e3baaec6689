"""From what the database knows to the worklist: rules only, no clock and no queries of their own."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from analytics.flags import CHANNELS, Test, unpack_tests
from analytics.quantities import Quantity
from app.insights.findings import Check, Heading, Lack, Outcome, OutOfBand, Result
from app.pages.fleet.rows import Device
from app.pages.fleet.status import Mark, State
from app.pages.today.entries import Doubt, Due, Entry, Evidence, Kind, Outside, Waiting, Worklist
from app.pages.today.silence import Listener, silent_groups

#: A pH probe drifts by 0.1 in a month of nutrient solution; see docs/quality.md.
CALIBRATE_EVERY = timedelta(days=30)
_PROBE_CHECKS = (Check.SCALE, Check.PEERS, Check.TEMPERATURE, Check.ELECTRODE)
#: A silent Pi has no newest value to look at, and an imported log nobody expects to speak.
_SPEAKING = frozenset({State.IN, State.OUT, State.SUSPECT, State.UNJUDGED})


@dataclass(frozen=True, slots=True)
class Known:
    """What a worklist is made of.

    ``devices`` are judged as of now; ``results`` are those of the last round of checks, by device id; ``calibrated``
    tells for each quantity that a Pi sends as millivolts when it was calibrated last (None: never).
    """

    devices: Sequence[Device]
    results: Mapping[int, Sequence[Result]]
    calibrated: Mapping[tuple[int, Quantity], datetime | None]
    waiting: Waiting | None = None


def build_worklist(known: Known, now: datetime) -> Worklist:
    """List what needs somebody; without what concerns the server itself."""
    speaking = [device for device in known.devices if device.state in _SPEAKING]
    entries = [
        *_out(speaking, known.results),
        *_silent(known.devices),
        *_found(speaking, known.results, Kind.LIMIT, (Check.LIMIT,)),
        *_doubtful(speaking),
        *_found(speaking, known.results, Kind.PROBE, _PROBE_CHECKS),
        *_due(known, now),
        *([Entry(Kind.JOIN, (known.waiting,))] if known.waiting else []),
    ]
    return Worklist(entries, _unforeseen(speaking, known.results))


def entry_of(kind: Kind, device: Device, evidence: Iterable[Evidence]) -> Entry:
    """Make the entry of one device."""
    record = device.record
    return Entry(kind, tuple(evidence), (device.name,), record["site"], record["zone"], record["site_time_zone"])


def _out(devices: Sequence[Device], results: Mapping[int, Sequence[Result]]) -> list[Entry]:
    entries = []
    for device in devices:
        since = {one.quantity: one.evidence for one in results.get(device.record["device_id"], ()) if _is_band(one)}
        outside = [
            _outside(quantity, channel.value, channel.low, channel.high, since.get(quantity))
            for quantity, channel in device.snapshot.channels.items()
            if channel.mark in {Mark.LOW, Mark.HIGH} and channel.value is not None
        ]
        if outside:
            entries.append(entry_of(Kind.OUT, device, sorted(outside, key=_how_far, reverse=True)))
    return sorted(entries, key=lambda entry: max(map(_how_far, entry.evidence)), reverse=True)


def _is_band(result: Result) -> bool:
    return result.check is Check.BAND and result.outcome is Outcome.FOUND


def _outside(quantity: Quantity, value: float, low: float | None, high: float | None, stored: Any) -> Outside:
    fresh = Outside(quantity, value, low, high, None, at_least=False)
    # The round of checks may have seen it on the other side of the band.
    if isinstance(stored, OutOfBand) and stored.is_low == fresh.is_low:
        return Outside(quantity, value, low, high, stored.since, stored.at_least)
    return fresh


def _how_far(evidence: Evidence) -> float:
    """Give the distance from the band in widths of the band, which compares pH with EC."""
    if not isinstance(evidence, Outside):
        return 0.0
    width = evidence.high - evidence.low if evidence.high is not None and evidence.low is not None else None
    return evidence.distance / (width or abs(evidence.low or evidence.high or 1.0))


def _silent(devices: Sequence[Device]) -> list[Entry]:
    expected = [device for device in devices if device.state is State.SILENT or device.state in _SPEAKING]
    listeners = [
        Listener(
            device.name,
            device.record["site"],
            device.record["zone"],
            device.snapshot.last_seen_at if device.state is State.SILENT else None,
        )
        for device in expected
    ]
    zones = {device.name: device.record["site_time_zone"] for device in expected}
    return [
        Entry(
            Kind.SILENT,
            (group.silence,),
            tuple(one.name for one in group.members),
            _common(one.site for one in group.members),
            _common(one.zone for one in group.members),
            zones[group.members[0].name],
        )
        for group in silent_groups(listeners)
    ]


def _common(places: Iterable[str | None]) -> str | None:
    found = set(places)
    return found.pop() if len(found) == 1 else None


def _found(
    devices: Sequence[Device], results: Mapping[int, Sequence[Result]], kind: Kind, checks: Sequence[Check]
) -> list[Entry]:
    entries: list[tuple[Any, Entry]] = []
    for device in devices:
        found = [
            one
            for one in results.get(device.record["device_id"], ())
            if one.check in checks and one.outcome is Outcome.FOUND and not _is_outside(device, one)
        ]
        if found:
            found.sort(key=_soonest)
            entries.append((_soonest(found[0]), entry_of(kind, device, found)))
    return [entry for _key, entry in sorted(entries, key=lambda pair: pair[0])]


def _is_outside(device: Device, result: Result) -> bool:
    """Where a value is outside already nobody needs to be told that it will be."""
    return result.check is Check.LIMIT and device.snapshot.channels[result.quantity].mark in {Mark.LOW, Mark.HIGH}


def _soonest(result: Result) -> tuple[int, float]:
    hours = result.evidence.forecast.hours if isinstance(result.evidence, Heading) else 0.0
    return (int(result.urgency or 0), hours)


def _doubtful(devices: Sequence[Device]) -> list[Entry]:
    entries = []
    for device in devices:
        tests = dict(zip(CHANNELS, unpack_tests(int(device.record["tests"] or 0)), strict=True))
        doubts = [
            Doubt(quantity, Test(int(tests[quantity])), channel.mark is Mark.MISSING)
            for quantity, channel in device.snapshot.channels.items()
            # While hands are in the tank somebody is at it already.
            if channel.mark in {Mark.SUSPECT, Mark.MISSING} and tests[quantity] != Test.SERVICE
        ]
        if doubts:
            entries.append(entry_of(Kind.SUSPECT, device, doubts))
    return entries


def _due(known: Known, now: datetime) -> list[Entry]:
    by_device: defaultdict[int, list[Due]] = defaultdict(list)
    for (device_id, quantity), at in known.calibrated.items():
        if at is None or now - at > CALIBRATE_EVERY:
            by_device[device_id].append(Due(quantity, at))
    entries = [
        entry_of(Kind.CALIBRATION, device, by_device[device.record["device_id"]])
        for device in known.devices
        if device.record["device_id"] in by_device and device.state is not State.HISTORY
    ]
    return sorted(entries, key=_longest_ago)


def _longest_ago(entry: Entry) -> float:
    return min(
        one.calibrated_at.timestamp() if isinstance(one, Due) and one.calibrated_at else 0.0 for one in entry.evidence
    )


def _unforeseen(devices: Sequence[Device], results: Mapping[int, Sequence[Result]]) -> list[tuple[Lack, int]]:
    """Count by its reason of how many speaking tanks it cannot be said when they leave their band."""
    lacks: Counter[Lack] = Counter()
    for device in devices:
        said = {one.lack for one in results.get(device.record["device_id"], ()) if one.check is Check.LIMIT}
        lacks.update(one for one in said if one is not None)
    return lacks.most_common()
