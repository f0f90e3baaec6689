"""Building blocks that pages share; they know the look of the product and nothing of the data."""

from app.components.blocks import card, dead_end, empty_state, icon, named, page_header, stat
from app.components.conductivity import ConductivityUnit, unit_input
from app.components.days import days_input
from app.components.graph import graph, keep_zooms, wall_times, with_figure_written
from app.components.growth import Names, crop_text, crop_texts, stage_text
from app.components.look import Look, Screen
from app.components.moved import moved_controls
from app.components.number import change_input, count_input, number_input
from app.components.pick import pick_list, pick_place, pick_row, unseen_label
from app.components.state import state_badge
from app.components.zones import ZONE_SEARCH, zone_names

__all__ = [
    "ZONE_SEARCH",
    "ConductivityUnit",
    "Look",
    "Names",
    "Screen",
    "card",
    "change_input",
    "count_input",
    "crop_text",
    "crop_texts",
    "days_input",
    "dead_end",
    "empty_state",
    "graph",
    "icon",
    "keep_zooms",
    "moved_controls",
    "named",
    "number_input",
    "page_header",
    "pick_list",
    "pick_place",
    "pick_row",
    "stage_text",
    "stat",
    "state_badge",
    "unit_input",
    "unseen_label",
    "wall_times",
    "with_figure_written",
    "zone_names",
]
