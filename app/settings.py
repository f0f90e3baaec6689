"""Everything an operator can set, in one table. The only place of the server that reads the environment."""

from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from models.errors import HydrofleetError
from models.surroundings import default_data_dir

PpmScaleName = Literal[500, 640, 700]
#: Their values are not repeated in messages.
_SECRET_VARIABLES = (
    "HYDROFLEET_DATABASE_URL",
    "HYDROFLEET_OWNER_DATABASE_URL",
    "HYDROFLEET_READER_DATABASE_URL",
    "HYDROFLEET_METRICS_TOKEN",
)


class InvalidSettings(HydrofleetError):
    """A setting cannot be used; the message names the variable, the value and what would do."""


class Settings(BaseSettings):
    """The settings of one server process, from ``HYDROFLEET_*`` in the environment or a ``.env`` file."""

    model_config = SettingsConfigDict(env_prefix="HYDROFLEET_", env_file=".env", extra="ignore", frozen=True)

    database_url: str | None = Field(None, description="PostgreSQL to use; empty starts the embedded one")
    owner_database_url: str | None = Field(None, description="the same as the role that owns the tables; migrates them")
    reader_database_url: str | None = Field(None, description="the same as a role that may read; for notebooks")
    data_dir: Path = Field(default_factory=lambda: default_data_dir("server"), description="embedded database here")
    host: str = Field("127.0.0.1", description="address to listen on; anything but loopback belongs behind TLS")
    port: int = Field(8050, ge=0, le=65535, description="port to listen on")
    threads: int = Field(40, ge=2, le=256, description="requests answered at the same time")
    time_zone: str = Field("Asia/Jakarta", description="zone of the clock on the wall, where a site sets none")
    ppm_scale: PpmScaleName = Field(500, description="ppm per mS/cm, where a site or a person sets none")
    language: Literal["en", "id"] = Field("en", description="language of the screens before anybody chose one")
    secure_cookies: bool = Field(False, description="true behind TLS: cookies travel over https only")
    trusted_proxy: str | None = Field(None, description="address of the proxy whose X-Forwarded-* headers count")
    log_format: Literal["json", "console"] = Field("json", description="how the log is written")
    log_file: Path | None = Field(None, description="file for the log, kept below 60 MB; empty is standard error")
    log_level: Literal["debug", "info", "warning"] = Field("info", description="what is worth a line in the log")
    slow_request_ms: int = Field(1000, ge=1, description="a request that takes longer is a warning in the log")
    server_names: str = Field("", description="names it is called by, with commas between; empty answers to any name")
    ca_file: Path | None = Field(None, description="authority that goes onto the cards of new Pis; empty is tls/ca.pem")
    metrics_token: SecretStr | None = Field(None, min_length=20, description="token for /metrics from other machines")

    @field_validator("database_url", "owner_database_url", "reader_database_url")
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        if not value:
            return None
        try:
            backend = make_url(value).get_backend_name()
        except ArgumentError as error:
            raise ValueError("is not an address; write postgresql://user:password@host/database") from error
        if backend != "postgresql":
            raise ValueError(f"names {backend}; write postgresql://user:password@host/database")
        return value

    @field_validator("time_zone")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("is not a time zone; use a name such as Asia/Jakarta or Europe/Berlin")
        return value

    @property
    def allowed_names(self) -> frozenset[str]:
        """The names that a request may ask for, in lower case; none means any."""
        return frozenset(name.strip().lower() for name in self.server_names.split(",") if name.strip())

    @property
    def own_ca_file(self) -> Path:
        """Where ``hydrofleet tls init`` puts the farm's own authority."""
        return self.data_dir / "tls" / "ca.pem"

    @property
    def existing_data_dir(self) -> Path:
        """The data directory, or what is there of the way to it."""
        return next(folder for folder in (self.data_dir, *self.data_dir.absolute().parents) if folder.exists())

    @property
    def zone(self) -> ZoneInfo:
        """The default zone, ready for pandas and datetime."""
        return ZoneInfo(self.time_zone)


def load_settings(*, data_name: str = "server", **overrides: Any) -> Settings:
    """Read the settings; ``overrides`` (from the command line) win, and None means "not given".

    ``data_name`` names the data directory where neither says which to use.

    Raises
    ------
    InvalidSettings
        If a value cannot be used.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise InvalidSettings("\n".join(_sentence(problem) for problem in error.errors())) from error
    if "data_dir" in settings.model_fields_set:
        return settings
    return settings.model_copy(update={"data_dir": default_data_dir(data_name)})


def _sentence(problem: Any) -> str:
    variable = "HYDROFLEET_" + str(problem["loc"][0]).upper() if problem["loc"] else "settings"
    value = "" if variable in _SECRET_VARIABLES else f" = {problem['input']!r}"
    return f"{variable}{value}: {problem['msg'].removeprefix('Value error, ')}"
