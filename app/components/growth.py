"""What grows in a tank, in the reader's language."""

from collections.abc import Mapping

from app.i18n import _, language

#: The English and the Indonesian name.
Names = tuple[str, str]


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


def crop_text(key: str, crops: Mapping[str, Names]) -> str:
    """Name a crop; a key that is not known stands for itself."""
    return crops[key][language() == "id"] if key in crops else key


def crop_texts(crops: Mapping[str, Names]) -> dict[str, str]:
    """Name crops, in the order of their names."""
    texts = {key: crop_text(key, crops) for key in crops}
    return dict(sorted(texts.items(), key=lambda item: item[1].casefold()))
