"""What an entry says: a title, the evidence, what to do about it, and where the cause is to be seen."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite
from urllib.parse import quote, urlencode

from analytics.quantities import Quantity
from app.components import ConductivityUnit
from app.flag_words import tests_in_words
from app.i18n import _, ngettext, number_text, time_text
from app.insights.findings import Check, Heading, Lack, Result
from app.pages.device.displayed import naming
from app.pages.device.insights.words import AT_ANY_MOMENT_H, Said, Terms, duration_text, hours_text, said
from app.pages.device.view import Range
from app.pages.today.entries import (
    Doubt,
    Due,
    Entry,
    Evidence,
    Kind,
    Outside,
    Scope,
    ServerTrouble,
    Silence,
    Trouble,
    Waiting,
)
from app.pages.today.troubles import trouble_said

#: Names listed of Pis that share a cause; the rest is counted.
_NAMES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Reader:
    """For whom it is written: in which unit, on which clock where a tank has none, and at what time."""

    unit: ConductivityUnit
    zone: str
    now: datetime


@dataclass(frozen=True, slots=True)
class Link:
    """Where the cause is to be seen, and what the way there is called."""

    text: str
    address: str


def kind_text(kind: Kind) -> str:
    """Name a kind, as the heading of its entries."""
    return {
        Kind.SERVER: _("Server"),
        Kind.OUT: _("Out of range now"),
        Kind.SILENT: _("Silent"),
        Kind.LIMIT: _("Out of range soon"),
        Kind.SUSPECT: _("Suspect values"),
        Kind.PROBE: _("Probes"),
        Kind.CALIBRATION: _("Calibrations due"),
        Kind.JOIN: _("Waiting to join"),
    }[kind]


def lines_of(entry: Entry, reader: Reader) -> list[Said]:
    """Put each piece of evidence into words."""
    zone = entry.time_zone or reader.zone
    return [_say(one, entry, Reader(reader.unit, zone, reader.now)) for one in entry.evidence]


def link_of(entry: Entry, reader: Reader) -> Link:
    """Lead to the cause."""
    first = entry.evidence[0]
    if isinstance(first, Waiting):
        return Link(_("Decide"), "/join")
    if isinstance(first, ServerTrouble) and first.trouble is Trouble.QUARANTINE:
        return Link(_("Decide"), "/quarantine")
    if isinstance(first, ServerTrouble) and not entry.devices:
        return Link(_("How the server is"), "/about")
    if entry.kind is Kind.CALIBRATION or _is_electrode(first):
        return Link(_("Calibrate"), "/calibrate?" + urlencode({"device": entry.devices[0]}))
    if len(entry.devices) > 1:
        places = {"site": entry.site, "zone": entry.zone, "state": "silent"}
        return Link(_("Show them"), "/fleet?" + urlencode({name: value for name, value in places.items() if value}))
    query = urlencode({"range": str(_range_of(first, reader.now))})
    return Link(_("Chart"), f"/devices/{quote(entry.devices[0])}?{query}")


def who_text(entry: Entry) -> str:
    """Name the devices of an entry that has several: the first ones, and how many more."""
    names = entry.devices[:_NAMES_SHOWN]
    more = len(entry.devices) - len(names)
    listed = ", ".join(names)
    return listed if not more else _("%(names)s and %(count)s more", names=listed, count=more)


def place_text(entry: Entry) -> str:
    """Say where it is."""
    return " · ".join(filter(None, (entry.site, entry.zone)))


def unforeseen_text(lack: Lack, count: int) -> str:
    """Say of how many tanks the future cannot be foretold, and why."""
    return {
        Lack.NO_TREND: _("%(count)s without a clear trend", count=count),
        Lack.SINCE_EVENT: _("%(count)s whose water was changed a short time ago", count=count),
        Lack.SHORT_HISTORY: _("%(count)s with less than three days of history", count=count),
        Lack.NO_TARGET: _("%(count)s without a target", count=count),
        Lack.STALE: _("%(count)s with no recent readings", count=count),
        Lack.NO_READINGS: _("%(count)s without usable readings", count=count),
    }.get(lack, str(count))


def _is_electrode(evidence: Evidence) -> bool:
    return isinstance(evidence, Result) and evidence.check is Check.ELECTRODE


def _range_of(evidence: Evidence, now: datetime) -> Range:
    """Choose the stretch in which the cause is to be seen."""
    if isinstance(evidence, Result):
        return {Check.LIMIT: Range.DAY, Check.PEERS: Range.MONTH}.get(evidence.check, Range.WEEK)
    if isinstance(evidence, Outside) and evidence.since and now - evidence.since > timedelta(hours=18):
        return Range.WEEK if now - evidence.since < timedelta(days=5) else Range.MONTH
    return Range.DAY


def _say(evidence: Evidence, entry: Entry, reader: Reader) -> Said:
    match evidence:
        case Outside():
            return _outside(evidence, reader)
        case Silence():
            return _silence(evidence, entry, reader)
        case Doubt():
            return _doubt(evidence, reader)
        case Due():
            return _due(evidence, reader)
        case Waiting():
            return _waiting(evidence, reader)
        case ServerTrouble():
            return trouble_said(evidence, reader.zone, reader.now)
        case Result(evidence=Heading() as heading):
            return _heading(evidence.quantity, heading, reader)
        case _:
            return said(evidence, reader.unit, reader.zone)


def _outside(evidence: Outside, reader: Reader) -> Said:
    terms = Terms(evidence.quantity, reader.unit, reader.zone, reader.now)
    values = {"name": terms.name.title, "value": terms.number(evidence.value)}
    title = (
        _("%(name)s %(value)s, too low", **values) if evidence.is_low else _("%(name)s %(value)s, too high", **values)
    )
    given = {"distance": terms.number(evidence.distance), "band": _band(evidence, terms)}
    how_far = (
        _("%(distance)s below its target of %(band)s", **given)
        if evidence.is_low
        else _("%(distance)s above its target of %(band)s", **given)
    )
    return Said(title, f"{how_far}; {_since(evidence, reader)}", "")


def _band(evidence: Outside, terms: Terms) -> str:
    low, high = (None if one is None else terms.bare(one) for one in (evidence.low, evidence.high))
    if low is None:
        return _("at most %(high)s", high=high)
    return _("at least %(low)s", low=low) if high is None else _("%(low)s to %(high)s", low=low, high=high)


def _since(evidence: Outside, reader: Reader) -> str:
    if evidence.since is None:
        return _("since a moment ago")
    lasting = duration_text(reader.now - evidence.since)
    if evidence.at_least:
        return _("for at least %(duration)s", duration=lasting)
    return _("since %(time)s (%(duration)s)", time=moment_text(evidence.since, reader), duration=lasting)


def moment_text(moment: datetime, reader: Reader) -> str:
    """Write a moment on the clock of the place: the time alone if it was today."""
    day = "yMMdd"
    is_today = time_text(moment, reader.zone, day) == time_text(reader.now, reader.zone, day)
    return time_text(moment, reader.zone, "HH:mm" if is_today else "d MMM HH:mm")


def _heading(quantity: Quantity, evidence: Heading, reader: Reader) -> Said:
    terms = Terms(quantity, reader.unit, reader.zone, reader.now)
    # Hours are counted from the round of checks, a minute ago or so: less than their own uncertainty.
    forecast = evidence.forecast
    earliest = hours_text(forecast.earliest_h)
    latest = hours_text(forecast.latest_h) if isfinite(forecast.latest_h) else ""
    given = {"name": terms.name.title, "limit": terms.number(evidence.limit), "earliest": earliest}
    likely = _("most likely in about %(hours)s", hours=hours_text(forecast.hours))
    if forecast.latest_h < AT_ANY_MOMENT_H:
        return Said(_("%(name)s reaches %(limit)s at any moment", **given), "", "")
    if not isfinite(forecast.latest_h):
        return Said(_("%(name)s reaches %(limit)s in %(earliest)s at the earliest", **given), likely, "")
    if earliest == latest:
        return Said(_("%(name)s reaches %(limit)s in about %(earliest)s", **given), "", "")
    return Said(_("%(name)s reaches %(limit)s in %(earliest)s to %(latest)s", **given, latest=latest), likely, "")


def _silence(evidence: Silence, entry: Entry, reader: Reader) -> Said:
    since = moment_text(evidence.since, reader)
    lasting = duration_text(reader.now - evidence.since)
    if evidence.scope is Scope.ONE:
        text = _("nothing heard since %(time)s (%(duration)s)", time=since, duration=lasting)
        return Said(_("Silent"), text, _("Look at its power and its network."))
    given = {"count": evidence.count, "total": evidence.total, "time": since, "duration": lasting}
    titles = {
        Scope.EVERYBODY: _("%(count)s of all %(total)s Pis silent since %(time)s (%(duration)s)", **given),
        Scope.SITE: _(
            "%(count)s of %(total)s Pis of %(site)s silent since %(time)s (%(duration)s)", **given, site=entry.site
        ),
        Scope.ZONE: _(
            "%(count)s of %(total)s Pis of %(zone)s silent since %(time)s (%(duration)s)", **given, zone=entry.zone
        ),
    }
    advice = {
        Scope.EVERYBODY: _("They stopped together: look at the network between them and this server."),
        Scope.SITE: _("They stopped together: look at the network or the power of the site."),
        Scope.ZONE: _("They stopped together: look at the network or the power there."),
    }
    return Said(titles[evidence.scope], who_text(entry), advice[evidence.scope])


def _doubt(evidence: Doubt, reader: Reader) -> Said:
    name = naming(evidence.quantity, reader.unit).title
    if evidence.is_missing:
        return Said(_("%(name)s is missing", name=name), _("the probe sends nothing"), _("Look at its plug and cable."))
    reasons = [text for test, text in tests_in_words().items() if evidence.tests & test]
    return Said(_("%(name)s is doubtful", name=name), ", ".join(reasons) or _("it did not pass its tests"), "")


def _due(evidence: Due, reader: Reader) -> Said:
    name = "pH" if evidence.quantity is Quantity.PH else _("EC")
    if evidence.calibrated_at is None:
        return Said(_("%(name)s was never calibrated", name=name), "", "")
    days = (reader.now - evidence.calibrated_at).days
    title = ngettext(
        "%(name)s was calibrated %(num)s day ago", "%(name)s was calibrated %(num)s days ago", days, name=name
    )
    return Said(title, _("due every 30 days"), "")


def _waiting(evidence: Waiting, reader: Reader) -> Said:
    title = ngettext("%(num)s Pi waits to be let in", "%(num)s Pis wait to be let in", evidence.count)
    since = _("since %(time)s", time=moment_text(evidence.since, reader))
    return Said(title, since, _("Compare its serial number with the one on the board."))


def share_text(share: float) -> str:
    """Write a share 0..1 in whole percent."""
    return f"{number_text(share * 100, 0)} %" if share == share else "–"
