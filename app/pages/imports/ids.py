"""The names of this page's components, once."""

from enum import StrEnum, unique


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    UPLOAD = "import-upload"
    SENT = "import-sent"
    FILE = "import-file"
    FORM = "import-form"
    SAID = "import-said"
    FOUND = "import-found"
    ASKED = "import-asked"
    FIRST = "import-first"
    SHEET = "import-sheet"
    DEVICE = "import-device"
    DEVICE_COLUMN = "import-device-column"
    DATE_COLUMN = "import-date-column"
    TIME_COLUMN = "import-time-column"
    TIME_FORMAT = "import-time-format"
    TIME_ZONE = "import-time-zone"
    PH_COLUMN = "import-ph-column"
    EC_COLUMN = "import-ec-column"
    EC_UNIT = "import-ec-unit"
    WATER_COLUMN = "import-water-column"
    NULLS = "import-nulls"
    MEDIUM = "import-medium"
    SITE = "import-site"
    MODE = "import-mode"
    SURE = "import-sure"
    TRY = "import-try"
    LOAD = "import-load"
    RUN = "import-run"
    BEAT = "import-beat"
    REPORT = "import-report"


#: The controls, in the order of the form.
CONTROLS = (
    Id.SHEET,
    Id.DEVICE,
    Id.DEVICE_COLUMN,
    Id.DATE_COLUMN,
    Id.TIME_COLUMN,
    Id.TIME_FORMAT,
    Id.TIME_ZONE,
    Id.PH_COLUMN,
    Id.EC_COLUMN,
    Id.EC_UNIT,
    Id.WATER_COLUMN,
    Id.NULLS,
    Id.MEDIUM,
    Id.SITE,
    Id.MODE,
)
#: Those that choose a column of the file.
COLUMNS = (
    Id.DEVICE_COLUMN,
    Id.DATE_COLUMN,
    Id.TIME_COLUMN,
    Id.PH_COLUMN,
    Id.EC_COLUMN,
    Id.WATER_COLUMN,
)
