"""Readings that came with an impossible time: an agronomist gives them theirs, or leaves them out."""

from app.i18n import N_
from app.pages.page import Page
from app.pages.quarantine.callbacks import register
from app.pages.quarantine.layout import layout
from app.principal import Role

page = Page(
    __name__,
    path="/quarantine",
    title=N_("Readings without a time"),
    icon="audit",
    layout=layout,
    register=register,
    nav=False,
    role=Role.AGRONOMIST,
)
