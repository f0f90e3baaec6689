"""What the probe says, second by second, and whether the Pi is asked to read that often."""

from datetime import datetime
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, ctx, no_update

from analytics.buffers import BufferSet
from analytics.quantities import Quantity
from app.calibration.desk import CalibrationDesk
from app.calibration.errors import CalibrationError
from app.components import Screen
from app.i18n import _, time_text
from app.pages.calibrate.drawing import row_labels, signal_view, spark_figure
from app.pages.calibrate.history import repair_text
from app.pages.calibrate.ids import ROWS, Id, row_id
from app.pages.calibrate.source import CalibrationSource, guessed_row, zone_of
from app.pages.calibrate.words import error_text
from app.pages.page import PageContext
from app.principal import current_user
from models.errors import HydrofleetError
from models.read.devices import DeviceRecord

Outputs = dict[str, Any]


class LiveAnswers:
    """What the page answers about the probe now; each method is the body of one callback.

    Nothing here asks the Pi for anything unless somebody presses the button: readings of live mode count as service.
    """

    def __init__(self, source: CalibrationSource, desk: CalibrationDesk, context: PageContext) -> None:
        self._source = source
        self._desk = desk
        self._context = context

    def names(self) -> list[str]:
        """Answer the opening of the page: the devices to choose from."""
        return self._source.names()

    def switch(self, name: str | None, *, moved: str | None) -> str:
        """Answer one of the two buttons of live mode: a failure as its sentence; success shows in the next tick."""
        if not name:
            return _("Choose a tank first.")
        try:
            if moved == Id.END_LIVE:
                self._desk.end_live(name, by=current_user())
            else:
                self._desk.go_live(name, by=current_user())
        except CalibrationError as error:
            return error_text(error)
        except HydrofleetError as error:
            return str(error)
        return ""

    def tick(self, name: str | None, *, quantity: str, buffers: str, scheme: str | None) -> Outputs:
        """Answer a second: what the probe says, and how far a repair is."""
        device, chosen = self._source.device(name), BufferSet[buffers]
        standard = [_("Standard")]
        nothing: Outputs = {
            "text": [],
            "spark": no_update,
            "signal": None,
            "labels": [*row_labels(chosen, None, None), standard],
            "repair": "",
            **_live_state(device, None, self._context),
        }
        if device is None:
            return nothing
        probe = Quantity(quantity)
        signal, shown = self._source.signal(device, probe), self._source.shown(device, probe)
        now = self._context.clock()
        text = signal_view(signal, now, is_live=device.is_live(now))
        told = nothing | {
            "text": text,
            "repair": repair_text(self._source.repairs(device)),
            **_live_state(device, self._source.seen_at(device), self._context),
            "signal": {"shown": shown, "quantity": probe},
        }
        if signal is None:
            return told
        guessed = guessed_row(signal, chosen, self._source.history(device, probe)) if probe is Quantity.PH else None
        return told | {
            "spark": spark_figure(signal.shown, scheme),
            "signal": told["signal"] | {"mv": round(signal.millivolts, 2), "celsius": signal.celsius},
            "labels": [*row_labels(chosen, signal.celsius, guessed), standard],
        }


def _live_state(device: DeviceRecord | None, seen_at: datetime | None, context: PageContext) -> Outputs:
    """Say how often the Pi reads, and which of the two buttons makes sense."""
    if device is None:
        return {"live": "", "go_disabled": True, "end_disabled": True}
    if device.live_from is None or device.live_until is None or not device.is_live(context.clock()):
        text = _("The Pi reads at its usual interval. Live readings show how the probe settles.")
        return {"live": text, "go_disabled": False, "end_disabled": True}
    until = time_text(device.live_until, zone_of(device, context), "HH:mm")
    if seen_at is None or seen_at <= device.live_from:
        text = _("Live until %(clock)s. The Pi begins with its next post.", clock=until)
    else:
        text = _(
            "Live until %(clock)s: a reading every second. Until then pH and EC stay out of the statistics.",
            clock=until,
        )
    return {"live": text, "go_disabled": True, "end_disabled": False}


def register(app: Dash, answers: LiveAnswers) -> None:
    """Attach these callbacks to ``app``; call once per app."""

    @app.callback(Output(Id.BODY, "hidden"), Output(Id.UNCHOSEN, "hidden"), Input(Id.DEVICE, "value"))
    def sight(name: str | None) -> tuple[bool, bool]:
        return not name, bool(name)

    app.clientside_callback(
        ClientsideFunction("calibrate", "screen"), Output(Id.SCREEN, "data"), Input(Id.DEVICE, "id")
    )

    @app.callback(Output(Id.DEVICE, "data"), Input(Id.DEVICE, "id"))
    def names(_id: str) -> list[str]:
        return answers.names()

    @app.callback(
        Output(Id.LIVE_ANSWER, "children"),
        Input(Id.GO_LIVE, "n_clicks"),
        Input(Id.END_LIVE, "n_clicks"),
        Input(Id.DEVICE, "value"),
        prevent_initial_call=True,
    )
    def switch(_go: int | None, _end: int | None, name: str | None) -> str:
        return "" if ctx.triggered_id == Id.DEVICE else answers.switch(name, moved=ctx.triggered_id)

    @app.callback(
        output={
            "text": Output(Id.SIGNAL_TEXT, "children"),
            "spark": Output(Id.SPARK, "figure"),
            "signal": Output(Id.SIGNAL, "data"),
            "labels": [Output(row_id("label", row), "children") for row in ROWS],
            "repair": Output(Id.REPAIR, "children"),
            "live": Output(Id.LIVE_TEXT, "children"),
            "go_disabled": Output(Id.GO_LIVE, "disabled"),
            "end_disabled": Output(Id.END_LIVE, "disabled"),
        },
        inputs={
            "_tick": Input(Id.TICK, "n_intervals"),
            "_pressed": Input(Id.LIVE_ANSWER, "children"),
            "name": Input(Id.DEVICE, "value"),
            "quantity": Input(Id.QUANTITY, "value"),
            "buffers": Input(Id.BUFFERS, "value"),
            "screen": Input(Id.SCREEN, "data"),
        },
    )
    def tick(
        _tick: int | None, _pressed: str, name: str | None, quantity: str, buffers: str, screen: Screen | None
    ) -> Outputs:
        scheme = "dark" if (screen or {}).get("dark") else "light"
        return answers.tick(name, quantity=quantity, buffers=buffers, scheme=scheme)
