"""The recipes of ``devpi help ci`` work exactly as printed.

A recipe is the code below a heading. Its shell steps run one after the other, each in the shell and with the variables
that the CI system would provide; host, user and secret come from these tests. Only two things are left out: what the
CI system does itself (a checkout, a Python), and the step ``pip install "$DEVPI_CLI"``, because the ``devpi`` of these
tests is on the PATH. The omitted step has to be exactly that.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from devpi_cli.cli import topics
from tests.support.dists import put
from tests.support.pages import blocks, headings, section

if TYPE_CHECKING:
    from tests.support.clients import Member

PAGE = topics.read("ci")
RECIPES = {
    "github": "GitHub Actions",
    "gitlab": "GitLab CI",
    "jenkins": "Jenkins",
    "nightly": "Nightly clean-up",
    "promote": "Promotion",
}
INSTALLATION = 'pip install "$DEVPI_CLI"'
GITHUB_SHELL = ("bash", "-e", "-c")  # docs.github.com: jobs.<job_id>.steps[*].shell, where none is named
GITLAB_SHELL = ("bash", "-eo", "pipefail", "-c")
JENKINS_SHELL = ("sh", "-xe", "-c")
CRON_SHELL = ("sh", "-c")


def recipe(name: str) -> str:
    """Return the code of a recipe."""
    [code] = blocks(section(PAGE, RECIPES[name]), "yaml", "groovy", "sh")
    return code


@dataclass
class Job:
    """A job of a CI system: a checkout, an empty home, and variables, which steps can add to."""

    member: Member
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        (self.folder / "home").mkdir()
        scripts = Path(sys.executable).parent
        self.secrets = (self.member.password,)
        self.variables |= {
            "PATH": f"{scripts}:{os.environ['PATH']}",
            "HOME": str(self.folder / "home"),
            "CI": "true",
            "DEVPI_INDEX": self.member.index_url,
            "DEVPI_USER": self.member.user,
            "DEVPI_PASSWORD": self.member.password,
            "NO_PROXY": "*",
            # No index is asked for hatchling, the settings of this machine do not count, and nothing is installed into
            # the environment that the tests run in.
            "DEVPI_UPLOAD_NO_ISOLATION": "1",
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_TARGET": str(self.folder / "installed"),
        }

    def run(self, shell: tuple[str, ...], script: str) -> list[str]:
        """Run a step, which has to succeed, leave no state and show no secret; return its lines."""
        done = subprocess.run(
            [*shell, script], cwd=self.checkout, env=self.variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert [secret for secret in self.secrets if secret in done.stdout + done.stderr] == []
        assert not (self.folder / "home/.local/state").exists()
        return done.stdout.splitlines()

    def read_variables(self, path: Path) -> None:
        """Take over ``NAME=value`` for the steps that follow, as from ``$GITHUB_ENV`` and reports of GitLab."""
        lines = path.read_text("utf-8").splitlines()
        self.variables |= dict(line.split("=", 1) for line in lines)

    @property
    def checkout(self) -> Path:
        return self.folder / "sample-project"

    @property
    def uploaded(self) -> list[str]:
        releases = self.member.server.releases(self.member.index, "sample-project", ignore_bases=True)
        return sorted(file.name for release in releases for file in release.files)

    @property
    def installed(self) -> list[str]:
        """The modules that pip installed."""
        return sorted(path.name for path in (self.folder / "installed").glob("*.py"))


@pytest.fixture
def job(member: Member, tmp_path: Path) -> Job:
    """A job in the checkout of a project that builds the same files each time, without the network."""
    job = Job(member, tmp_path)
    job.checkout.mkdir()
    (job.checkout / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "sample-project"\nversion = "1.0"\nrequires-python = ">=3.11"\n'
    )
    (job.checkout / "sample_project.py").write_text("version = '1.0'\n")
    author = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["add", "."], [*author, "commit", "-q", "-m", "Begin"]):
        subprocess.run(["git", *command], cwd=job.checkout, env=job.variables, check=True)
    return job


FILES = ["sample_project-1.0-py3-none-any.whl", "sample_project-1.0.tar.gz"]


def expanded(value: str, known: dict[str, str]) -> str:
    """Return a value in which GitHub has put variables and secrets."""
    return re.sub(r"\$\{\{ (?:vars|secrets)\.(\w+) \}\}", lambda found: known[found[1]], value)


def test_github(job: Job) -> None:
    workflow = yaml.safe_load(recipe("github"))
    [publish] = workflow["jobs"].values()
    settings = {name: job.variables.pop(name) for name in ("DEVPI_INDEX", "DEVPI_USER", "DEVPI_PASSWORD")}
    settings["DEVPI_CLI"] = "."
    github_env = job.folder / "github_env"
    job.variables |= {name: expanded(value, settings) for name, value in publish["env"].items()}
    job.variables |= {"GITHUB_ENV": str(github_env), "GITHUB_REPOSITORY": "alice/sample-project"}
    steps = [step for step in publish["steps"] if "uses" not in step]
    assert steps.pop(0) == {"name": "Install devpi-cli", "run": INSTALLATION}
    for step in steps:
        github_env.write_text("")
        job.run(GITHUB_SHELL, step["run"])
        job.read_variables(github_env)
    assert job.uploaded == FILES
    assert job.variables["UV_DEFAULT_INDEX"] == f"{job.member.index_url}/+simple/"
    assert job.installed == ["sample_project.py"]


def test_gitlab(job: Job) -> None:
    pipeline = yaml.safe_load(recipe("gitlab"))
    job.variables["CI_PROJECT_NAME"] = "sample-project"
    assert pipeline["publish"]["before_script"] == [INSTALLATION]
    for stage in pipeline["stages"]:
        [work] = [work for work in pipeline.values() if isinstance(work, dict) and work.get("stage") == stage]
        job.run(GITLAB_SHELL, "\n".join(work["script"]))
        if "artifacts" in work:
            job.read_variables(job.checkout / work["artifacts"]["reports"]["dotenv"])
    assert job.uploaded == FILES
    assert job.installed == ["sample_project.py"]


def test_jenkins(job: Job) -> None:
    installation, *steps = re.findall(r"^ *sh '(.*)'$", recipe("jenkins"), re.MULTILINE)
    assert installation == INSTALLATION
    outcomes = []
    for _ in range(2):
        for step in steps:
            job.run(JENKINS_SHELL, step)
        [kept] = re.findall(r"archiveArtifacts '(.*)'", recipe("jenkins"))
        files = json.loads((job.checkout / kept).read_text("utf-8"))["files"]
        outcomes.append({Path(path).name: file["outcome"] for path, file in files.items()})
    assert outcomes == [dict.fromkeys(FILES, "uploaded"), dict.fromkeys(FILES, "identical")]
    assert job.uploaded == FILES


def test_nightly(job: Job) -> None:
    def versions(project: str) -> list[str]:
        return sorted(r.version for r in job.member.server.releases(job.member.index, project, ignore_bases=True))

    for version in ("1.0", "0.9.dev1", *(f"1.1.dev{number}" for number in (2, 8, 9, 10, 11))):
        put(job.member.server, job.member.index, version, "demo")
    put(job.member.server, job.member.index, "1.0.dev1", "other")
    job.run(CRON_SHELL, recipe("nightly"))
    assert versions("demo") == ["1.0", "1.1.dev10", "1.1.dev11", "1.1.dev2", "1.1.dev8", "1.1.dev9"]
    assert versions("other") == ["1.0.dev1"]
    job.run(CRON_SHELL, recipe("nightly"))
    assert len(versions("demo")) == 6
    job.variables["DEVPI_RETRIES"] = "0"
    job.variables["DEVPI_INDEX"] = "http://127.0.0.1:9/alice/dev"
    with pytest.raises(AssertionError, match="cannot reach"):  # and nothing old is removed by an old list
        job.run(CRON_SHELL, recipe("nightly"))


def test_promote(job: Job) -> None:
    url = put(job.member.server, job.member.index, "1.0", "demo")
    prod = f"{job.member.user}/prod"
    job.variables |= {"RELEASE": "demo==1.0", "PROD": prod}
    first, again = (job.run(CRON_SHELL, recipe("promote")) for _ in range(2))
    assert first[-1] == url.replace(f"{job.member.user}/dev", prod)
    assert again[-2:] == [f"already there: demo 1.0 -> {prod}", first[-1]]
    index = job.member.server.index(prod)
    assert (index.projects, index.config["volatile"]) == (("demo",), False)


def test_every_recipe_is_run() -> None:
    tests = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert {*RECIPES} == tests - {"every_recipe_is_run"}
    assert [*RECIPES.values()] == headings(PAGE, 2)
