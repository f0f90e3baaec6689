"""The Import page: a log from elsewhere becomes history; how it would be read is shown, and tried, first."""

from app.i18n import N_
from app.pages.imports.callbacks import register
from app.pages.imports.layout import layout
from app.pages.page import Group, Page
from app.principal import Role

page = Page(
    __name__,
    path="/import",
    title=N_("Import"),
    icon="upload",
    layout=layout,
    register=register,
    role=Role.AGRONOMIST,
    group=Group.DATA,
)
