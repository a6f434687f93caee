"""Read a devpi-server's data with its own code, in a process of its own, while the server may run.

``main`` prints a JSON object per line on stdout: first what the server is, then one for each file, last how many there
were (see ``survey``). ``export`` is devpi-export.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "devpi-cli:"
PIECE = 1 << 20
KEYS = ("PYPIFILE_NOMD5", "STAGEFILE")
SECONDS, POLL_SECONDS = 5.0, 0.01
# The end of a file's name until its change is in the database: tmp_file_matcher in devpi-server.
UNFINISHED = re.compile(r"(-[0-9a-fA-F]{8,64})?-tmp$")


def export() -> int:
    """Run devpi-export. Returns the exit status."""
    _repair_nothing()
    status: int = import_module("devpi_server.importexport").export() or 0
    return status


def _repair_nothing() -> None:
    """Keep devpi-server's code from finishing the last change whenever it opens the data.

    A server that runs is about to finish it: it would find the file gone, and answer an upload with 500.
    """
    import_module("devpi_server.keyfs").KeyFS.finalize_init = _await_last_change


def _await_last_change(keyfs: Any) -> None:
    """Wait until the files of the last change are in their places.

    Raises FileNotFoundError, with words for ``failures.CAUSES``, if they are not there after five seconds.
    """
    until = time.monotonic() + SECONDS
    while awaited := _awaited(keyfs):
        if time.monotonic() > until:
            temporary, path = awaited
            raise FileNotFoundError(f"{'unfinished' if temporary.exists() else 'missing'} file {path}")
        time.sleep(POLL_SECONDS)


def _awaited(keyfs: Any) -> tuple[Path, Path] | None:
    """Return a file of the last change that is not in its place, as the path that it has and the one that it gets."""
    with keyfs.get_connection() as connection:
        serial = connection.last_changelog_serial
        if serial < 0:
            return None
        _, names = import_module("devpi_server.fileutil").loads(connection.get_raw_changelog_entry(serial))
    for name in names:
        path = Path(keyfs.base_path, UNFINISHED.sub("", name))
        if UNFINISHED.search(name) and not path.exists():
            return Path(keyfs.base_path, name), path
    return None


def main() -> int:
    """Survey the server that the options name. Returns the exit status."""
    _repair_nothing()
    server: Any = import_module("devpi_server.main")
    with server.CommandRunner() as runner:
        parser = runner.create_parser(description=__doc__, add_help=False)
        for add in (parser.add_configfile_option, parser.add_logging_options, parser.add_storage_options):
            add()
        parser.addoption("--facts", action="store_true")
        parser.addoption("--no-checksum", action="store_true")
        config = runner.get_config(sys.argv, parser=parser)
        runner.configure_logging(config.args)
        _print(_facts(config))
        if not config.args.facts:
            xom = server.xom_from_config(config)
            with xom.keyfs.read_transaction() as transaction:
                _await_last_change(xom.keyfs)
                _print(_contents(xom, transaction))
                count = 0
                for entry in _entries(xom, transaction):
                    _print(_file(xom, entry, with_hashes=not config.args.no_checksum))
                    count += 1
                _print({"end": count})
    status: int = runner.return_code or 0
    return status


def _print(value: dict[str, Any]) -> None:
    deep: Any = import_module("devpi_server.readonly")
    text = json.dumps(
        value, default=lambda view: sorted(view) if isinstance(view, set) else deep.get_mutable_deepcopy(view)
    )
    sys.stdout.write(f"{PREFIX}{text}\n")
    sys.stdout.flush()


def _facts(config: Any) -> dict[str, Any]:
    """Return the versions of the server and its plugins, and the storages and types of indexes that they bring."""
    classes = [pair for found in config.hook.devpiserver_get_stage_customizer_classes() for pair in found]
    storages = config.hook.devpiserver_storage_backend(settings=None)
    plugins = {dist.project_name: dist.version for _, dist in config.pluginmanager.list_plugin_distinfo()}
    return {
        "server": import_module("devpi_server").__version__,
        "plugins": plugins,
        "storages": sorted(found["name"] for found in storages),
        "index_types": sorted(name for name, _ in classes),
    }


def _contents(xom: Any, transaction: Any) -> dict[str, Any]:
    users, indexes = {}, {}
    for user in xom.model.get_userlist():
        data = user.get(credentials=True)
        for name in data.pop("indexes", {}):
            stage = xom.model.getstage(user.name, name)
            projects = {} if stage.ixconfig["type"] == "mirror" else _projects(stage)
            indexes[stage.name] = {"config": stage.ixconfig, "projects": projects}
        users[user.name] = data
    config = xom.config
    return {
        "uuid": config.nodeinfo["uuid"],
        "role": config.nodeinfo["role"],
        "storage": config.nodeinfo.get("storage", {}).get("name"),
        "serial": transaction.at_serial,
        "users": users,
        "indexes": indexes,
    }


def _projects(stage: Any) -> dict[str, list[str]]:
    return {name: sorted(stage.list_versions_perstage(name)) for name in stage.list_projects_perstage()}


def _entries(xom: Any, transaction: Any) -> Iterator[Any]:
    """Yield the files that the server has, or should have: as devpi-fsck does."""
    filestore: Any = import_module("devpi_server.filestore")
    keys = [xom.keyfs.get_key(name) for name in KEYS]
    for item in transaction.iter_relpaths_at(keys, transaction.at_serial):
        if item.value is not None:
            entry = filestore.FileEntry(xom.keyfs.get_key_instance(item.keyname, item.relpath), item.value)
            if entry.last_modified:  # else a mirror has a link to it, but has never fetched it
                yield entry


def _file(xom: Any, entry: Any, *, with_hashes: bool) -> dict[str, Any]:
    del xom
    expected = dict(entry.hashes)
    found: dict[str, Any] = {"path": entry.relpath, "index": f"{entry.user}/{entry.index}", "name": entry.basename}
    if not entry.file_exists():
        return {**found, "state": "missing", "sha256": expected.get("sha256"), "size": 0}
    size = entry.file_size()
    if not with_hashes:
        return {**found, "state": "there", "sha256": expected.get("sha256"), "size": size}
    actual = _hashes(entry, {*expected, "sha256"})
    is_right = all(actual[kind] == value for kind, value in expected.items())
    return {**found, "state": "right" if is_right else "wrong", "sha256": actual["sha256"], "size": size}


def _hashes(entry: Any, kinds: set[str]) -> dict[str, str]:
    running = {kind: hashlib.new(kind) for kind in kinds}
    with entry.file_open_read() as file:
        while piece := file.read(PIECE):
            for each in running.values():
                each.update(piece)
    return {kind: each.hexdigest() for kind, each in running.items()}
