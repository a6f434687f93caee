"""Read and edit the index in INI and TOML files, keeping everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from configparser import RawConfigParser

    from configupdater import ConfigUpdater
    from tomlkit import TOMLDocument


PROVIDER, SUBPROCESS = "keyring-provider", "subprocess"


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
    keyring: str = ""
    """Where pip gets logins from: ``import``, ``subprocess`` or ``auto``; empty for no change."""
    no_keyring: bool = False
    """Whether pip and uv are no longer to ask for logins."""


class FileFormat(Protocol):
    """The format of a settings file.

    All methods take the text of a file, and raise ``configparser.Error`` or ValueError if it is broken. The message of
    these exceptions may contain a secret from the file.
    """

    def index(self, text: str) -> str | None:
        """Return the URL of the index, or None."""

    def trusted(self, text: str) -> list[str]:
        """Return the hosts that are trusted without TLS."""

    def keyring(self, text: str) -> str:
        """Return where the installer gets logins from; empty if the file does not say."""

    def further(self, text: str) -> list[str]:
        """Return the URLs of further indexes, and of pages with links.

        Only uv's are known.
        """

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

    def keyring(self, text: str) -> str:
        return ""

    def further(self, text: str) -> list[str]:
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

    def keyring(self, text: str) -> str:
        return _value(_parsed(text), self.section, PROVIDER) or ""

    def _edit(self, file: ConfigUpdater, wanted: IndexSettings) -> None:
        before = self.trusted(str(file))
        super()._edit(file, wanted)
        hosts = [host for host in before if host not in wanted.distrust]
        if wanted.trust and wanted.trust not in hosts:
            hosts.append(wanted.trust)
        if hosts and hosts != before:
            _set(file, self.section, "trusted-host", *hosts)
        if not hosts:
            _remove(file, self.section, "trusted-host")
        if wanted.keyring:
            _set(file, self.section, PROVIDER, wanted.keyring)
        elif wanted.no_keyring:
            _remove(file, self.section, PROVIDER)
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

    def keyring(self, text: str) -> str:
        import tomllib

        return str(self._settings(tomllib.loads(text)).get(PROVIDER) or "")

    def further(self, text: str) -> list[str]:
        """Return them without those that uv uses only for projects that name them."""
        import tomllib

        data = self._settings(tomllib.loads(text))
        _default(data)
        indexes = [entry.get("url") for entry in data.get("index", []) if not _is_apart(entry)]
        lists = [
            table.get(name)
            for table in (data, data.get("pip"))
            if isinstance(table, dict)
            for name in ("extra-index-url", "find-links")
        ]
        return [url for url in [*indexes, *(url for urls in lists for url in urls or ())] if isinstance(url, str)]

    def edit(self, text: str, wanted: IndexSettings) -> str:
        import tomlkit
        from tomlkit.items import AoT

        document = _document(text)
        if wanted.keyring:
            document[PROVIDER] = SUBPROCESS
        elif wanted.no_keyring:
            document.pop(PROVIDER, None)
        default = _default(document)
        if default is not None:
            if default.get("url") != wanted.simple:  # what else the entry says is about the other index
                for key in [key for key in default if key not in ("url", "default")]:
                    del default[key]
            default["url"] = wanted.simple
        elif "index-url" in document:
            document["index-url"] = wanted.simple
        else:
            if document and "index" not in document:
                document = _document(f"{tomlkit.dumps(document)}\n")  # a blank line before the new entry
            entries = document.setdefault("index", tomlkit.aot())
            entry = tomlkit.table() if isinstance(entries, AoT) else tomlkit.inline_table()
            entry.update({"url": wanted.simple, "default": True})
            entries.append(entry)
        self._ask_always(document, wanted)
        return tomlkit.dumps(document)

    def _ask_always(self, document: TOMLDocument, wanted: IndexSettings) -> None:
        """Let uv ask for the login before a server refuses it; before 0.6.9 it asks for a user only."""
        default = _default(document)
        if default is not None and wanted.keyring:
            default["authenticate"] = "always"
        elif default is not None and wanted.no_keyring:
            default.pop("authenticate", None)


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
    """Return uv's default index from ``index``.

    Raises ValueError if that is not a list of tables.
    """
    entries = data.get("index", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError
    return next((entry for entry in entries if entry.get("default") is True), None)


def _is_apart(entry: dict[str, Any]) -> bool:
    return entry.get("default") is True or entry.get("explicit") is True


def _parsed(text: str) -> RawConfigParser:
    from configparser import RawConfigParser

    parser = RawConfigParser()
    parser.read_string(text)
    return parser


def _updater(text: str) -> ConfigUpdater:
    from configupdater import ConfigUpdater

    return ConfigUpdater().read_string(text)


def _remove(file: ConfigUpdater, section: str, option: str) -> None:
    for name in _names(file[section], option):
        file.remove_option(section, name)


def _names(section: Any, option: str) -> list[str]:
    """Return the spellings of an option in a section.

    ``index-url`` and ``index_url`` are the same.
    """
    return [name for name in section if name.removeprefix("--").replace("_", "-") == option]


def _value(parser: RawConfigParser, section: str, option: str) -> str | None:
    if section not in parser:
        return None
    found = dict(parser.items(section))
    return next((found[name] for name in reversed(_names(found, option))), None)  # the last one wins


def _set(file: ConfigUpdater, section: str, option: str, *values: str) -> None:
    """Set an option in place.

    A new option goes to the end of its section, a new section to the end.
    """
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
