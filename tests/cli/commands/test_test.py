"""devpi test with a real tox, made fast by environments that install nothing and have no pip."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from devpi_cli.packages import dists
from tests.support.dists import QUICK_TOX, make_sdist, make_wheel
from tests.support.schemas import documents
from tests.support.servers import start_server

if TYPE_CHECKING:
    from tests.support.clients import Member, Result
    from tests.support.servers import Live

PASSES, FAILS = f"{QUICK_TOX}\"print('tested')\"\n", f'{QUICK_TOX}"raise SystemExit(3)"\n'
SILENT = "--tox-args=-qq"  # tox then prints what the tests print


@dataclass
class Lab:
    """Somebody who tests what is on an index of theirs."""

    member: Member
    folder: Path

    def upload(self, *paths: Path) -> None:
        for path in paths:
            with path.open("rb") as file:
                self.member.server.upload(self.member.index, dists.read(path).fields, path.name, file)

    def release(self, files: dict[str, str], name: str = "demo", version: str = "1.0", *, wheel: str = "") -> None:
        """Upload an sdist, and a wheel if its tag is given."""
        self.upload(make_sdist(self.folder, files, name, version))
        if wheel:
            pure = make_wheel(self.folder, name, version)
            self.upload(pure.rename(pure.with_name(pure.name.replace("py3-none-any", wheel))))

    def test(self, *arguments: str, **env: Any) -> Result:
        return self.member("test", *arguments, VIRTUALENV_NO_SEED="1", **env)

    def results(self) -> list[str]:
        """Return the lines of 'devpi list -t' that tell how tests went, as HOST PLATFORM ENVIRONMENT VERDICT."""
        lines = self.member.ok("list", "-t", "--all", "demo")
        return [
            re.sub(r" +", " ", re.sub(r"\d+\.\d+\.\w+ ", "", line)) for line in lines if not line.startswith("http")
        ]

    def page(self, text: str) -> list[str]:
        """Return the lines of an output, with what differs from run to run taken out."""
        text = text.replace(self.member.index_url, "INDEX")
        text = re.sub(r"/\+f/\w{3}/\w{13}/", "/+f/HASH/", text)
        text = re.sub(r"/\S*/devpi-test-\w+/", "TMP/", text)
        return re.sub(r"\S+/tox --", "tox --", text).splitlines()


@pytest.fixture
def lab(member: Member, tmp_path: Path) -> Lab:
    return Lab(member, tmp_path)


def test_a_release_is_tested_and_the_result_attached(lab: Lab) -> None:
    """A62: what tox prints stands where it belongs, in a pipe, too."""
    lab.release({"tox.ini": PASSES})

    result = lab.test("demo", SILENT)

    assert (result.stderr, result.status) == ("", 0)
    assert lab.page(result.stdout) == [
        "received INDEX/+f/HASH/demo-1.0.tar.gz",
        "--> .$ tox --installpkg TMP/file-0/demo-1.0.tar.gz --recreate --result-json TMP/report-0.json"
        " --root TMP/file-0/unpacked/demo-1.0 -c TMP/file-0/unpacked/demo-1.0/tox.ini -qq",
        "tested",
        "posting tox result data to INDEX/+f/HASH/demo-1.0.tar.gz",
        "success",
    ]
    assert [line.split(" ", 1)[1] for line in lab.results()] == [f"{sys.platform} py tests passed"]


def test_tests_that_fail_are_told_and_attached(lab: Lab) -> None:
    lab.release({"tox.ini": FAILS})

    result = lab.test("demo", SILENT)

    assert (result.stderr, result.status) == ("tox failed with status 3\n", 3)
    assert result.lines[-1] == "success"
    assert [line.split(" ", 1)[1] for line in lab.results()] == [f"{sys.platform} py tests failed"]


def test_no_upload_attaches_nothing(lab: Lab) -> None:
    lab.release({"tox.ini": PASSES})

    result = lab.test("demo", SILENT, "--no-upload")

    assert (result.lines[-1], result.stderr, result.status) == ("tested", "", 0)
    assert lab.results() == []


def test_with_json_stdout_is_one_document(lab: Lab) -> None:
    lab.release({"tox.ini": PASSES})

    result = lab.test("demo", "--json", SILENT, "--no-upload")

    document = json.loads(result.stdout)
    url = document["tested"][0]["url"]
    assert document == {"index": lab.member.index, "tested": [{"url": url, "failures": []}]}
    assert documents()["test"](document) == []
    assert url.endswith("/demo-1.0.tar.gz")
    assert (result.stderr, result.status) == ("tested\n", 0)


def test_v19_several_requirements_are_tested_and_the_worst_status_counts(lab: Lab) -> None:
    lab.release({"tox.ini": FAILS}, version="1.0")
    lab.release({"tox.ini": PASSES}, version="1.1")

    result = lab.test("demo==1.0", "demo==1.1", SILENT)

    assert result.stderr == "FAILED demo-1.0.tar.gz: tox failed with status 3\n1 of 2 files failed\n"
    assert result.status == 3
    assert result.lines.count("success") == 2


def test_v19_wheels_for_any_platform_are_tested_with_the_tests_of_the_sdist(lab: Lab) -> None:
    lab.release({"tox.ini": PASSES}, wheel="py3-none-any")

    result = lab.test("demo", SILENT, "--no-upload")

    assert (result.stderr, result.status) == ("", 0)
    assert [line for line in lab.page(result.stdout) if not line.startswith("-->")] == [
        "received INDEX/+f/HASH/demo-1.0.tar.gz",
        "tested",
        "received INDEX/+f/HASH/demo-1.0-py3-none-any.whl",
        "tested",
    ]


@pytest.mark.parametrize(
    ("tag", "is_tested"),
    [
        ("py3-none-any", True),
        ("py2.py3-none-any", True),
        ("py39-none-any", True),
        ("py2-none-any", False),
        ("cp311-cp311-manylinux_2_17_x86_64", False),
    ],
)
def test_v19_list_shows_what_would_be_tested_and_downloads_nothing(
    lab: Lab, server: Live, tag: str, is_tested: bool
) -> None:
    lab.release({"tox.ini": PASSES}, wheel=tag)

    with server.requests() as requests:
        result = lab.test("--list", "demo")

    shown = ["   INDEX/+f/HASH/demo-1.0.tar.gz", *([f"   INDEX/+f/HASH/demo-1.0-{tag}.whl"] if is_tested else [])]
    assert lab.page(result.stdout) == ["would test:", *shown]
    left_out = f"left out: demo-1.0-{tag}.whl does not run on every platform (use --select to test it)\n"
    assert (result.stderr, result.status) == ("" if is_tested else left_out, 0)
    assert requests == [f"GET /{lab.member.index}/demo"]


def test_a51_only_what_is_selected_is_downloaded(lab: Lab, server: Live) -> None:
    lab.release({"tox.ini": PASSES}, wheel="cp311-cp311-win32")

    with server.requests() as requests:
        result = lab.test("demo", "--select", r"\.tar", SILENT, "--no-upload")

    assert (result.lines[-1], result.stderr, result.status) == ("tested", "", 0)
    # After the release, the index: is it open to everybody?
    assert [request.rpartition("/")[2] for request in requests] == ["demo", "dev", "demo-1.0.tar.gz"]


def test_select_chooses_wheels_of_any_platform(lab: Lab) -> None:
    lab.release({"tox.ini": PASSES}, wheel="cp311-cp311-win32")

    assert lab.page(lab.test("--list", "demo", "-s", "win32").stdout) == [
        "would test:",
        "   INDEX/+f/HASH/demo-1.0-cp311-cp311-win32.whl",
    ]


def test_a17_the_package_and_what_it_needs_come_from_the_index_with_the_login_in_no_argument(lab: Lab) -> None:
    """Everybody can read the arguments of a program: the test looks at those of its own ancestors, as pip runs."""
    spy = (
        "import os, pathlib, helper, demo; "
        "print(helper.version, demo.version, os.environ['PIP_INDEX_URL']); "
        "read = lambda name: [p.read_bytes() for p in pathlib.Path('/proc').glob(f'[0-9]*/{name}')]; "
        "token = (pathlib.Path(__file__).parent / 'token').read_bytes(); "
        "print([line for line in read('cmdline') if token in line], token.decode() in str(os.environ))"
    )
    login = lab.member.state.login(lab.member.server.root)
    assert login
    lab.upload(make_wheel(lab.folder, "helper", "2.0"))
    lab.upload(make_wheel(lab.folder, "demo", "1.0", metadata="Requires-Dist: helper\n"))
    lab.release({"tox.ini": "[testenv]\ncommands = python spy.py\n", "spy.py": spy, "token": login.token})

    result = lab.member("test", "demo", "-s", "whl", SILENT)

    assert (result.stderr, result.status) == ("", 0)
    assert lab.page(result.stdout)[3:5] == ["2.0 1.0 INDEX/+simple/", "[] False"]
    report = json.dumps(lab.member.ok("list", "-f", "demo"))
    assert login.token not in result.stdout + report


CONFIGURED = {
    "tox.ini": PASSES,
    "tox.toml": '[env_run_base]\nskip_install = true\nlist_dependencies_command = ["python", "-c", "pass"]\n'
    'commands = [["python", "-c", "print(\'tested\')"]]\n',
    "pyproject.toml": f'[tool.tox]\nlegacy_tox_ini = """{PASSES}"""\n',
    "setup.cfg": "[metadata]\nname = demo\n[tox:tox]\n" + PASSES,
}


def test_a54_the_configuration_of_tox_may_be_in_any_of_its_files(lab: Lab) -> None:
    for number, (name, text) in enumerate(CONFIGURED.items()):
        lab.release({name: text}, version=f"{number}")

    result = lab.test(*(f"demo=={number}" for number in range(len(CONFIGURED))), SILENT, "--no-upload")

    assert (result.stderr, result.status) == ("", 0)
    assert result.lines.count("tested") == len(CONFIGURED)
    assert re.findall(r" -c \S+/demo-\d/(\S+)", result.stdout) == list(CONFIGURED)


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"ci/tox-ci.ini": PASSES}, "ci/tox-ci.ini"),
        ({"pyproject.toml": "[project]\n", "setup.cfg": "[metadata]\n"}, "here.ini"),
    ],
)
def test_a54_the_fallback_is_one_of_ours_or_of_the_package(lab: Lab, files: dict[str, str], place: str) -> None:
    (lab.member.home / "here.ini").write_text(PASSES)
    lab.release(files)

    result = lab.test("demo", "--fallback-ini", place, SILENT, "--no-upload")

    assert (result.lines[-1], result.stderr, result.status) == ("tested", "", 0)


def test_a54_a_package_without_configuration_is_not_found_fit_to_test(lab: Lab) -> None:
    lab.release({"pyproject.toml": "[project]\n"})

    result = lab.test("demo")

    assert (result.stderr, result.status) == (
        "demo-1.0 has no tox.ini or tox.toml, and no tox section in pyproject.toml or setup.cfg\n"
        "name a configuration with -c FILE or --fallback-ini FILE\n",
        4,
    )


def test_a_configuration_of_ours_is_used_in_the_folder_of_the_package(lab: Lab) -> None:
    (lab.member.home / "ours.ini").write_text(f'{QUICK_TOX}"import os; print(os.listdir())"\n')
    lab.release({"tox.ini": FAILS, "only-in-the-sdist": ""})

    result = lab.test("demo", "-c", "ours.ini", SILENT, "--no-upload")

    assert (result.stderr, result.status) == ("", 0)
    assert "only-in-the-sdist" in result.lines[-1]
    assert [path.name for path in lab.member.home.iterdir() if "tox" in path.name] == []


def test_a_file_is_tested_once_however_often_it_is_meant(lab: Lab) -> None:
    lab.release({"tox.ini": PASSES})

    result = lab.test("--list", "demo", "Demo==1.0", "demo>=1")

    assert lab.page(result.stdout) == ["would test:", "   INDEX/+f/HASH/demo-1.0.tar.gz"]


def test_e_chooses_the_environments(lab: Lab) -> None:
    lab.release({"tox.ini": f"[tox]\nenv_list = py, good\n{FAILS}[testenv:good]\ncommands = python -c pass\n"})

    result = lab.test("demo", "-e", "good", SILENT)

    assert (result.stderr, result.status) == ("", 0)
    assert [line.split(" ", 2)[2] for line in lab.results()] == ["good tests passed"]


def test_a53_a_server_that_refuses_the_result_is_heard(lab: Lab) -> None:
    lab.member.server.modify_index(lab.member.index, ["acl_toxresult_upload=nobody"])
    lab.release({"tox.ini": PASSES})

    result = lab.test("demo", SILENT)

    assert result.lines[-1].startswith("posting tox result data to ")
    assert lab.page(result.stderr)[0] == (
        "no permission to upload tox results. You can use the devpi test --no-upload option to skip the upload."
    )
    assert result.status == 3


PLUGIN = """
from pluggy import HookimplMarker

@HookimplMarker("devpiserver")
def devpiserver_on_toxresult_store(request, tox_result_handling):
    return tox_result_handling.skip("we keep no results here")
"""


def test_a53_what_a_server_says_to_the_result_is_told(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    info = lab.folder / "plugin/keep_nothing-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: keep-nothing\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[devpi_server]\nkeep-nothing = keep_nothing\n")
    (info.parent / "keep_nothing.py").write_text(PLUGIN)
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(info.parent))
        live, pid = start_server(lab.folder / "strict", "--no-root-pypi")
    try:
        root = live.connect("root")
        root.create_index("root/dev", {"bases": ""})
        sdist = make_sdist(lab.folder, {"tox.ini": PASSES})
        with sdist.open("rb") as file:
            root.upload("root/dev", dists.read(sdist).fields, sdist.name, file)
        result = lab.test("demo", "--index", f"{live.url}root/dev", SILENT)
    finally:
        os.kill(pid, signal.SIGTERM)

    assert (result.lines[-1], result.stderr, result.status) == ("success", "warning: we keep no results here\n", 0)


def test_a55_without_a_tox_anywhere_it_says_how_to_get_one(lab: Lab, tmp_path: Path) -> None:
    """The environment named has none, nor has the PATH, nor the environment that devpi runs in."""
    lab.release({"tox.ini": PASSES})
    bare = tmp_path / "bare/bin"
    bare.mkdir(parents=True)
    (bare / "python").symlink_to(sys.executable)
    run = "import sys; sys.path[:0] = {0}; sys.executable = {1!r}; import devpi_cli.cli.main; devpi_cli.cli.main.main()"
    command = ["-c", run.format([path for path in sys.path if path], str(bare / "python")), "test", "demo"]

    environment = {**lab.member.environment, "PATH": "/nowhere", "VIRTUAL_ENV": "/nowhere"}
    done = subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, check=False)

    assert (done.stdout, done.returncode) == ("", 1)
    assert (
        done.stderr
        == "error: there is no tox in the active environment or on the PATH\ninstall it with: pip install tox\n"
    )


def test_the_tox_of_the_active_environment_comes_first(lab: Lab) -> None:
    lab.release({"tox.ini": PASSES})
    tox = lab.folder / "venv/bin/tox"
    tox.parent.mkdir(parents=True)
    tox.write_text("#!/bin/sh\necho the tox of the environment\nexit 7\n")
    tox.chmod(0o755)

    result = lab.test("demo", VIRTUAL_ENV=str(lab.folder / "venv"))

    assert (result.lines[-1], result.stderr, result.status) == (
        "the tox of the environment",
        "tox failed with status 7\n",
        7,
    )


def test_an_archive_that_would_leave_the_folder_is_not_unpacked(lab: Lab) -> None:
    """The zip-slip of devpi-client, which wrote outside even with ``--list``."""
    path = lab.folder / "demo-1.0.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("demo-1.0/PKG-INFO", "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n")
        archive.writestr("demo-1.0/../../../../evil", "evil")
    lab.upload(path)

    result = lab.test("demo")

    why = "the member 'demo-1.0/../../../../evil' would leave the folder: not unpacked"
    assert (result.stderr, result.status) == (f"demo-1.0.zip: {why}\n", 1)


def test_a_file_that_is_not_what_the_index_announced_is_not_used(lab: Lab, server: Live) -> None:
    lab.release({"tox.ini": PASSES})
    (stored,) = (server.log.parent / "data/+files" / lab.member.user).rglob("demo-1.0.tar.gz")
    stored.write_bytes(bytes(stored.stat().st_size))

    result = lab.test("demo")

    said = re.sub(r"[0-9a-f]{64}", "HASH", result.stderr)
    assert said == "demo-1.0.tar.gz: the download has the SHA-256 HASH, but the index says HASH\n"
    assert (result.stdout, result.status) == ("", 1)


def test_a_broken_archive_does_not_keep_others_from_being_tested(lab: Lab) -> None:
    lab.release({"tox.ini": PASSES}, version="1.0")
    lab.release({"pyproject.toml": "[tool.tox"}, version="2.0")

    result = lab.test("demo==2.0", "demo==1.0", SILENT, "--no-upload")

    assert result.lines[-1] == "tested"
    assert result.stderr == (
        "FAILED demo-2.0.tar.gz: demo-2.0/pyproject.toml is broken: "
        "Expected ']' at the end of a table declaration (at end of document)\n1 of 2 files failed\n"
    )
    assert result.status == 1


BAD = {
    "no such release": (
        ["demo>9"],
        4,
        "no release of demo on INDEX matches >9\nthere are: 1.0\n",
    ),
    "only a wheel": (
        ["bare"],
        4,
        "bare 1.0 has no sdist to test\nthe tests and the configuration of tox are taken from the sdist\n",
    ),
    "nothing selected": (
        ["demo", "-s", "win32"],
        4,
        "--select 'win32' matches no file of demo 1.0\nthere are: demo-1.0.tar.gz\n",
    ),
    "no expression": (
        ["demo", "-s", "("],
        2,
        "--select '(' is not a regular expression: missing ), unterminated subpattern at position 0\n",
    ),
    "no arguments": (["demo", "--tox-args", "'"], 2, '--tox-args "\'": No closing quotation\n'),
    "no configuration": (
        ["demo", "-c", "nowhere.ini"],
        2,
        "nowhere.ini: no such file, here or in demo-1.0\n",
    ),
    "no requirement": (
        ["demo 1.0"],
        2,
        "'demo 1.0' is not a requirement: Expected semicolon (after name with no version specifier) or end\n"
        "type NAME or 'NAME==VERSION'\n",
    ),
}


@pytest.mark.parametrize(("arguments", "status", "said"), BAD.values(), ids=BAD.keys())
def test_what_cannot_be_tested_is_said(lab: Lab, arguments: list[str], status: int, said: str) -> None:
    lab.release({"tox.ini": PASSES})
    lab.upload(make_wheel(lab.folder, "bare"))

    result = lab.test(*arguments)

    assert (result.status, result.stderr) == (status, said.replace("INDEX", lab.member.index))


def test_interrupted_it_ends_what_it_runs_and_leaves_nothing(lab: Lab) -> None:
    told = lab.folder / "told"
    sleep = f"import os, time; open({str(told)!r}, 'w').write(str(os.getpid()) + ' ' + os.getcwd()); time.sleep(60)"
    lab.release({"tox.ini": f'{QUICK_TOX}"import sleep"\n', "sleep.py": sleep})
    command = [*lab.member.command, "test", "demo"]
    environment = {**lab.member.environment, "VIRTUALENV_NO_SEED": "1", "TMPDIR": str(lab.folder)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as devpi:
        while not (told.exists() and told.read_text()):
            assert devpi.poll() is None
            time.sleep(0.1)
        devpi.send_signal(signal.SIGINT)
        said = devpi.communicate()[1]
    pid, folder = told.read_text().split(" ", 1)

    assert (devpi.returncode, said.decode().splitlines()[-1]) == (130, "interrupted: 0 of 1 file tested")
    assert not Path(folder).exists()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
