"""One's own account: password, language, time zone, and the browsers that are logged in."""

from app.i18n import N_
from app.pages.account.callbacks import register
from app.pages.account.layout import layout
from app.pages.page import Page

page = Page(
    __name__, path="/account", title=N_("Your account"), icon="user", layout=layout, register=register, nav=False
)
