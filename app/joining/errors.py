"""What can be refused around joining, and who may ask at all."""

from dataclasses import dataclass, field
from typing import Any

from app.i18n import N_, _
from app.principal import Principal, Role
from models.errors import HydrofleetError


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is wrong: English for programs and the command line, the reader's language for people on a page.

    ``text`` is marked with :func:`app.i18n.N_`; its ``%(name)s`` stand for ``values``.
    """

    text: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text

    def in_language(self) -> str:
        """Say it in the reader's language."""
        return _(self.text, **self.values)


def sentence(text: str, **values: Any) -> Sentence:
    """Write a sentence; ``text`` is marked for translation."""
    return Sentence(text, values)


class JoiningRefused(HydrofleetError):
    """It is not done; the message says why, ``said`` in the reader's language, too."""

    def __init__(self, text: str, **values: Any) -> None:
        self.said = Sentence(text, values)
        super().__init__(str(self.said))


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
