"""What became of a new password, by the code that the address carries back from the form."""

from enum import StrEnum, unique

from app.i18n import _


@unique
class Said(StrEnum):
    """What the form of the password answers."""

    CHANGED = "password-changed"
    WRONG = "wrong-password"
    DIFFERENT = "passwords-differ"
    UNUSABLE = "unusable-password"
    WAIT = "wait"


def said_text(code: str) -> str | None:
    """Say it in words; None for an address without, or with an unknown code."""
    texts = {
        Said.CHANGED: _("The password is changed. Other browsers are logged out."),
        Said.WRONG: _("The present password is wrong."),
        Said.DIFFERENT: _("The two passwords differ."),
        Said.UNUSABLE: _("Choose a password of 12 to 256 characters, for example four words."),
        Said.WAIT: _("Too many failures, or too many people at once. Please wait a moment."),
    }
    return texts[Said(code)] if code in set(Said) else None


def browser_text(user_agent: str | None) -> str:
    """Name browser and system from what the browser says of itself, as far as it is plain."""
    agent = user_agent or ""
    browsers = {"Edg/": "Edge", "OPR/": "Opera", "Firefox/": "Firefox", "Chrome/": "Chrome", "Safari/": "Safari"}
    systems = {
        "Android": "Android",
        "iPhone": "iPhone",
        "iPad": "iPad",
        "Windows": "Windows",
        "Mac OS X": "macOS",
        "CrOS": "ChromeOS",
        "Linux": "Linux",
    }
    browser = next((name for mark, name in browsers.items() if mark in agent), None)
    system = next((name for mark, name in systems.items() if mark in agent), None)
    return " · ".join(filter(None, (browser, system))) or _("Unknown browser")
