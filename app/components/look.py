"""How a figure is to look on the screen it is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from app.components.conductivity import ConductivityUnit

#: What a browser says of its screen: whether it is ``dark``, ``narrow``, and used by ``touch``.
Screen = Mapping[str, bool]


@dataclass(frozen=True, slots=True)
class Look:
    """The unit that a reader wants, and what is known of the screen; ``scheme`` is light or dark."""

    unit: ConductivityUnit
    scheme: str | None = None
    narrow: bool = False
    touch: bool = False

    @classmethod
    def on(cls, screen: Screen | None, unit: ConductivityUnit) -> Self:
        """Read what the browser says about itself."""
        said = screen or {}
        return cls(
            unit,
            scheme="dark" if said.get("dark") else "light",
            narrow=bool(said.get("narrow")),
            touch=bool(said.get("touch")),
        )
