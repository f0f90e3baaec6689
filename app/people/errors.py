"""Why a change of people is not made."""

from models.errors import HydrofleetError


class PeopleError(HydrofleetError):
    """Base of the reasons."""


class OnlyAdministrators(PeopleError):
    """Whoever asks may not manage people."""

    def __init__(self, name: str | None) -> None:
        who = f"{name} may" if name else "nobody who is not logged in may"
        super().__init__(f"{who} not manage people; ask an administrator")


class LastAdministrator(PeopleError):
    """Nobody would be left who can let others in."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is the last administrator who can log in; make somebody else one first")


class UnusableName(PeopleError):
    """A name that could not be typed into the login page."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name!r} cannot be a login name; use 1 to 100 visible characters without spaces at the ends, such as sari"
        )


class UnusableInvitation(PeopleError):
    """The link was used, has expired, was replaced by a newer one, or never was one."""

    def __init__(self) -> None:
        super().__init__("this link does not work any more; ask an administrator for a new one")


class WrongPassword(PeopleError):
    """The present password is not the one that was typed."""

    def __init__(self) -> None:
        super().__init__("the present password is wrong")


class DisabledPerson(PeopleError):
    """A link for somebody who may not log in."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is disabled; let them in again first")


class NotLoggedIn(PeopleError):
    """Nobody is logged in whose account could be changed."""

    def __init__(self) -> None:
        super().__init__("nobody is logged in; log in first")


class TooManyFailures(PeopleError):
    """The password was guessed wrong too often lately."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many failures; wait {wait_s} s")
        self.wait_s = wait_s


class UnknownTimeZone(PeopleError):
    """No time zone has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is no time zone; write it as Asia/Jakarta")
        self.name = name
