"""Draw servers, users, indexes and tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.tree import Tree

from devpi_cli.cli.views.amounts import distance, when
from devpi_cli.cli.views.paper import BAD, CAREFUL, GOOD, LESS, MORE, Column, Rows, facts, joined, parts, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    Document = Mapping[str, Any]

TIMES = ("created", "modified")
FIRST_KEYS = ("type", "volatile", "acl_upload")


def indexes(rows: Sequence[Document]) -> Rows:
    """Return a table of indexes."""
    columns = [
        Column("index", folds=True),
        Column("type", 1),
        Column("volatile", 2),
        Column("bases", folds=True),
        Column("title", 3, folds=True),
    ]
    return Rows(
        columns,
        [
            (
                text(row["name"], MORE),
                text(row.get("type") or "stage", LESS if row.get("type") == "mirror" else ""),
                _yes_or_no(row.get("volatile")),
                text(", ".join(map(str, row.get("bases") or ()))),
                text(row.get("title") or "", LESS),
            )
            for row in rows
        ],
    )


def _yes_or_no(value: object) -> Text:
    return text("yes" if value else "no", "" if value else LESS)


def bases(owned: Mapping[str, Sequence[str]], names: Iterable[str]) -> list[Tree]:
    """Return a tree for each of some indexes, with its bases, as far as theirs are known."""
    return [_below(Tree(text(name, MORE)), owned, name, (name,)) for name in names]


def _below(tree: Tree, owned: Mapping[str, Sequence[str]], name: str, above: tuple[str, ...]) -> Tree:
    for base in owned.get(name, ()):
        if base in above:  # a loop, which a server may have been told
            tree.add(joined((base, ""), ("  (again)", LESS)))
        else:
            _below(tree.add(text(base)), owned, base, (*above, base))
    return tree


def index(url: str, shown: Document, outcome: str) -> Group:
    """Return an index: its bases as a tree, and its settings."""
    config = {key: value for key, value in shown.items() if key not in ("index", "url", "bases", "outcome")}
    keys = [*(key for key in FIRST_KEYS if key in config), *sorted(config.keys() - set(FIRST_KEYS))]
    name = shown["index"]
    (tree,) = bases({name: [str(base) for base in shown.get("bases") or ()]}, [name])
    tree.label = joined((name, MORE), (f"  {url}{f'  {outcome}' if outcome else ''}", LESS))
    return parts(tree, facts([(key, text(_joined(config[key]))) for key in keys]))


def _joined(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def user(url: str, shown: Document) -> Group:
    """Return a user: settings and indexes."""
    config = {key: value for key, value in sorted(shown.items()) if key not in ("user", "indexes")}
    told = {key: when(str(value)) if key in TIMES else _joined(value) for key, value in config.items()}
    pairs = [(key, text(value)) for key, value in told.items()]
    pairs += [("indexes", text(each)) for each in shown["indexes"]]
    return parts(joined((shown["user"], MORE), (f"  {url}", LESS)), facts(pairs) if pairs else None)


def status(lines: Iterable[str], *, login: str) -> Table:
    """Return lines of the form ``name: value`` as a table; ``login`` says how good the login is."""
    pairs = []
    for line in lines:
        name, _, value = line.partition(": ")
        style = ""
        if name == "user":
            style = {"ok": GOOD, "none": CAREFUL}.get(login, BAD)
        if name in ("role", "replica"):
            style = CAREFUL if "behind" in value or "unknown" in value else ""
        pairs.append((name, text(value, style)))
    return facts(pairs)


def tokens(rows: Sequence[Document]) -> Rows:
    """Return a table of tokens and their restrictions."""
    columns = [
        Column("token"),
        Column("allowed", folds=True),
        Column("indexes", folds=True),
        Column("projects", folds=True),
        Column("expires"),
        Column("further restrictions", folds=True),
    ]
    return Rows(columns, map(_token, rows))


def _token(row: Document) -> Sequence[Text]:
    rules = {name: value for name, _, value in (rule.partition("=") for rule in row["restrictions"])}
    known = [text(rules.pop(name, "").replace(",", ", ")) for name in ("allowed", "indexes", "projects")]
    rules.pop("expires", None)
    expires = row["expires"]
    over = isinstance(expires, int | float) and distance(expires).endswith("ago")
    told = text("never" if expires is None else distance(expires), BAD if over else "")
    return [text(row["id"], MORE), *known, told, text(", ".join(f"{name}={value}" for name, value in rules.items()))]
