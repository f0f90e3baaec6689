"""What this page calls roles, states and refusals."""

from app.i18n import _, time_text
from app.people.errors import DisabledPerson, LastAdministrator, OnlyAdministrators, UnusableName
from app.principal import Role
from models.errors import HydrofleetError, UnknownUser, UserNameTaken
from models.read.people import Person


def role_text(role: str) -> str:
    """Name a role."""
    names = {Role.VIEWER: _("Viewer"), Role.AGRONOMIST: _("Agronomist"), Role.ADMIN: _("Administrator")}
    return names[Role(role)]


def role_options() -> list[dict[str, str]]:
    """Give the roles to choose from, the least powerful first."""
    return [{"value": str(role), "label": role_text(role)} for role in Role]


def state_of(person: Person) -> tuple[str, str]:
    """Give the state of a person as a class of the style sheets and as a word."""
    if person.disabled_at is not None:
        return "ended", _("disabled")
    if person.has_password:
        return "active", _("may log in")
    return ("waiting", _("invited")) if person.invited_until else ("ended", _("link expired"))


def last_seen_text(person: Person, zone: str) -> str:
    """Say when a person was here last."""
    if person.last_used_at is None:
        return _("not logged in at the moment")
    return _("last seen %(when)s", when=time_text(person.last_used_at, zone))


def error_text(error: HydrofleetError) -> str:
    """Say why nothing was changed."""
    if isinstance(error, OnlyAdministrators):
        return _("Only administrators may manage people.")
    if isinstance(error, LastAdministrator):
        return _("This is the last administrator who can log in. Make somebody else one first.")
    if isinstance(error, UserNameTaken):
        return _("Somebody else has this name. Choose another one.")
    if isinstance(error, UnusableName):
        return _("This name cannot be used. Choose a short one, such as sari.")
    if isinstance(error, DisabledPerson):
        return _("This person is disabled. Let them in again first.")
    if isinstance(error, UnknownUser):
        return _("This person has been removed or renamed in the meantime.")
    return str(error)
