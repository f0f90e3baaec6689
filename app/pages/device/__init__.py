"""The Device page: one Pi's pH, conductivity and water temperature, over any period, with its statistics."""

from collections.abc import Mapping
from typing import Any

from app.i18n import N_
from app.pages.device.callbacks import register
from app.pages.device.layout import layout
from app.pages.page import Page


def _title_of(variables: Mapping[str, Any]) -> str:
    return str(variables["device"])


page = Page(
    module="app.pages.device",
    # Dash wants a plain path beside the template; this one is a device that cannot be.
    path="/devices/-",
    path_template="/devices/<device>",
    title=N_("Device"),
    icon="device",
    layout=layout,
    register=register,
    nav=False,
    title_of=_title_of,
)
