"""The names of this page's components, once."""

from enum import StrEnum, unique


@unique
class Id(StrEnum):
    """Every component that a callback or a test reaches for."""

    #: Changes when a band or a planting was changed.
    REVISION = "targets-revision"
    VIEW = "targets-view"
    CROP = "targets-crop"
    #: The chosen cell of the table: ``stage|quantity``.
    CELL = "targets-cell"
    EDITED = "targets-edited"
    LOW = "targets-low"
    HIGH = "targets-high"
    UNIT = "targets-unit"
    SOURCE = "targets-source"
    FROM = "targets-from"
    EFFECT = "targets-effect"
    SAVE = "targets-save"
    MESSAGE = "targets-message"
    HISTORY = "targets-history"
    SEARCH = "targets-search"
    CHOOSE_ALL = "targets-choose-all"
    CHOOSE_NONE = "targets-choose-none"
    TANKS = "targets-tanks"
    PLANT_CROP = "targets-plant-crop"
    STARTED = "targets-started"
    TRANSPLANTED = "targets-transplanted"
    PLANT_EFFECT = "targets-plant-effect"
    PLANT = "targets-plant"
    PLANT_MESSAGE = "targets-plant-message"
    PLANTINGS = "targets-plantings"


#: The value that stands for "nothing grows here" in the choice of crops.
NOTHING = "nothing"
