"""The audit log: who did what, when, from where; for administrators."""

from app.i18n import N_
from app.pages.audit.callbacks import register
from app.pages.audit.layout import layout
from app.pages.page import Group, Page
from app.principal import Role

page = Page(
    __name__,
    path="/audit",
    title=N_("Audit log"),
    icon="log",
    layout=layout,
    register=register,
    role=Role.ADMIN,
    group=Group.ADMINISTRATION,
)
