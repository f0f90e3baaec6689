"""Join: keys for images, Pis that wait, devices registered ahead, stickers, and leaving; for administrators."""

from app.i18n import N_
from app.pages.join.callbacks import register
from app.pages.join.layout import layout
from app.pages.page import Group, Page
from app.principal import Role

page = Page(
    __name__,
    path="/join",
    title=N_("Join"),
    icon="join",
    layout=layout,
    register=register,
    role=Role.ADMIN,
    group=Group.ADMINISTRATION,
)
