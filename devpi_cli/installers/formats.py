"""Read and edit the index in INI and TOML files, keeping everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from configparser import RawConfigParser

    from configupdater import ConfigUpdater
    from tomlkit import TOMLDocument


class IndexSettings(NamedTuple):
    """The settings to write for the installers."""

    simple: str
    """The URL of the simple index, with a login if it needs one."""
    search: str
    """The URL of the index itself for ``pip search``, with a login if it needs one."""
    trust: str | None = None
    """The host that pip has to trust without TLS, or without verifying it."""
    distrust: frozenset[str] = frozenset()
    """Hosts that pip must no longer trust."""


class FileFormat(Protocol):
    """The format of a settings file.

    All methods take the text of a file, and raise ``configparser.Error`` or ValueError if it is broken. The message of
    these exceptions may contain a secret from the file.
    """

    def index(self, text: str) -> str | None:
        """Return the URL of the index, or None."""

    def trusted(self, text: str) -> list[str]:
        """Return the hosts that are trusted without TLS."""

    def edit(self, text: str, wanted: IndexSettings) -> str:
        """Return the text with the index and related settings changed."""


class Ini:
    """An INI file with the index in one option."""

    def __init__(self, section: str, option: str) -> None:
        self.section = section
        self.option = option

    def index(self, text: str) -> str | None:
        return _value(_parsed(text), self.section, self.option)

    def trusted(self, text: str) -> list[str]:
        return []

    def edit(self, text: str, wanted: IndexSettings) -> str:
        file = _updater(text)
        self._edit(file, wanted)
        return str(file)

    def _edit(self, file: ConfigUpdater, wanted: IndexSettings) -> None:
        _set(file, self.section, self.option, wanted.simple)


class Pip(Ini):
    """``pip.conf``, with the index, the search index and the trusted hosts."""

    def __init__(self) -> None:
        super().__init__("global", "index-url")

    def trusted(self, text: str) -> list[str]:
        return (_value(_parsed(text), self.section, "trusted-host") or "").split()

    def _edit(self, file: ConfigUpdater, wanted: IndexSettings) -> None:
        before = self.trusted(str(file))
        super()._edit(file, wanted)
        hosts = [host for host in before if host not in wanted.distrust]
        if wanted.trust and wanted.trust not in hosts:
            hosts.append(wanted.trust)
        if hosts and hosts != before:
            _set(file, self.section, "trusted-host", *hosts)
        if not hosts:
            for name in _names(file[self.section], "trusted-host"):
                file.remove_option(self.section, name)
        _set(file, "search", "index", wanted.search)


class Uv:
    """``uv.toml``, with a default ``[[index]]`` or the older ``index-url``."""

    def index(self, text: str) -> str | None:
        import tomllib

        data = self._settings(tomllib.loads(text))
        default = _default(data)
        found = data.get("index-url") if default is None else default.get("url")
        return str(found) if found else None

    def _settings(self, data: dict[str, Any]) -> dict[str, Any]:
        return data

    def trusted(self, text: str) -> list[str]:
        return []

    def edit(self, text: str, wanted: IndexSettings) -> str:
        import tomlkit
        from tomlkit.items import AoT

        document = _document(text)
        default = _default(document)
        if default is not None:
            default["url"] = wanted.simple
        elif "index-url" in document:
            document["index-url"] = wanted.simple
        else:
            if text and "index" not in document:
                document = _document(f"{text}\n")  # a blank line before the new entry
            entries = document.setdefault("index", tomlkit.aot())
            entry = tomlkit.table() if isinstance(entries, AoT) else tomlkit.inline_table()
            entry.update({"url": wanted.simple, "default": True})
            entries.append(entry)
        return tomlkit.dumps(document)


class UvInProject(Uv):
    """``pyproject.toml``, with ``[tool.uv]`` as in ``uv.toml``. It is only read."""

    def _settings(self, data: dict[str, Any]) -> dict[str, Any]:
        tool = data.get("tool")
        found = tool.get("uv") if isinstance(tool, dict) else None
        return found if isinstance(found, dict) else {}


def _document(text: str) -> TOMLDocument:
    import tomlkit
    from tomlkit.exceptions import ParseError, TOMLKitError

    try:
        return tomlkit.parse(text)
    except ParseError:
        raise
    except TOMLKitError:
        raise ValueError from None


def _default(data: Any) -> Any:
    """Return uv's default index from ``index``. Raises ValueError if that is not a list of tables."""
    entries = data.get("index", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError
    return next((entry for entry in entries if entry.get("default") is True), None)


def _parsed(text: str) -> RawConfigParser:
    from configparser import RawConfigParser

    parser = RawConfigParser()
    parser.read_string(text)
    return parser


def _updater(text: str) -> ConfigUpdater:
    from configupdater import ConfigUpdater

    return ConfigUpdater().read_string(text)


def _names(section: Any, option: str) -> list[str]:
    """Return the spellings of an option in a section: ``index-url`` and ``index_url`` are the same."""
    return [name for name in section if name.removeprefix("--").replace("_", "-") == option]


def _value(parser: RawConfigParser, section: str, option: str) -> str | None:
    if section not in parser:
        return None
    found = dict(parser.items(section))
    return next((found[name] for name in reversed(_names(found, option))), None)  # the last one wins


def _set(file: ConfigUpdater, section: str, option: str, *values: str) -> None:
    """Set an option in place; a new option goes to the end of its section, a new section to the end."""
    if not file.has_section(section):
        is_first = not file.structure
        file.add_section(section)
        if not is_first:
            file[section].add_before.space(1)
    part = file[section]
    names = _names(part, option)
    for name in names:
        if len(values) > 1 and "\n" in (part[name].value or ""):
            part[name].set_values(list(values))
        else:
            part[name].value = " ".join(values)
    if not names:
        others = part.option_blocks()
        if others:
            others[-1].add_after.option(option, " ".join(values))
        else:
            part[option] = " ".join(values)
