"""What a file says of itself: the question, who asked, what the columns mean, and what made it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from analytics.quantities import Quantity
from app.exports.names import FLAG_COLUMNS, value_column
from app.exports.request import ExportRequest
from app.version import program_version

#: The names of columns and what is in them may change with this number only.
FORMAT_VERSION = 1
_UNITS: Mapping[str, str] = MappingProxyType(
    {
        "ph": "pH",
        "water_c": "°C",
        "ec_us_cm": "µS/cm at 25 °C",
        "ec_ms_cm": "mS/cm at 25 °C",
        "tds_ppm_500": "ppm, 500 for each mS/cm of EC at 25 °C",
        "tds_ppm_640": "ppm, 640 for each mS/cm of EC at 25 °C",
        "tds_ppm_700": "ppm, 700 for each mS/cm of EC at 25 °C",
    }
)


def versions(connection: Connection) -> dict[str, str]:
    """Name the program, the form of the file and the database."""
    server = ".".join(map(str, connection.dialect.server_version_info or ()))
    return {"hydrofleet": program_version(), "format": str(FORMAT_VERSION), "postgresql": server}


def units(request: ExportRequest) -> dict[str, str]:
    """Give the unit of every quantity in the file, by the name of its column."""
    names = {str(one): value_column(one, request.unit) for one in Quantity}
    return {names[field]: _UNITS[names[field]] for field in request.fields}


def spoken(said: Mapping[str, Any], request: ExportRequest) -> dict[str, Any]:
    """Spread out what a file says of itself, one line for each thing."""
    lines = dict(said)
    made_by = lines.pop("versions", {})
    lines.update({f"unit of {name}": unit for name, unit in units(request).items()})
    if "flags" in request.shown_details:
        lines["flags"] = f"{', '.join(FLAG_COLUMNS)}: 1 good, 2 not evaluated, 3 suspect, 4 fail, 9 missing"
    lines["missing"] = "an empty cell"
    lines.update({f"version of {name}": version for name, version in made_by.items()})
    return lines
