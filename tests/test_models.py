"""The value types: indexes, links, logins, requirements, versions."""

from __future__ import annotations

import pytest

from devpi_cli.errors import WrongUsage
from devpi_cli.models import Index, Link, Login, Requirement, Service, newest_first, normalised, parsed_version

VERSIONS = ["0.9", "1.0.dev3", "1.0", "1.5.dev1", "2.0", "2004d"]


@pytest.mark.parametrize(
    ("text", "met"),
    [
        ("demo", VERSIONS),
        ("demo==1.0", ["1.0"]),
        ("demo == 1.0.0", ["1.0"]),
        ("demo===1.0", ["1.0"]),
        ("demo==1.0.dev3", ["1.0.dev3"]),
        ("demo>=1,<2", ["1.0", "1.5.dev1"]),
        ("demo>1.0.dev0,<2", ["1.0.dev3", "1.0", "1.5.dev1"]),
        ("demo!=2.0", ["0.9", "1.0.dev3", "1.0", "1.5.dev1"]),
        ("demo==1.*", ["1.0.dev3", "1.0", "1.5.dev1"]),
        ("demo==2004d", ["2004d"]),
        ("demo===2004d", ["2004d"]),
        ("demo==2004", []),
        ("demo[extra]>1", ["1.5.dev1", "2.0"]),
    ],
)
def test_a_requirement_tells_which_versions_are_meant(text: str, met: list[str]) -> None:
    """A39."""
    requirement = Requirement.parse(text)
    assert [version for version in VERSIONS if requirement.matches(version)] == met
    assert requirement.project == "demo"
    assert requirement.is_whole_project is (text == "demo")


@pytest.mark.parametrize(
    ("name", "project"),
    [
        ("Demo", "demo"),
        ("my_demo", "my-demo"),
        ("my.demo", "my-demo"),
        ("my-_.Demo", "my-demo"),
        ("A1", "a1"),
    ],
)
def test_a_name_is_spelled_as_in_canonical_urls(name: str, project: str) -> None:
    assert normalised(name) == project
    assert Requirement.parse(f"{name}==1").project == project
    assert Requirement.parse(f"{name}==no_version").project == project


@pytest.mark.parametrize(
    "text", ["", "foo bar", "==1.0", "demo==", "demo=1.0", "-e .", "demo>=banana", "../demo", "demo\n\n\x1b"]
)
def test_what_is_no_requirement_is_wrong_usage(text: str) -> None:
    with pytest.raises(WrongUsage) as failure:
        Requirement.parse(text)
    message, hint = str(failure.value).split("\n")
    assert message.startswith(f"{text!r} is not a requirement: ")
    assert hint == "type NAME or 'NAME==VERSION'"


@pytest.mark.parametrize("text", ["demo @ https://example.com/demo.whl", "demo==1; python_version>'3'"])
def test_a_requirement_that_no_index_can_answer_is_wrong_usage(text: str) -> None:
    with pytest.raises(WrongUsage) as failure:
        Requirement.parse(text)
    assert str(failure.value) == f"{text!r}: only a name and versions are allowed here\ntype 'NAME==VERSION'"


def test_versions_are_sorted_the_newest_first_and_what_pep_440_does_not_know_last() -> None:
    """A40."""
    mixed = ["1.0", "2004d", "1.10", "1.9", "1.10rc1", "0.3.2d.dev", "1.10.post1", "1!0"]
    assert newest_first(mixed) == ["1!0", "1.10.post1", "1.10", "1.10rc1", "1.9", "1.0", "2004d", "0.3.2d.dev"]
    assert newest_first(reversed(mixed)) == newest_first(mixed)


def test_a_version_is_parsed_where_pep_440_knows_it() -> None:
    assert str(parsed_version("1.0-RC1")) == "1.0rc1"
    assert parsed_version("2004d") is None


def test_a_login_counts_its_hours_and_does_not_show_its_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 36_000.0)
    assert Login("alice", "t0ken", expires=72_000).hours == 10
    assert Login("alice", "t0ken", expires=32_400).hours == -1
    assert repr(Login("alice", "t0ken", expires=1)) == "Login(user='alice', expires=1)"


@pytest.mark.parametrize(
    ("service", "is_mirror"),
    [
        (Service("http://host/"), False),
        (Service("http://host/", index="http://host/root/pypi"), True),
        (Service("http://host/", index="http://host/alice/dev", pypisubmit="http://host/alice/dev/"), False),
    ],
)
def test_an_index_without_a_place_to_submit_to_is_a_mirror(service: Service, is_mirror: bool) -> None:
    assert service.is_mirror is is_mirror
    assert service.login == "http://host/+login"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://host/alice/dev/+f/abc/def/demo-1.0.tar.gz", "demo-1.0.tar.gz"),
        ("http://host/+f/demo-1.0%2Blocal.tar.gz#sha256=12/34", "demo-1.0+local.tar.gz"),
    ],
)
def test_a_link_ends_in_the_name_of_its_file(url: str, name: str) -> None:
    assert Link(url).name == name


@pytest.mark.parametrize(
    ("url", "index"),
    [
        ("http://host/alice/dev/+f/abc/def/demo-1.0.tar.gz", "alice/dev"),
        ("https://host/prefix/root/pypi/+e/https_files/demo-1.0.tar.gz", "root/pypi"),
        ("http://host/%C3%A9va/dev/+f/abc/def/demo-1.0.tar.gz", "éva/dev"),
        ("https://files.example/packages/demo-1.0.tar.gz", None),
    ],
)
def test_a_link_belongs_to_an_index(url: str, index: str | None) -> None:
    assert Link(url).index == index


@pytest.mark.parametrize(("bases", "listed"), [(["a/b", 1], ["a/b", "1"]), (True, []), (None, []), ("a/b", [])])
def test_only_a_list_of_an_index_has_names_in_it(bases: object, listed: list[str]) -> None:
    assert Index("alice/dev", {"bases": bases}).listed("bases") == listed
