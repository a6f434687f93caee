"""devpi completion: the scripts, where they are installed, and those in the package."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.support.checkout import ROOT
from tests.support.terminal import program, terminal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clients import Client

PLACES = {
    "bash": ".local/share/bash-completion/completions/devpi",
    "zsh": ".local/share/zsh/site-functions/_devpi",
    "fish": ".config/fish/completions/devpi.fish",
}


def next_steps(shell: str, path: Path) -> list[str]:
    return {
        "bash": [
            "It works in new shells with the package bash-completion. Without that, add this to ~/.bashrc:",
            f"  source {path}",
        ],
        "zsh": [
            "Add this to ~/.zshrc, unless that folder is in fpath already, and start a new shell:",
            f"  fpath=({path.parent} $fpath); autoload -Uz compinit && compinit",
        ],
        "fish": ["It works in new shells."],
    }[shell]


@pytest.mark.parametrize("shell", PLACES)
def test_the_script_is_the_one_in_the_package(devpi: Client, shell: str) -> None:
    assert devpi.ok("completion", shell) == (ROOT / f"completions/devpi.{shell}").read_text().splitlines()


def test_powershell_has_a_script_too(devpi: Client) -> None:
    lines = devpi.ok("completion", "powershell")
    assert lines[1] == "Register-ArgumentCompleter -Native -CommandName devpi -ScriptBlock {"
    row = next(line for line in lines if line.startswith("        'devpi login' = "))
    assert "Options = @('--password', '--password-stdin'" in row
    assert "Valued = @{'--password' = 'nothing'}" in row
    assert row.endswith("Arguments = @('user'); Commands = @() }")
    assert "\n".join(lines).count("{") == "\n".join(lines).count("}")


# -- install


@pytest.mark.parametrize("shell", PLACES)
def test_install(devpi: Client, shell: str) -> None:
    path = devpi.home / PLACES[shell]
    assert devpi.ok("completion", "install", shell, "-n") == [f"would write {path}"]
    assert not path.exists()
    assert devpi.ok("completion", "install", shell) == [f"wrote {path}", *next_steps(shell, path)]
    assert path.read_text() == (ROOT / f"completions/devpi.{shell}").read_text()
    assert devpi.ok("completion", "install", shell, "-n") == [f"{path} is up to date"]
    assert devpi.ok("completion", "install", shell) == [f"{path} is up to date", *next_steps(shell, path)]


@pytest.mark.parametrize(("shell", "path"), [("/bin/bash", PLACES["bash"]), ("/usr/local/bin/fish", PLACES["fish"])])
def test_without_a_name_it_is_the_shell_of_the_user(devpi: Client, shell: str, path: str) -> None:
    assert devpi.ok("completion", "install", SHELL=shell)[0] == f"wrote {devpi.home / path}"


@pytest.mark.parametrize(("env", "what"), [
    ({"SHELL": "/bin/tcsh"}, "the variable SHELL is 'tcsh'"), ({"SHELL": ""}, "the variable SHELL is not set"),
])  # fmt: skip
def test_a_shell_that_is_not_known_has_to_be_named(devpi: Client, env: dict[str, str], what: str) -> None:
    hint = "type 'devpi completion install SHELL'; SHELL is bash, zsh, fish or powershell"
    assert devpi.fails("completion", "install", **env) == (
        2,
        f"cannot tell which shell to install for: {what}\n{hint}\n",
    )


def test_powershell_is_told_by_a_line(devpi: Client) -> None:
    hint = "add this line to $PROFILE: devpi completion powershell | Out-String | Invoke-Expression"
    assert devpi.fails("completion", "install", "powershell") == (
        2, f"PowerShell has no folder for completion scripts\n{hint}\n",
    )  # fmt: skip


@pytest.mark.parametrize(("shell", "variable", "path"), [
    ("bash", "XDG_DATA_HOME", "bash-completion/completions/devpi"),
    ("zsh", "XDG_DATA_HOME", "zsh/site-functions/_devpi"),
    ("bash", "BASH_COMPLETION_USER_DIR", "completions/devpi"),
    ("fish", "XDG_CONFIG_HOME", "fish/completions/devpi.fish"),
])  # fmt: skip
def test_variables_name_other_folders(devpi: Client, tmp_path: Path, shell: str, variable: str, path: str) -> None:
    place = tmp_path / "with space" / path
    lines = devpi.ok("completion", "install", shell, **{variable: str(tmp_path / "with space")})
    assert lines[0] == f"wrote {place}"
    assert place.is_file()
    if shell == "bash":
        assert lines[-1] == f"  source '{place}'"


def test_an_older_script_of_ours_is_replaced(devpi: Client) -> None:
    path = devpi.home / PLACES["fish"]
    path.parent.mkdir(parents=True)
    path.write_text("# Completion of devpi for fish, made by 'devpi completion fish'.\n# as it was\n")
    assert devpi.ok("completion", "install", "fish")[0] == f"wrote {path}"
    assert "as it was" not in path.read_text()


def test_a_file_of_somebody_else_is_replaced_only_when_that_is_wanted(devpi: Client) -> None:
    path = devpi.home / PLACES["bash"]
    path.parent.mkdir(parents=True)
    path.write_text("complete -W mine devpi\n")
    status, said = devpi.fails("completion", "install", "bash", "--json")
    assert (status, path.read_text()) == (2, "complete -W mine devpi\n")
    assert json.loads(said)["error"]["hint"] == "add -y"
    status, shown = devpi.at_terminal("completion", "install", "bash", typed=["no"])
    assert (status, path.read_text()) == (1, "complete -W mine devpi\n")
    assert shown == [
        f"{path} was not written by devpi-cli", f"Overwrite {path}? [y/N] no", "nothing was changed",
    ]  # fmt: skip
    assert devpi("completion", "install", "bash", "-y").status == 0
    assert "mine" not in path.read_text()


def test_a_link_stays_a_link(devpi: Client, tmp_path: Path) -> None:
    path = devpi.home / PLACES["fish"]
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "dotfiles")
    devpi.ok("completion", "install", "fish")
    assert path.is_symlink()
    assert (tmp_path / "dotfiles").read_text() == (ROOT / "completions/devpi.fish").read_text()


def test_where_it_cannot_be_written(devpi: Client) -> None:
    (devpi.home / ".config").write_text("in the way")
    path = devpi.home / PLACES["fish"]
    assert devpi.fails("completion", "install", "fish") == (1, f"cannot read {path}: Not a directory\n")


START = {
    "bash": "source /usr/share/bash-completion/bash_completion",
    "zsh": "fpath=({folder} $fpath); autoload -Uz compinit && compinit -u -D",
    "fish": "true",
}


@pytest.mark.parametrize("shell", PLACES)
def test_what_is_installed_works(devpi: Client, shell: str) -> None:
    devpi.ok("completion", "install", shell)
    devpi.env["PATH"] = f"{program(devpi.home / 'bin').parent}:{devpi.environment['PATH']}"
    start = START[shell].format(folder=(devpi.home / PLACES[shell]).parent)
    with terminal(shell, devpi.home, devpi.environment, start) as started:
        assert started.tab("devpi getj") == "devpi getjson "


# -- what the package brings


def test_the_wheel_has_the_scripts_where_shells_look_for_them(tmp_path: Path) -> None:
    build = f"from hatchling.build import build_wheel; print(build_wheel({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", build], cwd=ROOT, check=True, capture_output=True, text=True)
    with zipfile.ZipFile(tmp_path / done.stdout.split()[-1]) as wheel:
        shared = {name.partition(".data/data/")[2]: wheel.read(name).decode() for name in wheel.namelist()}
    assert {name: text for name, text in shared.items() if name} == {
        "share/bash-completion/completions/devpi": (ROOT / "completions/devpi.bash").read_text(),
        "share/zsh/site-functions/_devpi": (ROOT / "completions/devpi.zsh").read_text(),
        "share/fish/vendor_completions.d/devpi.fish": (ROOT / "completions/devpi.fish").read_text(),
    }
