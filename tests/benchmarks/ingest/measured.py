"""What a measurement gives."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """Figures by name, and the limits they were compared with in the same run."""

    figures: dict[str, float]
    limits: dict[str, float]
