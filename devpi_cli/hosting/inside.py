"""Read all that a devpi-server has, with its own code, in a process of its own: see ``survey``.

Prints a JSON object per line on stdout: first what the server is, then one for each file, last how many there were.
"""

from __future__ import annotations

import hashlib
import json
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PREFIX = "devpi-cli:"
PIECE = 1 << 20
KEYS = ("PYPIFILE_NOMD5", "STAGEFILE")


def main() -> int:
    """Survey the server that the options name. Returns the exit status."""
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
