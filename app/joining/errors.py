"""What can be refused around joining, and who may ask at all."""

from app.i18n import N_
from app.principal import Principal, Role
from app.saying import Refused


class JoiningRefused(Refused):
    """It is not done; the message says why."""


class NotAllowed(JoiningRefused):
    """Only administrators decide who belongs to the fleet."""

    def __init__(self, name: str | None) -> None:
        if name:
            super().__init__(N_("%(name)s may not manage devices and keys; ask an administrator"), name=name)
        else:
            super().__init__(N_("nobody who is not logged in may manage devices and keys; ask an administrator"))


class UnknownKey(JoiningRefused):
    """No enrollment key has this id."""

    def __init__(self, key_id: str) -> None:
        text = N_("there is no live enrollment key '%(key)s'; list them with: hydrofleet keys enrollment list")
        super().__init__(text, key=key_id)


class UnknownRequest(JoiningRefused):
    """No Pi waits under this number."""

    def __init__(self, pending_id: int) -> None:
        text = N_("no Pi waits under number %(number)s; list them with: hydrofleet devices waiting")
        super().__init__(text, number=pending_id)


def administrator(by: Principal | None) -> Principal:
    """Give the person back.

    Raises
    ------
    NotAllowed
        If it is nobody, or no administrator.
    """
    if by is None or not by.role.includes(Role.ADMIN):
        raise NotAllowed(by.name if by else None)
    return by
