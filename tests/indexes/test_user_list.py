from __future__ import annotations

import pytest

from devpi_cli.errors import WrongUsage
from devpi_cli.indexes.user_list import parse


@pytest.mark.parametrize(("text", "users"), [
    ("user\nann\nbob\n", {"ann": {}, "bob": {}}),
    ("\ufeffuser;email\r\nann;ann@example.com\r\n;\r\nbob;\r\n", {"ann": {"email": "ann@example.com"}, "bob": {}}),
    ("email\tuser\tpassword-from\na@b\tann\tANN\n", {"ann": {"email": "a@b", "password-from": "ANN"}}),
    ('user, title\nann," Smith, Ann "\nbob,"a\nb"\n', {"ann": {"title": "Smith, Ann"}, "bob": {"title": "a\nb"}}),
    ("user\n", {}),
])  # fmt: skip
def test_users_stand_in_rows(text: str, users: dict[str, dict[str, str]]) -> None:
    assert parse(text) == users


@pytest.mark.parametrize(("text", "said"), [
    ("", "the first row must name the column user, once"),
    ("name\nann\n", "'name' is not a column"),
    ("user,user\nann,bob\n", "the first row must name the column user, once"),
    ("user,password\nann,geheim\n", "a file must not contain a password"),
    ("user,email\nann\n", "row 2 has 1 cells, but there are 2 columns"),
    ("user,email\nann,x\n,y\n", "row 3: it names no user"),
    ("user\nann\nann\n", "row 3: ann is listed twice"),
    ('user\n"ann\n', "this is not CSV: unexpected end of data"),
    ("user\n" + "a" * 200_000, "this is not CSV: field larger than field limit (131072)"),
])  # fmt: skip
def test_what_is_no_list_of_users_is_refused(text: str, said: str) -> None:
    with pytest.raises(WrongUsage) as failure:
        parse(text)
    assert failure.value.message == said
    assert "geheim" not in str(failure.value)
