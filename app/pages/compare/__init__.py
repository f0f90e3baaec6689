"""Compare: up to 99 Pis side by side, over one another, against their cohort, and in an order."""

from app.i18n import N_
from app.pages.compare.callbacks import register
from app.pages.compare.layout import layout
from app.pages.page import Page

page = Page(__name__, path="/compare", title=N_("Compare"), icon="compare", layout=layout, register=register)
