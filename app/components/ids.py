"""Ids of the shell that pages may listen to."""

from enum import StrEnum, unique


@unique
class ShellId(StrEnum):
    """Ids outside every page."""

    PROVIDER = "shell-provider"
    APP = "shell-app"
    BURGER = "shell-burger"
    NAVBAR = "shell-navbar"
    NAVIGATION = "shell-navigation"
    LOCATION = "shell-location"
    UNIT = "shell-unit"
    #: The unit that the account knows.
    KEPT_UNIT = "account-unit"
    COLOR_SCHEME = "shell-color-scheme"
