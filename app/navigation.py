"""Every page of the dashboard, in the order of the navigation; the first one is the home page."""

from typing import Final

from app.pages.about import page as about
from app.pages.account import page as account
from app.pages.audit import page as audit
from app.pages.calibrate import page as calibrate
from app.pages.compare import page as compare
from app.pages.device import page as device
from app.pages.export import page as export
from app.pages.fleet import page as fleet
from app.pages.heatmap import page as heatmap
from app.pages.imports import page as imports
from app.pages.join import page as join
from app.pages.page import Page
from app.pages.quarantine import page as quarantine
from app.pages.targets import page as targets
from app.pages.today import page as today
from app.pages.users import page as users

PAGES: Final[tuple[Page, ...]] = (
    today,
    fleet,
    heatmap,
    compare,
    calibrate,
    targets,
    export,
    imports,
    device,
    join,
    users,
    audit,
    account,
    quarantine,
    about,
)
