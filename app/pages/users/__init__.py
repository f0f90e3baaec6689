"""People: who may log in and what they may do, for administrators."""

from app.i18n import N_
from app.pages.page import Group, Page
from app.pages.users.callbacks import register
from app.pages.users.layout import layout
from app.principal import Role

page = Page(
    __name__,
    path="/users",
    title=N_("People"),
    icon="people",
    layout=layout,
    register=register,
    role=Role.ADMIN,
    group=Group.ADMINISTRATION,
)
