"""The names of this page's components, once."""

from enum import StrEnum, unique


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    REVISION = "users-revision"
    LIST = "users-list"
    ROWS = "users-list-rows"
    NEW_NAME = "users-new-name"
    NEW_ROLE = "users-new-role"
    INVITE = "users-invite"
    ONCE = "users-once"
    CHOSEN = "users-chosen"
    NAME = "users-name"
    ROLE = "users-role"
    SAVE_ROLE = "users-save-role"
    LINK = "users-link"
    SIGN_OUT = "users-sign-out"
    DISABLE = "users-disable"
    ENABLE = "users-enable"
    MESSAGE = "users-message"
