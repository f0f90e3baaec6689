"""Every page of the dashboard, in the order of the navigation; the first one is the home page."""

from typing import Final

from app.pages.calibrate import page as calibrate
from app.pages.device import page as device
from app.pages.fleet import page as fleet
from app.pages.page import Page

PAGES: Final[tuple[Page, ...]] = (fleet, calibrate, device)
