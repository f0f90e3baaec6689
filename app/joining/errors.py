"""What can be refused around joining, and who may ask at all."""

from app.principal import Principal, Role
from models.errors import HydrofleetError


class JoiningRefused(HydrofleetError):
    """It is not done; the message says why."""


class NotAllowed(JoiningRefused):
    """Only administrators decide who belongs to the fleet."""

    def __init__(self, name: str | None) -> None:
        who = f"{name} may" if name else "nobody who is not logged in may"
        super().__init__(f"{who} not manage devices and keys; ask an administrator")


class UnknownKey(JoiningRefused):
    """No enrollment key has this id."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"there is no live enrollment key {key_id!r}; list them with: hydrofleet keys enrollment list")


class UnknownRequest(JoiningRefused):
    """No Pi waits under this number."""

    def __init__(self, pending_id: int) -> None:
        super().__init__(f"no Pi waits under number {pending_id}; list them with: hydrofleet devices waiting")


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
