"""What the page does: search, and turn to older entries."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import Dash, Input, Output, State, ctx

from app.pages.audit.ids import Id
from app.pages.audit.table import log_table
from app.pages.audit.words import action_text, actor_text
from app.pages.page import PageContext
from app.people.errors import OnlyAdministrators
from app.people.trail import AuditTrail
from app.principal import current_user
from models.read.audit import AuditQuery

PAGE_LENGTH = 50
Outputs = dict[str, Any]


class AuditAnswers:
    """What the page answers; each method is the body of one callback."""

    def __init__(self, trail: AuditTrail, context: PageContext) -> None:
        self._trail = trail
        self._context = context

    def words(self) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        """Answer the opening of the page: the people and actions that the log knows, in the reader's words."""
        try:
            actors, actions = self._trail.words(by=current_user())
        except OnlyAdministrators:
            return [], []
        return _choices(actors, actor_text), _choices(actions, action_text)

    def search(
        self, actor: str | None, action: str | None, about: str | None, days: list[str] | None, *, before: int | None
    ) -> Outputs:
        """Answer a search or a turn of the page: the entries, and from where older ones go on (None: no more)."""
        start, end = span_of(days, self._context.zone_of_reader())
        query = AuditQuery(actor or None, action or None, (about or "").strip() or None, start, end)
        try:
            entries = self._trail.search(query, before=before, limit=PAGE_LENGTH, by=current_user())
        except OnlyAdministrators:
            entries = []
        is_last = len(entries) < PAGE_LENGTH
        return {
            "rows": log_table(entries, self._context.zone_of_reader()),
            "before": None if is_last else entries[-1].id,
            "older_disabled": is_last,
            "newest_disabled": before is None,
        }


def _choices(values: list[str], text_of: Callable[[str], str]) -> list[dict[str, str]]:
    choices = [{"value": one, "label": text_of(one)} for one in values]
    return sorted(choices, key=lambda choice: choice["label"].casefold())


def span_of(days: list[str] | None, zone: str) -> tuple[datetime | None, datetime | None]:
    """Give ``[start, end)`` of the days chosen, on the clock of ``zone``; a range half chosen is none."""
    if not days or len(days) != 2 or not all(days):
        return None, None
    first, last = (date.fromisoformat(day[:10]) for day in days)
    return _midnight(first, zone), _midnight(last + timedelta(days=1), zone)


def _midnight(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks to ``app``; call once per app."""
    answers = AuditAnswers(AuditTrail(context.engine), context)

    @app.callback(Output(Id.ACTOR, "data"), Output(Id.ACTION, "data"), Input(Id.ROWS, "id"))
    def words(_id: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
        return answers.words()

    @app.callback(
        output={
            "rows": Output(Id.ROWS, "children"),
            "before": Output(Id.BEFORE, "data"),
            "older_disabled": Output(Id.OLDER, "disabled"),
            "newest_disabled": Output(Id.NEWEST, "disabled"),
        },
        inputs={
            "actor": Input(Id.ACTOR, "value"),
            "action": Input(Id.ACTION, "value"),
            "about": Input(Id.ABOUT, "value"),
            "days": Input(Id.DAYS, "value"),
            "_newest": Input(Id.NEWEST, "n_clicks"),
            "_older": Input(Id.OLDER, "n_clicks"),
            "before": State(Id.BEFORE, "data"),
        },
    )
    def search(_newest: int | None, _older: int | None, before: int | None, **wanted: Any) -> Outputs:
        # Only a turn to older entries goes on from where one is; everything else begins with the newest.
        return answers.search(**wanted, before=before if ctx.triggered_id == Id.OLDER else None)
