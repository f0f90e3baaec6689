"""Today: what needs somebody, in order of urgency, with the reason in words. The home page."""

from app.i18n import N_
from app.pages.page import Page
from app.pages.today.callbacks import register
from app.pages.today.layout import layout

page = Page(__name__, path="/", title=N_("Today"), icon="today", layout=layout, register=register)
