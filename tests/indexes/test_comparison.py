from __future__ import annotations

import pytest

from devpi_cli.indexes.comparison import compare, is_same, metadata_differences
from devpi_cli.models import Link


def link(name: str, sha256: str | None = "1", rel: str = "releasefile", **more: str) -> Link:
    return Link(f"http://host/a/dev/+f/1/{name}", rel, sha256, **more)  # type: ignore[arg-type]  # all are texts


def result(about: str, sha256: str, number: int = 0) -> Link:
    return link(f"{about}.toxresult-{number}", sha256, "toxresult", for_url=f"http://host/a/dev/+f/1/{about}")


def test_each_file_stands_in_one_list() -> None:
    found = compare(
        [link("one"), link("both"), link("other", "1"), link("docs.zip", rel="doczip")],
        [link("two"), link("both"), link("other", "2"), link("docs.zip", rel="doczip")],
    )
    assert [each.name for each in found.only_a] == ["one"]
    assert [each.name for each in found.only_b] == ["two"]
    assert [(a.name, a.sha256, b.sha256) for a, b in found.different] == [("other", "1", "2")]
    assert [a.name for a, _ in found.same] == ["both", "docs.zip"]
    assert not found.is_equal


def test_kinds_that_are_not_asked_for_do_not_count() -> None:
    found = compare([link("one"), link("docs.zip", rel="doczip")], [link("one")], rels=["releasefile"])
    assert found.is_equal


def test_a_tox_result_is_the_same_by_its_file_and_bytes_whatever_its_name() -> None:
    found = compare([result("a", "1", 1), result("a", "2", 2)], [result("a", "1", 7), result("b", "2", 8)])
    assert [(a.name, b.name) for a, b in found.same] == [("a.toxresult-1", "a.toxresult-7")]
    assert [(a.name, a.sha256) for a in found.only_a] == [("a.toxresult-2", "2")]
    assert [(b.name, b.sha256) for b in found.only_b] == [("b.toxresult-8", "2")]
    assert found.different == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (link("a", "1"), link("a", "1"), True),
        (link("a", "1"), link("a", "2"), False),
        (link("a", None), link("a", None), False),
        (link("a", "1"), link("a", None), False),
        (link("a", None, hash_spec="md5=1"), link("a", None, hash_spec="md5=1"), True),
        (link("a", None, hash_spec="md5=1"), link("a", None, hash_spec="md5=2"), False),
        (link("a", "1"), link("a", None, hash_spec="md5=1"), False),
    ],
)
def test_without_a_hash_nothing_is_the_same(one: Link, other: Link, same: bool) -> None:
    assert is_same(one, other) is same


@pytest.mark.parametrize(
    ("a", "b", "fields"),
    [
        ({"name": "a"}, {"name": "a"}, []),
        ({"name": "a", "summary": "x"}, {"name": "b"}, ["name", "summary"]),
        ({"description": "one \r\ntwo\n"}, {"description": "one\ntwo"}, []),
        ({"classifiers": []}, {"author": ""}, []),
        ({"classifiers": ["a", "b"]}, {"classifiers": ["b", "a"]}, ["classifiers"]),
    ],
)
def test_metadata_differ_in_fields(a: dict[str, object], b: dict[str, object], fields: list[str]) -> None:
    assert metadata_differences(a, b) == fields
