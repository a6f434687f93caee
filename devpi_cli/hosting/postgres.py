"""Look into a database of PostgreSQL before devpi-server does, and leave nothing half-done in it."""

from __future__ import annotations

import importlib.util
import platform
import time
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from devpi_cli.errors import AlreadyThere, DevpiError
from devpi_cli.hosting.serverdir import PLUGINS
from devpi_cli.hosting.storage import Storage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from devpi_cli.hosting.serverdir import Serverdir

NAME = "pg8000"
# As devpi-postgresql has them if they are not named.
USUAL = {"database": "devpi", "host": "localhost", "port": "5432", "user": "devpi"}
TABLES, SEQUENCE = ("changelog", "kv", "files"), "changelog_serial_seq"
MARK = "devpi_cli_unfinished"
"""A table that is there while a database is being filled."""
TRIAL = "devpi_cli_trial"
"""The database for trials; what is left of a trial that was killed is removed by the next one."""
SECONDS, POLL_SECONDS = 15, 0.1


def of(on: Serverdir) -> Storage | None:
    """Return the storage of a serverdir if it is PostgreSQL, and can be asked."""
    found = on.known_storage
    is_installed = importlib.util.find_spec(PLUGINS[NAME]) is not None
    return found if found and found.name == NAME and is_installed else None


def problems(on: Serverdir) -> Iterator[DevpiError]:
    """Yield what keeps a new server from being made in a database: it cannot be reached, or has data."""
    storage = of(on)
    if not storage:
        return
    try:
        with connected(storage) as connection:
            has_data, is_ours = _has_data(connection), _unfinished(connection) == _name(on)
    except DevpiError as error:
        yield error
        return
    if has_data and not is_ours:
        what = f"the database {_place(storage)} has the data of a devpi-server"
        yield AlreadyThere(what, hint="name an empty one, or drop it and create it again")


@contextmanager
def filled(on: Serverdir) -> Iterator[None]:
    """Fill a database during the block; what an earlier command for the same serverdir left is removed first.

    If the block raises an exception, the database is empty afterwards. If the process is killed, the next command that
    makes this serverdir empties the database. Does nothing for other storages.
    """
    storage = of(on)
    if not storage:
        yield
        return
    with connected(storage) as connection:
        if _unfinished(connection) == _name(on):
            _require_nobody(connection, storage)
            _clear(connection)
        connection.run(f"DROP TABLE IF EXISTS {MARK}")  # of another one, that had no time to make anything
        connection.run(f"CREATE TABLE {MARK} (serverdir TEXT)")
        connection.run(f"INSERT INTO {MARK} VALUES (:name)", name=_name(on))  # noqa: S608 (ours)
    try:
        yield
        with connected(storage) as connection:
            connection.run(f"DROP TABLE {MARK}")
    except BaseException:
        with suppress(DevpiError), connected(storage) as connection:
            _clear(connection)
        raise


@contextmanager
def trial(storage: Storage) -> Iterator[Storage]:
    """Make a database for a trial during the block, beside the one that is named.

    Raises DevpiError if that is not permitted, or if another trial is under way.
    """
    with connected(storage) as connection:
        _drop(connection, storage)
        _run(connection, f"CREATE DATABASE {TRIAL}", "give its user the right for the trial: ALTER ROLE … CREATEDB")
    try:
        yield Storage(storage.name, {**storage.settings, "database": TRIAL})
    finally:
        with connected(storage) as connection:
            _drop(connection, storage)


def _drop(connection: Any, storage: Storage) -> None:
    until = time.monotonic() + SECONDS
    while connection.run("SELECT count(*) FROM pg_stat_activity WHERE datname = :name", name=TRIAL) != [[0]]:
        if time.monotonic() > until:
            raise DevpiError(f"another trial is under way at {_host(storage)}", hint="try again when it has ended")
        time.sleep(POLL_SECONDS)  # PostgreSQL needs a moment to see that a program has ended
    _run(connection, f"DROP DATABASE IF EXISTS {TRIAL}", "drop it as its owner")


def _run(connection: Any, command: str, hint: str) -> None:
    try:
        connection.run(command)
    except _errors() as error:
        raise DevpiError(f"PostgreSQL refuses {command!r}: {_reason(error)}", hint=hint) from None


@contextmanager
def connected(storage: Storage) -> Iterator[Any]:
    """Connect to a database. Raises DevpiError with the reason if that fails, and for what fails during the block."""
    native: Any = import_module("pg8000.native")
    known = {**USUAL, **storage.settings}
    failures: tuple[type[Exception], ...] = (*_errors(), OSError, ValueError)
    try:
        connection = native.Connection(
            known["user"],
            database=known["database"],
            host=known["host"],
            port=int(known["port"]),
            password=known.get("password"),
            unix_sock=known.get("unix_sock"),
            ssl_context=_tls(storage),
            timeout=SECONDS,
        )
    except failures as error:
        hint = "--storage pg8000:host=…,port=…,database=…,user=… says which one is meant"
        raise DevpiError(f"cannot open the database {_place(storage)}: {_reason(error)}", hint=hint) from None
    try:
        yield connection
    except failures as error:
        raise DevpiError(f"the database {_place(storage)} failed: {_reason(error)}") from None
    finally:
        with suppress(*failures):
            connection.close()


def _tls(storage: Storage) -> Any:
    """Return the context for TLS that devpi-postgresql makes of its settings; None without any."""
    if not any(name.startswith("ssl_") for name in storage.settings):
        return None
    import ssl

    context = ssl.create_default_context(cafile=storage.settings.get("ssl_ca_certs"))
    if certificate := storage.settings.get("ssl_certfile"):
        context.load_cert_chain(certificate, keyfile=storage.settings.get("ssl_keyfile"))
    if storage.settings.get("ssl_check_hostname", "").lower() in ("false", "no"):
        context.check_hostname = False
    return context


def _has(connection: Any, table: str) -> bool:
    return bool(connection.run("SELECT to_regclass(:name) IS NOT NULL", name=f"public.{table}") == [[True]])


def _name(on: Serverdir) -> str:
    return f"{platform.node()}:{on.path}"


def _unfinished(connection: Any) -> str | None:
    """Return the serverdir that a killed command was making in a database; None for none."""
    rows = connection.run(f"SELECT serverdir FROM {MARK}") if _has(connection, MARK) else []  # noqa: S608 (ours)
    return str(rows[0][0]) if rows else None


def _has_data(connection: Any) -> bool:
    return _has(connection, TABLES[0]) and connection.run(f"SELECT 1 FROM {TABLES[0]} LIMIT 1") != []  # noqa: S608 (ours)


def _require_nobody(connection: Any, storage: Storage) -> None:
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    until = time.monotonic() + SECONDS
    while connection.run(others) != [[0]]:
        if time.monotonic() > until:
            what = f"another program still uses the database {_place(storage)}"
            raise DevpiError(what, hint="try again when it has ended")
        time.sleep(POLL_SECONDS)


def _clear(connection: Any) -> None:
    connection.run(f"DROP TABLE IF EXISTS {', '.join((*TABLES, MARK))}")
    connection.run(f"DROP SEQUENCE IF EXISTS {SEQUENCE}")


def _errors() -> tuple[type[Exception], ...]:
    exceptions: Any = import_module("pg8000.exceptions")
    return (exceptions.Error,)


def _reason(error: Exception) -> str:
    match error.args:
        case ({"M": str(message)}, *_):
            return message
    return getattr(error, "strerror", None) or str(error)


def _host(storage: Storage) -> str:
    known = {**USUAL, **storage.settings}
    return known.get("unix_sock") or f"{known['host']}:{known['port']}"


def _place(storage: Storage) -> str:
    return f"{storage.settings.get('database', USUAL['database'])} at {_host(storage)}"
