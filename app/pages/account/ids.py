"""The names of this page's components, once."""

from enum import StrEnum, unique


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    LANGUAGE = "account-language"
    TIME_ZONE = "account-time-zone"
    SAVE = "account-save"
    RELOAD = "account-reload"
    REVISION = "account-revision"
    SESSIONS = "account-sessions"
    ROWS = "account-sessions-rows"
    END = "account-end"
    MESSAGE = "account-message"
