"""What people may do."""

from enum import StrEnum, unique


@unique
class Role(StrEnum):
    """What a person may do; each role may do everything that the ones before it may."""

    VIEWER = "viewer"
    AGRONOMIST = "agronomist"
    ADMIN = "admin"

    def includes(self, other: "Role") -> bool:
        """Tell whether this role may do what ``other`` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)
