"""What a page is: a name, a place, a layout and its callbacks. Each folder below ``app/pages`` exports one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from pathlib import Path
from typing import Any

from dash import Dash
from dash.development.base_component import Component
from sqlalchemy import Engine

from app.principal import Role, current_user


@unique
class Group(StrEnum):
    """What stands together in the navigation, in this order."""

    WATCH = "watch"  # see how the tanks are
    CARE = "care"  # do something about it
    DATA = "data"  # in and out
    ADMINISTRATION = "administration"


#: Builds a page for one visit: ``layout(context, query, **path_variables)``. It is also called once without path
#: variables when the server starts, so these need defaults, and it must build on an empty database.
Layout = Callable[..., Component]


@dataclass(frozen=True, slots=True)
class PageContext:
    """What pages are given to work with; they build their own data sources from it."""

    engine: Engine
    #: Tells the time, aware and in UTC.
    clock: Callable[[], datetime]
    #: Where a device's site names no time zone of its own.
    time_zone: str = "Asia/Jakarta"
    #: The ppm scale of a person who has chosen none: 500, 640 or 700.
    ppm_scale: int = 500
    #: Reads the certificate of the authority that new Pis believe; None where they need none.
    authority: Callable[[], str | None] = lambda: None
    #: Tells how full the disk is, 0 to 1, where the data are.
    disk_used: Callable[[], float] = lambda: 0.0
    #: Where files on their way in lie.
    uploads: Path = Path("uploads")

    def zone_of_reader(self) -> str:
        """Give the time zone of what belongs to people rather than to a tank: logins, the log."""
        user = current_user()
        return (user.time_zone if user else None) or self.time_zone


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the dashboard.

    ``title`` is a source text marked with :func:`app.i18n.N_`; ``title_of`` may build it from the path instead (a
    device's name). ``icon`` names a class ``icon-<name>`` of assets/icons.css. ``register`` attaches the callbacks
    to one app. Pages with ``nav`` stand in the navigation, in the order in which the server lists them. ``role`` is
    the least that a reader must have: others do not see the page in the navigation and are told so at its address.
    What callbacks change is protected by the use cases, not by this. ``group`` is the part of the navigation in which
    the page stands.
    """

    module: str
    path: str
    title: str
    icon: str
    layout: Layout
    register: Callable[[Dash, PageContext], None]
    path_template: str | None = None
    nav: bool = True
    title_of: Callable[[Mapping[str, Any]], str] | None = field(default=None)
    role: Role = Role.VIEWER
    group: Group = Group.WATCH

    def is_at(self, path: str) -> bool:
        """Tell whether a path of the address bar leads to this page."""
        parts = path.strip("/").split("/")
        wanted = (self.path_template or self.path).strip("/").split("/")
        return len(parts) == len(wanted) and all(
            bool(part) if name.startswith("<") else part == name for part, name in zip(parts, wanted, strict=True)
        )

    def is_open_to(self, role: Role) -> bool:
        """Tell whether somebody with this role may see the page."""
        return role.includes(self.role)
