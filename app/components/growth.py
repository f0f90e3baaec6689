"""What grows in a tank, in the reader's language."""

from app.i18n import _


def stage_text(stage: str) -> str:
    """Name a stage that the product brings along; a grower's own stages are what they were called."""
    known = {
        "seedling": _("seedling"),
        "young": _("young plant"),
        "vegetative": _("vegetative"),
        "flowering": _("flowering"),
        "fruiting": _("fruiting"),
        "adult": _("full-grown"),
    }
    return known.get(stage, stage)
