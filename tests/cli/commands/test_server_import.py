from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher

from tests.support.clients import Client
from tests.support.kills import SOURCE_SAME, Kills
from tests.support.loopback import Watch
from tests.support.serverdirs import FILES, INDEXES, MIRRORED, ROOT_PASSWORD, USERS, described, end_after, snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

MOMENTS = 20 if os.environ.get("DEEP") == "1" else 1
KEPT = "warning: bob/dev keeps bases that do not exist: bob/mirror; --drop-bases removes them\n"


@pytest.fixture(scope="module")
def whole(stocked_serverdir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of everything."""
    folder = tmp_path_factory.mktemp("dump")
    (folder / "home").mkdir()
    options = ("--serverdir", stocked_serverdir, "--include-mirrored-files")
    assert Client(folder / "home").ok("server", "export", *options, folder / "dump")
    return folder / "dump"


@pytest.fixture
def dump(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "dump"))


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return tmp_path / "new"


def imported(target: Path, files: int = FILES + MIRRORED, indexes: int = INDEXES) -> str:
    return f"imported {USERS} users, {indexes} indexes, {files} files ({{}}) to {target}, all hashes match"


def without_size(line: str) -> str:
    before, opened, rest = line.partition("(")
    return f"{before}{opened}{{}}{rest[rest.index(')') :]}"


def raw_export(data: Path, target: Path) -> dict[str, Any]:
    program = Path(sys.executable).with_name("devpi-export")
    options = ["-c", os.devnull, "--serverdir", data, "--include-mirrored-files", target]
    subprocess.run([program, *options], check=True, capture_output=True)
    return described(target)


def edit(dump: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a description, as somebody who has no manifest."""
    data = json.loads((dump / "dataindex.json").read_text())
    change(data)
    (dump / "dataindex.json").write_text(json.dumps(data))
    (dump / "MANIFEST.json").unlink()


def hashes(found: dict[str, Any]) -> dict[str, str]:
    return {name: user["pwhash"] for name, user in found["users"].items()}


def test_everything_comes_back_and_the_password_of_root_is_the_new_one(
    devpi: Client, dump: Path, new: Path, tmp_path: Path
) -> None:
    """S8: the raw program takes that of the export, whatever its options say."""
    before = snapshot(dump)
    typed = ("--serverdir", new, "--no-root-pypi", "--root-password-stdin", dump)
    (tmp_path / "watch").mkdir()
    watch = Watch(tmp_path / "watch")
    (line,) = devpi.ok("server", "import", *typed, stdin="another one\n", **watch.env)
    assert [command for command in watch.commands if "devpi_server.importexport" in command]
    assert not [command for command in watch.commands if "another one" in command or "$argon2" in command]
    assert without_size(line) == imported(new)
    assert snapshot(dump) == before
    assert {path.stat().st_mode & 0o777 for path in new.rglob("*") if path.is_file()} == {0o600}
    there, exported = raw_export(new, tmp_path / "again"), described(dump)
    root = there["users"]["root"].pop("pwhash")
    assert PasswordHasher().verify(root, "another one")
    del exported["users"]["root"]["pwhash"]
    assert there == exported
    assert devpi.fails("server", "import", "--serverdir", new, dump) == (
        5,
        f"{new} exists, and is not empty\nname a folder that does not exist\n",
    )


def test_a_type_that_no_index_has_is_warned_of(devpi: Client, dump: Path, new: Path) -> None:
    result = devpi("server", "import", "-n", "--serverdir", new, "--skip-import-type", "mirorr", dump)
    assert result.stderr.startswith("warning: --skip-import-type mirorr: the export has no index of this type\n")


def test_without_a_mirror_its_bases_are_removed(devpi: Client, dump: Path, new: Path, tmp_path: Path) -> None:
    """S10: the raw program lets them name what does not exist."""
    typed = ("--serverdir", new, "--skip-import-type", "mirror", dump)
    result = devpi("server", "import", "-n", *typed)
    assert result.stderr == f"warning: not imported: bob/mirror\n{KEPT}"
    assert result.lines[0].startswith(f"would import {USERS} users, {INDEXES - 1} indexes, {FILES} files (")
    assert not new.exists()
    result = devpi("server", "import", "--drop-bases", *typed)
    assert (result.status, result.stderr) == (
        0,
        "warning: not imported: bob/mirror\nwarning: bob/dev loses bases that do not exist: bob/mirror\n",
    )
    assert [without_size(result.lines[0]), *result.lines[1:]] == [
        imported(new, FILES, INDEXES - 1),
        "index created: root/pypi (not with --no-root-pypi)",
    ]
    found = raw_export(new, tmp_path / "again")
    assert found["indexes"].keys() == {"alice/dev", "alice/prod", "bob/dev", "root/pypi"}
    assert found["indexes"]["bob/dev"]["indexconfig"]["bases"] == ["alice/dev"]
    assert hashes(found) == hashes(described(dump))


def test_an_empty_password_of_root_is_replaced(devpi: Client, dump: Path, new: Path, tmp_path: Path) -> None:
    empty = PasswordHasher().hash("")
    edit(dump, lambda data: data["users"]["root"].update(pwhash=empty))
    result = devpi("server", "import", "--serverdir", new, "--no-root-pypi", "--json", dump)
    assert json.loads(result.stderr) == {"warning": "root has an empty password in the export, and gets a new one"}
    made = json.loads(result.stdout)["root_password"]
    assert PasswordHasher().verify(raw_export(new, tmp_path / "again")["users"]["root"]["pwhash"], made)


# -- what is found before anything is made


def empty(dump: Path) -> None:
    shutil.rmtree(dump)
    dump.mkdir()


def broken_off(dump: Path) -> None:
    (dump / "dataindex.json").unlink()


def cut(dump: Path) -> None:
    path = dump / "dataindex.json"
    path.write_bytes(path.read_bytes()[:-20])


def wheel_of(dump: Path) -> Path:
    return next(path for path in dump.rglob("demo-1.0*.whl") if "dev" in path.parts)


def flipped(dump: Path) -> None:
    wheel_of(dump).write_bytes(wheel_of(dump).read_bytes()[:-1] + b"~")


def flipped_without_manifest(dump: Path) -> None:
    flipped(dump)
    (dump / "MANIFEST.json").unlink()


def missing(dump: Path) -> None:
    wheel_of(dump).unlink()


def described_otherwise(dump: Path) -> None:
    path = dump / "dataindex.json"
    path.write_text(path.read_text() + " ")


def without_users(dump: Path) -> None:
    edit(dump, lambda data: data.pop("users"))


def new_version(dump: Path) -> None:
    edit(dump, lambda data: data.update(dumpversion="7"))


def outside(dump: Path) -> None:
    edit(dump, lambda data: data["indexes"]["alice/dev"]["files"][0].update(relpath="../home/x"))


def files_of_pypi(dump: Path) -> None:
    edit(dump, lambda data: data["indexes"].update({"root/pypi": data["indexes"].pop("bob/mirror")}))


def bad_manifest(dump: Path) -> None:
    (dump / "MANIFEST.json").write_text("{}")


DAMAGE = "export again; a damaged server has a backup, or no file\n"
WHEEL = "alice/dev/demo/1.0/demo-1.0-py3-none-any.whl"
ONE = f"1 of {FILES + MIRRORED} files are damaged\n{DAMAGE}"
PROBLEMS = [
    (empty, "", 4, "DUMP is not an export of devpi-server: it has no dataindex.json\n"),
    (broken_off, "", 4, "DUMP is not an export of devpi-server: it has no dataindex.json\n"
     "an export that was broken off has none\n"),
    (cut, "", 1, "DUMP/dataindex.json is damaged: it is not JSON\nexport again\n"),
    (flipped, "", 1, f"wrong: {WHEEL}\n{ONE}"),
    (flipped_without_manifest, "", 1, f"wrong: {WHEEL}\n{ONE}"),
    (missing, "", 1, f"missing: {WHEEL}\nmissing: {WHEEL} (in MANIFEST.json)\n2{ONE[1:]}"),
    (described_otherwise, "", 1, f"wrong: dataindex.json has changed since the export\n{ONE}"),
    (bad_manifest, "", 1, "DUMP/MANIFEST.json is damaged\n"),
    (without_users, "", 1, "DUMP/dataindex.json is not what devpi-export writes: it has no users or no indexes\n"),
    (new_version, "", 1, "DUMP/dataindex.json is not what devpi-export writes: its version is '7', not 1 or 2\n"),
    (outside, "", 1, "DUMP/dataindex.json is not what devpi-export writes: a file of alice/dev has no path in the "
     "folder: "),
    (files_of_pypi, "--no-root-pypi", 1, "--no-root-pypi would drop 1 files of root/pypi\n"
     "leave it out, or confirm with --drop-mirrored root/pypi\n"),
    (files_of_pypi, "--no-root-pypi --drop-mirrored bob/dev", 4, "--drop-mirrored is for root/pypi, with "
     "--no-root-pypi: bob/dev\n--no-root-pypi would drop 1 files of root/pypi\n"
     "leave it out, or confirm with --drop-mirrored root/pypi\n2 problems: nothing was changed\n"),
    (shutil.rmtree, "", 4, "there is no folder DUMP\n"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "options", "status", "said"), PROBLEMS)
def test_a_bad_export_is_found_before_a_serverdir_exists(
    devpi: Client, dump: Path, new: Path, damage: Callable[[Path], None], options: str, status: int, said: str
) -> None:
    """S4, S5, S9, S14."""
    damage(dump)
    found = devpi.fails("server", "import", "--serverdir", new, *options.split(), dump)
    expected = said.replace("DUMP", str(dump))
    assert (found[0], found[1][: len(expected)]) == (1 if "2 problems" in said else status, expected)
    assert not [path for path in new.parent.iterdir() if path.name.startswith("new")]


def test_files_of_pypi_are_dropped_when_asked(devpi: Client, dump: Path, new: Path) -> None:
    files_of_pypi(dump)
    options = ("--no-root-pypi", "--drop-mirrored", "root/pypi", "-n")
    result = devpi("server", "import", "--serverdir", new, *options, dump)
    assert result.lines[0].startswith(f"would import {USERS} users, {INDEXES - 1} indexes, {FILES} files (")
    assert result.stderr.startswith("warning: not imported: root/pypi\n")


def test_a_type_of_index_without_its_plugin(devpi: Client, dump: Path, new: Path) -> None:
    edit(dump, lambda data: data["indexes"]["bob/dev"]["indexconfig"].update(type="constrained"))
    assert devpi.fails("server", "import", "--serverdir", new, dump) == (
        1,
        "no plugin is installed for indexes of type constrained\n"
        "install it, or leave these indexes out with --skip-import-type\n",
    )


PASSWORDS = [
    ("--root-passwd x --root-password-stdin", "", "the password of root is given twice\n"),
    ("--root-password-stdin", "\n", "the password of root is empty\n"),
    ("--root-password-stdin", "", "no password on standard input\nsend it as the first line\n"),
    ("--root-passwd-hash abc", "", "--root-passwd-hash is not a hash as devpi-server makes them: $argon2id$…\n"),
]


@pytest.mark.parametrize(("options", "stdin", "said"), PASSWORDS)
def test_a_password_that_is_none(devpi: Client, dump: Path, new: Path, options: str, stdin: str, said: str) -> None:
    typed = ("--serverdir", new, *options.split(), dump)
    assert devpi.fails("server", "import", *typed, stdin=stdin) == (2, said)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_whenever_it_is_ended_the_target_is_absent_or_whole(
    devpi: Client, dump: Path, new: Path, number: signal.Signals, record_property: Callable[[str, object], None]
) -> None:
    """S6: what the raw program leaves starts, serves a part, and passes devpi-fsck."""
    before, typed = snapshot(dump), ("server", "import", "--no-root-pypi", "--serverdir", new, dump)
    kills = Kills("import", number, record_property)
    for moment in range(MOMENTS):
        at_work = Path(f"{new}.part/new")  # devpi-import is
        end_after(devpi, typed, number, begun=at_work, seconds=6.0 * moment / MOMENTS)
        kills.see(new, lambda data: described(dump) == raw_export(data, data.with_name(f"check-{time.time_ns()}")))
        shutil.rmtree(new, ignore_errors=True)
    assert number == signal.SIGKILL or not Path(f"{new}.part").exists()
    assert snapshot(dump) == before
    result = devpi(*typed)
    assert (result.status, without_size(result.lines[0])) == (0, imported(new))
    assert ROOT_PASSWORD not in result.stdout + result.stderr
    kills.end(SOURCE_SAME)
