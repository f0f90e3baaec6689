"""The same export as an address of the API, as a command, and as lines of a notebook."""

from urllib.parse import urlencode

from app.exports import ExportRequest, Packing
from app.exports.request import DETAILS, DIALECTS, OF_THE_SITE, QUANTITIES, USUAL_DETAILS
from ingest_api.timestamps import format_moment
from models.read.export_kinds import Resolution

_READERS = {
    Packing.CSV: 'frame = pd.read_csv(url, storage_options=login, parse_dates=["{time}"])',
    Packing.GZIP: 'frame = pd.read_csv(url, storage_options=login, compression="gzip", parse_dates=["{time}"])',
    Packing.PARQUET: "frame = pd.read_parquet(url, storage_options=login)",
    Packing.XLSX: 'frame = pd.read_excel(url, storage_options=login, sheet_name="readings")',
}


def api_path(request: ExportRequest) -> str:
    """Give the address of the file on this server; what is as usual is left out."""
    selection, details = request.selection, [one for one in DETAILS if one in request.shown_details]
    usual_details = [] if request.is_wide else list(USUAL_DETAILS)
    query = {
        "devices": None if selection.devices is None else ",".join(selection.devices),
        "site": selection.site,
        "crop": selection.crop,
        "start": format_moment(request.start),
        "end": format_moment(request.end),
        "resolution": None if request.resolution is Resolution.RAW else str(request.resolution),
        "fields": None if request.fields == QUANTITIES else ",".join(request.fields),
        "unit": None if request.unit == "us-cm" else str(request.unit),
        "details": None if details == usual_details else ",".join(details) or "none",
        "values": "measured" if request.measured else None,
        "quality": "usable" if request.usable_only else None,
        "tz": None if request.time_zone == OF_THE_SITE else request.time_zone,
        "layout": "wide" if request.is_wide else None,
        "dialect": None if request.dialect == DIALECTS[0] else request.dialect,
    }
    given = urlencode({name: value for name, value in query.items() if value is not None}, safe=",:")
    return f"/api/v1/export.{request.packing}?{given}"


def as_curl(url: str) -> str:
    """Give the command that fetches the file under its own name."""
    return f'curl -fOJ -H "Authorization: Bearer $HYDROFLEET_TOKEN" \\\n  "{url}"'


def as_pandas(url: str, request: ExportRequest) -> str:
    """Give the lines that read the file into a frame."""
    reader = _READERS[request.packing].format(time=f"{request.resolution.word}_utc")
    return "\n".join(
        [
            "import os",
            "import pandas as pd",
            "",
            f'url = "{url}"',
            'login = {"Authorization": f"Bearer {os.environ[\'HYDROFLEET_TOKEN\']}"}',
            reader,
        ]
    )
