"""The Heatmap: every device over time, colored by how much of each hour, day or week was out of range."""

from app.i18n import N_
from app.pages.heatmap.callbacks import register
from app.pages.heatmap.layout import layout
from app.pages.page import Page

page = Page(__name__, path="/heatmap", title=N_("Heatmap"), icon="heatmap", layout=layout, register=register)
