"""What the page does when the clock ticks or somebody touches it: the probe now, the form, what is kept."""

from dash import Dash

from app.calibration.desk import CalibrationDesk
from app.pages.calibrate import filling, live, saving
from app.pages.calibrate.source import CalibrationSource
from app.pages.page import PageContext


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks to ``app``; call once per app."""
    desk, source = CalibrationDesk(context.engine, context.clock), CalibrationSource(context.engine)
    live.register(app, live.LiveAnswers(source, desk, context))
    filling.register(app, filling.FillingAnswers(source, context))
    saving.register(app, saving.SavingAnswers(source, desk, context))
