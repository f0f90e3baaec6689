"""Text for people, kept with its values until it is known in which language they read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.i18n import _
from models.errors import HydrofleetError


@dataclass(frozen=True, slots=True)
class Saying:
    """A reason, a question or a note: a text marked for translation, and what is filled in, other sayings too."""

    text: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        """Say it in English."""
        return self.text % self.values if self.values else self.text

    def in_language(self) -> str:
        """Say it in the reader's language."""
        values = {
            name: value.in_language() if isinstance(value, Saying) else value for name, value in self.values.items()
        }
        return _(self.text, **values)


def saying(text: str, /, **values: object) -> Saying:
    """Say something; ``text`` is marked with :func:`app.i18n.N_`, its ``%(name)s`` stand for ``values``."""
    return Saying(text, values)


class Refused(HydrofleetError):
    """Something cannot be done as asked: ``text`` says why and what to change, with ``values`` filled in."""

    def __init__(self, text: str, /, **values: object) -> None:
        self.saying = saying(text, **values)
        super().__init__(str(self.saying))

    def in_language(self) -> str:
        """Say it in the reader's language."""
        return self.saying.in_language()
