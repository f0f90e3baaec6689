"""What the page does when somebody touches it: bands on one side, tanks on the other."""

from dash import Dash

from app.pages.page import PageContext
from app.pages.targets import bands, planting
from app.pages.targets.source import TargetSource


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks to ``app``; call once per app."""
    source = TargetSource(context.engine)
    bands.register(app, bands.BandAnswers(source, context.engine, context))
    planting.register(app, planting.PlantingAnswers(source, context.engine, context))
