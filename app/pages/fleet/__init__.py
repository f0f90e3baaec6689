"""The fleet: every device with its newest reading, its state, and the last 24 hours."""

from app.i18n import N_
from app.pages.fleet.callbacks import register
from app.pages.fleet.layout import layout
from app.pages.page import Page

page = Page(__name__, path="/fleet", title=N_("Fleet"), icon="fleet", layout=layout, register=register)
