"""The Export page: which readings, in which form; the file, the same as an address, and what became of former ones."""

from app.i18n import N_
from app.pages.export.callbacks import register
from app.pages.export.layout import layout
from app.pages.page import Group, Page

page = Page(
    __name__,
    path="/export",
    title=N_("Export"),
    icon="download",
    layout=layout,
    register=register,
    group=Group.DATA,
)
