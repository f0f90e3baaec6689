"""Days as people choose them, on the clock on the wall."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from app.pages.page import PageContext


def chosen_day(text: str | None, context: PageContext) -> date:
    """Read a day as the browser sends it; today where none is chosen."""
    if text:
        return date.fromisoformat(text[:10])
    return context.clock().astimezone(ZoneInfo(context.time_zone)).date()


def midnight(text: str | None, context: PageContext) -> datetime:
    """Give the beginning of a chosen day, aware and in UTC."""
    return datetime.combine(chosen_day(text, context), time(), ZoneInfo(context.time_zone)).astimezone(UTC)
