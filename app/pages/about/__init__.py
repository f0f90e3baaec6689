"""What this server is and how it is."""

from app.i18n import N_
from app.pages.about.callbacks import register
from app.pages.about.layout import layout
from app.pages.page import Page

page = Page(__name__, path="/about", title=N_("About"), icon="log", layout=layout, register=register, nav=False)
