"""The Targets page: what each crop should keep to, who says so, and where it grows."""

from app.i18n import N_
from app.pages.page import Group, Page
from app.pages.targets.callbacks import register
from app.pages.targets.layout import layout

page = Page(
    module="app.pages.targets",
    path="/targets",
    title=N_("Targets"),
    icon="target",
    layout=layout,
    register=register,
    group=Group.CARE,
)
