"""What the page does: look at a file, try it, load it, and tell how far it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dash import Dash, Input, Output, State, html, no_update

from app.components import moved_controls
from app.i18n import _
from app.imports import ImportRefused, ImportRequest, Mode, Proposal, propose
from app.imports.runs import Runs
from app.imports.shelf import Shelf
from app.pages.imports.ids import COLUMNS, CONTROLS, Id
from app.pages.imports.words import (
    FIELDS,
    first_lines,
    found_text,
    progress_parts,
    questions_text,
    reasons,
    report_parts,
)
from app.pages.page import PageContext
from app.principal import Principal, Role, current_user
from app.saying import Refused
from models.db import session_scope
from models.errors import HydrofleetError
from models.read.devices import list_devices

Outputs = dict[str, Any]


class ImportAnswers:
    """What the page answers; each method is the body of one callback."""

    def __init__(self, context: PageContext) -> None:
        self._shelf, self._runs = Shelf(context.uploads), Runs(context.engine, context.clock)
        self._context = context

    def look(self, sent: Mapping[str, str] | None, sheet: str | None) -> Outputs:
        """Answer a file, or another sheet of it, with how it would be read."""
        try:
            proposal = propose(self._path(sent), sheet=sheet)
        except HydrofleetError as error:
            return _nothing(_in_words(error), hidden=sheet is None)
        why, columns = reasons(proposal), [name for name in dict.fromkeys(proposal.columns) if name]
        return {
            "said": "",
            "hidden": False,
            "found": found_text(proposal),
            "first": first_lines(proposal),
            "asked": questions_text(proposal),
            "values": _values(proposal),
            "sheets": list(proposal.sheets),
            "one_sheet": len(proposal.sheets) < 2,
            "devices": self._devices(),
            "columns": [columns] * len(COLUMNS),
            "reasons": [why[one] for one in COLUMNS],
            "report": None,
            "load": True,
        }

    def begin(self, sent: Mapping[str, str] | None, given: Mapping[Id, Any], *, for_good: bool, sure: str) -> str:
        """Begin a trial or the import itself; gives its name. ``sure`` is the name of what may be replaced.

        Raises
        ------
        HydrofleetError
            If it cannot be done as asked.
        """
        reader = _agronomist()
        request = self.request(sent, given, dry_run=not for_good)
        name = request.device or request.path.name
        if for_good and request.mode is Mode.REPLACE_SPAN and sure.strip() != name:
            raise ImportRefused(_("To take out the readings of that span, type %(name)s below the choice.", name=name))
        return self._runs.begin(request, by=reader).id

    def request(self, sent: Mapping[str, str] | None, given: Mapping[Id, Any], *, dry_run: bool) -> ImportRequest:
        """Make the request of the form as it stands."""
        fields = {name: given[one] or None for one, name in FIELDS.items()}
        if fields["device_column"]:
            fields["device"] = None
        unit = given[Id.EC_UNIT]
        if given[Id.EC_COLUMN] and str(unit).isdigit():
            fields |= {"tds_column": given[Id.EC_COLUMN], "tds_scale": int(unit)}
        elif given[Id.EC_COLUMN]:
            if not unit:
                raise ImportRefused(_("Choose the unit of conductivity."))
            fields |= {"ec_column": given[Id.EC_COLUMN], "ec_unit": unit}
        for name, text in {
            "time_column": _("Choose the column of the time."),
            "time_zone": _("Choose a zone."),
        }.items():
            if not fields[name]:
                raise ImportRefused(text)
        own = {name: value for name, value in fields.items() if value is not None}
        if given[Id.MODE] not in [str(one) for one in Mode]:
            raise ImportRefused(_("Choose what happens where there are readings already."))
        others = {"medium": given[Id.MEDIUM], "site": given[Id.SITE] or None, "mode": Mode(given[Id.MODE])}
        nulls = tuple(map(str, given[Id.NULLS] or ()))
        return ImportRequest(path=self._path(sent), dry_run=dry_run, null_texts=nulls, **own, **others)

    def progress(self, run_id: str | None) -> Outputs:
        """Answer the clock: how far it is, or what became of it."""
        reader = current_user()
        run = self._runs.find(run_id or "", by=reader) if reader is not None else None
        if run is None:
            return {"report": None, "still": True, "load": True}
        if not run.is_over:
            return {"report": progress_parts(run), "still": False, "load": True}
        if run.report is None:
            return {"report": run.error and run.error.in_language(), "still": True, "load": True}
        zone = self._context.zone_of_reader()
        can_load = run.report.dry_run and not run.report.rejected_all
        return {"report": report_parts(run.report, zone), "still": True, "load": not can_load}

    def _devices(self) -> list[str]:
        with session_scope(self._context.engine) as session:
            return [one.name for one in list_devices(session)]

    def _path(self, sent: Mapping[str, str] | None) -> Path:
        if not sent or "upload" not in sent:
            raise ImportRefused((sent or {}).get("error") or _("The file did not arrive whole; send it again."))
        return self._shelf.path(sent["upload"], by=_agronomist())


def _agronomist() -> Principal:
    reader = current_user()
    if reader is None or not reader.role.includes(Role.AGRONOMIST):
        raise ImportRefused(_("Only agronomists and administrators may import."))
    return reader


def _values(proposal: Proposal) -> list[Any]:
    """Give what the controls show, in their order."""
    given = proposal.given
    shown = {one: given.get(name) for one, name in FIELDS.items()}
    shown[Id.EC_COLUMN] = given.get("ec_column") or given.get("tds_column")
    shown[Id.EC_UNIT] = given.get("ec_unit") or (str(given["tds_scale"]) if "tds_scale" in given else None)
    shown |= {Id.NULLS: [], Id.MEDIUM: "natural", Id.MODE: str(Mode.INSERT), Id.SITE: ""}
    texts = {Id.DEVICE, Id.TIME_FORMAT, Id.SITE}
    return [shown[one] if shown[one] is not None or one not in texts else "" for one in CONTROLS]


def _nothing(said: str, *, hidden: bool) -> Outputs:
    others = ("found", "first", "asked", "sheets", "one_sheet", "devices")
    left = [no_update] * len(COLUMNS)
    return {
        **dict.fromkeys(others, no_update),
        "said": said,
        "hidden": hidden,
        "values": [no_update] * len(CONTROLS),
        "columns": left,
        "reasons": left,
        "report": None,
        "load": True,
    }


def _in_words(error: HydrofleetError) -> str:
    said = error.in_language() if isinstance(error, Refused) else str(error)
    return said[:1].upper() + said[1:]


def register(app: Dash, context: PageContext) -> None:
    """Attach this page's callbacks to ``app``; call once per app."""
    answers = ImportAnswers(context)

    @app.callback(
        output={
            "said": Output(Id.SAID, "children"),
            "hidden": Output(Id.FORM, "hidden"),
            "found": Output(Id.FOUND, "children"),
            "first": Output(Id.FIRST, "children"),
            "asked": Output(Id.ASKED, "children"),
            "values": [Output(one, "value") for one in CONTROLS],
            "sheets": Output(Id.SHEET, "data"),
            "devices": Output(Id.DEVICE, "data"),
            "one_sheet": Output(f"{Id.SHEET}-box", "hidden"),
            "columns": [Output(one, "data") for one in COLUMNS],
            "reasons": [Output(one, "description") for one in COLUMNS],
            "report": Output(Id.REPORT, "children", allow_duplicate=True),
            "load": Output(Id.LOAD, "disabled", allow_duplicate=True),
        },
        inputs={"sent": Input(Id.FILE, "data"), "sheet": Input(Id.SHEET, "value")},
        prevent_initial_call=True,
    )
    def look(sent: dict[str, str] | None, sheet: str | None) -> Outputs:
        return answers.look(sent, None if Id.FILE in moved_controls() else sheet)

    _register_runs(app, answers)


def _register_runs(app: Dash, answers: ImportAnswers) -> None:
    @app.callback(
        Output(Id.RUN, "data"),
        Output(Id.BEAT, "disabled", allow_duplicate=True),
        Output(Id.REPORT, "children", allow_duplicate=True),
        Output(Id.LOAD, "disabled", allow_duplicate=True),
        Output(Id.ASKED, "children", allow_duplicate=True),
        Input(Id.TRY, "n_clicks"),
        Input(Id.LOAD, "n_clicks"),
        State(Id.FILE, "data"),
        State(Id.SURE, "value"),
        *(State(one, "value") for one in CONTROLS),
        prevent_initial_call=True,
    )
    def begin(_try: Any, _load: Any, sent: dict[str, str] | None, sure: str | None, *values: Any) -> Any:
        given = dict(zip(CONTROLS, values, strict=True))
        try:
            run = answers.begin(sent, given, for_good=moved_controls() == (Id.LOAD,), sure=sure or "")
        except HydrofleetError as error:
            return no_update, True, no_update, no_update, html.P(_in_words(error), className="import-question")
        return run, False, _("Reading the file"), True, ""

    @app.callback(
        output={
            "report": Output(Id.REPORT, "children"),
            "still": Output(Id.BEAT, "disabled"),
            "load": Output(Id.LOAD, "disabled"),
        },
        inputs={"_beat": Input(Id.BEAT, "n_intervals"), "run": State(Id.RUN, "data")},
        prevent_initial_call=True,
    )
    def progress(_beat: int | None, run: str | None) -> Outputs:
        return answers.progress(run)

    @app.callback(Output(f"{Id.SURE}-box", "hidden"), Input(Id.MODE, "value"))
    def ask_twice(mode: str | None) -> bool:
        return mode != Mode.REPLACE_SPAN
