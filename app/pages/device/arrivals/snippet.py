"""The shown stretch as lines of a notebook that read it from the API."""

from app.components import ConductivityUnit
from app.exports import ExportRequest, Packing, Selection
from app.pages.device.insights.source import Stretch
from app.pages.device.period import Level
from app.pages.export.address import api_path, as_pandas
from models.read.export_kinds import Resolution

_RESOLUTIONS = {Level.READINGS: Resolution.RAW, Level.HOURS: Resolution.HOUR, Level.DAYS: Resolution.DAY}


def pandas_lines(name: str, stretch: Stretch, level: Level, unit: ConductivityUnit, *, server_url: str) -> str:
    """Give lines that read the stretch of a device as finely as it is drawn; the token is in the environment."""
    asked = ExportRequest(
        Selection((name,)),
        stretch.start,
        stretch.end,
        resolution=_RESOLUTIONS[level],
        unit=unit,
        details=frozenset({"flags"}) if level is Level.READINGS else frozenset(),
        packing=Packing.GZIP,
    )
    return as_pandas(server_url.rstrip("/") + api_path(asked), asked)
