"""What stands over the figure: which device this is, what it last said, and how that stands to its band."""

from datetime import datetime, timedelta

from babel import Locale
from babel.dates import format_timedelta
from dash import html
from dash.development.base_component import Component

from analytics.flags import CHANNELS
from analytics.quantities import Quantity
from app.components import ConductivityUnit, page_header, stage_text, stat
from app.i18n import _, language, number_text, time_text
from app.pages.device.displayed import naming
from app.pages.device.source import Latest
from app.pages.fleet.status import Channel, Mark, State, state_of
from app.pages.fleet.words import state_text
from models.read.devices import DeviceRecord

#: Older than this, a date says more than "5 weeks ago".
_RECENT = timedelta(days=2)
#: A day, an hour, a minute and a second.
_UNITS_S = (86_400, 3_600, 60, 1)


def header(record: DeviceRecord, latest: Latest | None, unit: ConductivityUnit, zone: str, now: datetime) -> Component:
    """Build the head of the page; ``latest`` is None for a device that is retired."""
    title = [record.name, _badge(record, latest, now)]
    place = [part for part in (record.site, record.zone, _growing(latest)) if part]
    seen = [html.Span(" · ".join([*place, ""])), html.Span(_seen(latest, zone, now))]
    subtitle = [*seen, *_clock(latest), *_config(latest)]
    has_spoken = latest is not None and latest.snapshot.measured_at is not None
    tiles = [_tile(latest, quantity, unit) for quantity in CHANNELS] if latest and has_spoken else []
    return html.Div([page_header(title, subtitle=subtitle), html.Div(tiles, className="device-tiles")])


def ago(moment: datetime, zone: str, now: datetime) -> str:
    """Say when something was: "3 minutes ago" while it is recent, otherwise the time on the local clock.

    Only whole units count, and something is at least a second ago, as assets/fleet.js tells it beside the same Pi.
    """
    past_s = max(int((now - moment).total_seconds()), 1)
    if past_s >= _RECENT.total_seconds():
        return time_text(moment, zone)
    unit_s = next(size for size in _UNITS_S if past_s >= size)
    past = timedelta(seconds=past_s // unit_s * unit_s)
    return format_timedelta(-past, threshold=1, add_direction=True, locale=Locale(language()))


def _badge(record: DeviceRecord, latest: Latest | None, now: datetime) -> Component:
    if latest is None:
        return html.Span(_("Retired"), className="state state-history")
    state = state_of(latest.snapshot, now, latest.outage)
    return html.Span([html.Span(className="state-shape"), state_text(state)], className=f"state state-{state}")


def _growing(latest: Latest | None) -> str | None:
    if latest is None or latest.crop is None:
        return None
    crop = latest.crop[language() == "id"]
    return f"{crop}, {stage_text(latest.stage)}" if latest.stage else crop


def _seen(latest: Latest | None, zone: str, now: datetime) -> str:
    if latest is None or latest.snapshot.last_seen_at is None:
        return _("never heard from")
    if state_of(latest.snapshot, now, latest.outage) is State.HISTORY and latest.snapshot.measured_at:
        return _("imported log, newest reading %(when)s", when=ago(latest.snapshot.measured_at, zone, now))
    return _("last seen %(when)s", when=ago(latest.snapshot.last_seen_at, zone, now))


def _clock(latest: Latest | None) -> list[Component]:
    """Say how wrong the own clock of the device is, if it is."""
    if latest is None or not latest.snapshot.has_suspect_clock:
        return []
    skew = timedelta(milliseconds=latest.snapshot.skew_ms or 0)
    duration = format_timedelta(abs(skew), threshold=1.5, locale=Locale(language()))
    if skew > timedelta(0):
        said = _("clock suspect: %(duration)s ahead", duration=duration)
    else:
        said = _("clock suspect: %(duration)s behind", duration=duration)
    return [html.Span(f" · {said}", title=_("Look at the clock of the Pi: its readings may stand at the wrong time."))]


def _config(latest: Latest | None) -> list[Component]:
    """Say that the device goes on by an older configuration, if it does."""
    if latest is None or not latest.snapshot.config_damaged:
        return []
    said, what_to_do = _("older configuration"), _("Mend pi.toml: hydrofleet-pi selftest shows where it is damaged.")
    return [html.Span(f" · {said}", title=what_to_do)]


def _tile(latest: Latest, quantity: Quantity, unit: ConductivityUnit) -> Component:
    name, channel = naming(quantity, unit), latest.snapshot.channels[quantity]
    scaled = channel if quantity is not Quantity.EC else _in_unit(channel, unit)
    number = "–" if scaled.value is None else number_text(scaled.value, name.decimals)
    value = [number, html.Span(name.unit, className="stat-unit")] if name.unit else number
    return stat(name.title, value, note=_note(scaled, name.decimals), class_name=f"card mark-{channel.mark}")


def _in_unit(channel: Channel, unit: ConductivityUnit) -> Channel:
    def converted(number: float | None) -> float | None:
        return None if number is None else unit.from_ec(number)

    return Channel(converted(channel.value), channel.flag, converted(channel.low), converted(channel.high))


def _note(channel: Channel, decimals: int) -> list[Component]:
    """Say in words how the value stands, with the band it is measured by."""
    words = {
        Mark.IN: _("in range"),
        Mark.LOW: _("▼ too low"),
        Mark.HIGH: _("▲ too high"),
        Mark.SUSPECT: _("doubtful"),
        Mark.MISSING: _("no value"),
        Mark.UNJUDGED: _("no target"),
    }[channel.mark]
    if channel.low is None or channel.high is None:
        return [html.Span(words)]
    low, high = number_text(channel.low, decimals), number_text(channel.high, decimals)
    return [html.Span(words), html.Span(_("target %(low)s to %(high)s", low=low, high=high))]
