"""The Calibrate page: a phone at the tank, the probe in a standard, and the history put right."""

from app.i18n import N_
from app.pages.calibrate.callbacks import register
from app.pages.calibrate.layout import layout
from app.pages.page import Group, Page

page = Page(
    module="app.pages.calibrate",
    path="/calibrate",
    title=N_("Calibrate"),
    icon="drop",
    layout=layout,
    register=register,
    group=Group.CARE,
)
