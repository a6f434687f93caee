"""Small distributions, each with a peculiarity that real ones of twenty years have."""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile
import zipfile
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DUMB = "demo-1.0.linux-x86_64.tar.gz"
PLAIN = "Metadata-Version: {}\nName: demo\nVersion: 1.0\n"
# What distutils writes between the program and the zip in an .exe.
INI = (
    b"[metadata]\nauthor=A. Uthor\ndescription=a demo\\nof demos\nname=demo\nurl=UNKNOWN\nversion=1.0\n"
    b"\n[Setup]\ntitle=x\n\0"
)


@dataclass(frozen=True)
class Peculiar:
    """A distribution, and what a server should store of it."""

    what: str
    file: str
    metadata: str | bytes
    stored: Mapping[str, object]
    member: str = ""
    more: tuple[str, ...] = ()
    """Other members of the archive."""
    version: str = "1.0"
    compression: str | None = None
    """Another one than the name of the file promises."""

    def make(self, folder: Path) -> Path:
        """Write the file."""
        content = self.metadata.encode() if isinstance(self.metadata, str) else self.metadata
        member = self.member or self._usual_member()
        named = {member: content} if content else {}
        if member.endswith("/PKG-INFO") and not self.member:
            named[member.replace("PKG-INFO", "setup.py")] = b""  # twine expects more than one member
        made = _packed(named | dict.fromkeys(self.more, b"x"), self.compression or _compression(self.file))
        stub = b"MZ" + bytes(500) + INI if self.file.endswith(".exe") else b""
        path = folder / self.file
        path.write_bytes(stub + made)
        return path

    def _usual_member(self) -> str:
        stem = "-".join(self.file.split("-")[:2])
        if self.file.endswith(".whl"):
            return f"{stem}.dist-info/METADATA"
        if self.file.endswith(".egg"):
            return "EGG-INFO/PKG-INFO"
        return f"{stem.removesuffix('.zip').partition('.t')[0]}/PKG-INFO"


def _compression(file: str) -> str:
    if file.endswith((".zip", ".whl", ".egg", ".exe")):
        return "zip"
    return "bz2" if "bz" in file else "gz"


def _packed(members: Mapping[str, bytes], compression: str) -> bytes:
    made = io.BytesIO()
    if compression == "zip":
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed_zip:
            for name, content in members.items():
                packed_zip.writestr(zipfile.ZipInfo(name), content)
        return made.getvalue()
    with tarfile.TarFile(fileobj=made, mode="w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    compress = {"gz": gzip.compress, "bz2": bz2.compress, "none": bytes}
    return compress[compression](made.getvalue())


def sdist(what: str, more: str | bytes, stored: Mapping[str, object], version: str = "1.1") -> Peculiar:
    """An sdist whose metadata are peculiar."""
    head = PLAIN.format(version)
    content = head.encode() + more if isinstance(more, bytes) else head + more
    return Peculiar(what, "demo-1.0.tar.gz", content, stored)


def packed(what: str, file: str, member: str = "", *more: str) -> Peculiar:
    """A distribution of which the file is peculiar, not the metadata."""
    return Peculiar(what, file, PLAIN.format("1.1") + "Summary: a demo\n", {"summary": "a demo"}, member, more)


INDENTED = "Description: Demo\n        ====\n        \n        It shows::\n        \n            code\nPlatform: any\n"
UNINDENTED = "Demo\n====\n\nIt shows::\n\n    code"
METADATA = [
    sdist("metadata 2.0", "Provides-Extra: fast\n", {"metadata_version": "2.0", "provides_extras": ["fast"]}, "2.0"),
    sdist("an unknown metadata version", "Summary: s\n", {"metadata_version": "9.9", "summary": "s"}, "9.9"),
    sdist("no number as metadata version", "Summary: s\n", {"metadata_version": "draft", "summary": "s"}, "draft"),
    sdist(
        "fields introduced later",
        "Classifier: A :: B\nDownload-URL: http://x/\nRequires-Python: >=3\nProject-URL: Home,http://x/\n"
        "Description-Content-Type: text/plain\nDynamic: summary\nLicense-Expression: MIT\nLicense-File: COPYING\n",
        {
            "classifiers": ["A :: B"],
            "download_url": "http://x/",
            "requires_python": ">=3",
            "project_urls": ["Home,http://x/"],
            "description_content_type": "text/plain",
            "dynamic": ["summary"],
            "license_expression": "MIT",
            "license_file": ["COPYING"],
        },
        "1.0",
    ),
    sdist("metadata 2.5", "Import-Name: demo\nSummary: s\n", {"metadata_version": "2.5", "summary": "s"}, "2.5"),
    sdist("bad Requires-Python", "Requires-Python: 2.6+\n", {"requires_python": "2.6+"}, "2.1"),
    sdist("bad Requires-Dist", "Requires-Dist: foo (>dev)\n", {"requires_dist": ["foo (>dev)"]}, "2.1"),
    sdist("bad Provides-Extra", "Provides-Extra: my extra!\n", {"provides_extras": ["my extra!"]}, "2.1"),
    sdist("many extras", "Provides-Extra: b\nProvides-Extra: A\n", {"provides_extras": ["b", "A"]}, "2.1"),
    sdist("bad License-Expression", "License-Expression: mine\n", {"license_expression": "mine"}, "2.4"),
    sdist(
        "a content type of one's own",
        "Description-Content-Type: text/fancy; a=b\n\nHi\n",
        {"description_content_type": "text/fancy; a=b", "description": "Hi\n"},
        "2.1",
    ),
    sdist("a folded summary", "Summary: one\n  two\n", {"summary": "one two"}),
    sdist("lines that are not indented", "Summary: one\ntwo\nHome-page: http://x/\n", {"home_page": "http://x/"}),
    sdist(
        "a licence of several paragraphs",
        "License: Do\n        what\n        \n        you like\nAuthor: me\n",
        {"license": "Do\nwhat\n\nyou like", "author": "me"},
    ),
    sdist(
        "a licence with empty lines, as it stands",
        "License: Do\n\nNote: what\n\n    you like\n\nDescription: One\n        Two\nPlatform: any\n",
        {"license": "Do\n\nNote: what\n\nyou like", "description": "One\nTwo", "platform": ["any"]},
        "1.0",
    ),
    sdist("repeated headers", "Author: me\nAuthor: you\nLicense: MIT\n", {"author": "me", "license": "MIT"}),
    sdist("unknown headers", "X-Built-By: me\nAuthor: you\n", {"author": "you"}),
    sdist("headers in any case", "HOME-PAGE: http://x/\nauthor-EMAIL: a@b\n", {"home_page": "http://x/"}),
    sdist("Latin-1", "Author: Andr\xe9\n".encode("latin-1"), {"author": "Andr\xe9"}),
    sdist(
        "Latin-1 and UTF-8",
        "Author: Andr\xe9\n".encode("latin-1") + "Maintainer: Jos\xe9\n\nna\xefve\n".encode(),
        {"author": "Andr\xe9", "maintainer": "Jos\xe9", "description": "na\xefve\n"},
    ),
    sdist("Windows lines", b"Author: me\r\nLicense: MIT\r\n\r\nHi\r\n", {"license": "MIT", "description": "Hi\n"}),
    sdist(
        "placeholders for nothing",
        "License: UNKNOWN\nPlatform: UNKNOWN\nDescription: UNKNOWN\n",
        {"license": "", "platform": [], "description": ""},
    ),
    sdist("a placeholder as description", "Author: me\n\nUNKNOWN\n\n\n", {"description": "", "author": "me"}, "2.1"),
    sdist("a description as header", INDENTED, {"description": UNINDENTED, "platform": ["any"]}),
    sdist("a description with bars", INDENTED.replace(" " * 8, " " * 7 + "|"), {"description": UNINDENTED}, "1.2"),
    sdist("keywords with commas", "Keywords: one,two,  three four\n", {"keywords": "one,two,  three four"}, "2.1"),
    sdist("folded keywords", "Keywords: one\n  two\n", {"keywords": "one two"}),
    sdist(
        "an extra in a URL", "Requires-Dist: a @ https://x/a.zip\n", {"requires_dist": ["a @ https://x/a.zip"]}, "2.1"
    ),
    sdist(
        "the same label twice",
        "Project-URL: Home, http://x/\nProject-URL: Home, http://y/\n",
        {"project_urls": ["Home, http://x/", "Home, http://y/"]},
        "2.1",
    ),
    Peculiar(
        "a version of letters",
        "demo-2004d.tar.gz",
        "Metadata-Version: 1.0\nName: demo\nVersion: 2004d\n",
        {"version": "2004d"},
        version="2004d",
    ),
    Peculiar(
        "a version that no rule allows",
        "demo-1.0-final_1.tar.gz",
        "Metadata-Version: 1.0\nName: demo\nVersion: 1.0-final_1\n",
        {"version": "1.0-final_1"},
        "demo-1.0-final_1/PKG-INFO",
        version="1.0-final_1",
    ),
    Peculiar(
        "a name of dots and capitals",
        "My.Demo_Pkg-1.0.tar.gz",
        "Metadata-Version: 1.0\nName: My.Demo_Pkg\nVersion: 1.0\n",
        {"name": "My.Demo_Pkg"},
    ),
]
FILES = [
    packed("an sdist with bzip2", "demo-1.0.tar.bz2"),
    packed("a .tgz", "demo-1.0.tgz"),
    packed("an sdist that is a zip", "demo-1.0.zip"),
    replace(packed("a .tar.gz that is not compressed", "demo-1.0.tar.gz"), compression="none"),
    replace(packed("a .tar.gz compressed with bzip2", "demo-1.0.tar.gz"), compression="bz2"),
    replace(packed("a .tar.gz that is a zip", "demo-1.0.tar.gz"), compression="zip"),
    packed("an egg", "demo-1.0-py2.5.egg", "EGG-INFO/PKG-INFO", "demo.py"),
    packed("an egg with a platform", "demo-1.0-py2.7-win32.egg"),
    packed("an installer with setuptools' metadata", "demo-1.0.win32-py2.7.exe", "PURELIB/demo-1.0.egg-info/PKG-INFO"),
    packed("an installer with distutils' metadata", "demo-1.0.win32-py2.5.exe", "PURELIB/demo-1.0-py2.5.egg-info"),
    packed("a bdist_dumb of setuptools", DUMB, "./usr/lib/python/site-packages/demo-1.0.egg-info/PKG-INFO"),
    packed("a bdist_dumb of distutils", DUMB, "./usr/lib/python/site-packages/demo-1.0.egg-info"),
    packed("several top-level members", "demo-1.0.tar.gz", "", "package.xml", "._demo-1.0"),
    packed("no folder of its own", "demo-1.0.tar.gz", "PKG-INFO", "setup.py"),
    packed("metadata further down, too", "demo-1.0.tar.gz", "", "demo-1.0/vendor/x/PKG-INFO", "demo-1.0/a/PKG-INFO"),
    Peculiar(
        "an installer without metadata in it",
        "demo-1.0.win32.exe",
        "",
        {"author": "A. Uthor", "summary": "a demo\nof demos", "home_page": ""},
        more=("PURELIB/demo.py",),
    ),
]
