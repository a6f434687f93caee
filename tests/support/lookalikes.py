"""Archives that look like another one: some are the same to everybody, others are not."""

from __future__ import annotations

import bz2
import gzip
import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

METADATA = "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"
FILES = {"PKG-INFO": METADATA, "demo.py": "value = 1\n", "run.sh": "#!/bin/sh\n"}


class Tar:
    """An sdist, with a change."""

    def __init__(self, files: dict[str, str] | None = None, time: float = 1e9, **common: object) -> None:
        self.members: list[tuple[tarfile.TarInfo, bytes]] = []
        for name, text in (files or FILES).items():
            self.add(name, text, mtime=time, mode=0o755 if name == "run.sh" else 0o644, **common)

    def add(self, name: str, text: str = "", **fields: object) -> Tar:
        info = tarfile.TarInfo(f"demo-1.0/{name}")
        info.size = len(text.encode())
        for field, value in fields.items():
            setattr(info, field, value)
        self.members.append((info, text.encode()))
        return self

    def but(self, name: str, **fields: object) -> Tar:
        """Change fields of the member of this name."""
        for info, _ in self.members:
            if info.name.endswith(f"/{name}"):
                for field, value in fields.items():
                    setattr(info, field, value)
        return self

    def raw(self, after: bytes = b"") -> bytes:
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w") as tar:
            for info, content in self.members:
                tar.addfile(info, io.BytesIO(content) if info.isreg() else None)
        return plain.getvalue() + after

    def packed(self, after: bytes = b"", level: int = 9) -> bytes:
        return gzip.compress(self.raw(after), level, mtime=int(self.members[0][0].mtime))


def wheel(
    time: tuple[int, ...] = (2001, 9, 9, 1, 46, 40),
    before: bytes = b"",
    change: Callable[[zipfile.ZipFile], None] = lambda zip: None,
    **fields: object,
) -> bytes:
    """Return a wheel; ``fields`` are those of the member ``demo.py``."""
    content = io.BytesIO()
    info = "demo-1.0.dist-info"
    texts = {"demo.py": "value = 1\n", f"{info}/METADATA": METADATA, f"{info}/WHEEL": "Wheel-Version: 1.0\n"}
    content.write(before)
    with zipfile.ZipFile(content, "w") as packed:
        for name, text in texts.items():
            member = zipfile.ZipInfo(name, time)  # type: ignore[arg-type]
            member.external_attr = 0o100644 << 16
            for field, value in fields.items() if name == "demo.py" else ():
                setattr(member, field, value)
            packed.writestr(member, text)
        change(packed)
    return content.getvalue()


def _gap(packed: bytes) -> bytes:
    """Hide bytes between the last member and the directory of a zip."""
    hidden = b"PK\3\4 another member, for who reads from the beginning"
    end = packed.rindex(b"PK\5\6")
    start = int.from_bytes(packed[end + 16 : end + 20], "little")
    moved = (start + len(hidden)).to_bytes(4, "little")
    return packed[:start] + hidden + packed[start : end + 16] + moved + packed[end + 20 :]


SDIST, WHEEL = Tar().packed(), wheel()
SAME = {
    "sdist, later": Tar(time=1.1e9 + 0.25).packed(),
    "sdist, of another owner": Tar(uid=1000, gid=1000, uname="alice", gname="users").packed(),
    "sdist, built with another umask": Tar().but("demo.py", mode=0o600).but("run.sh", mode=0o775).packed(),
    "sdist, compressed less": Tar().packed(level=1),
    "sdist, with an owner of too large a number": Tar(uid=2**31, uname="é").packed(),
    "wheel, later": wheel((2026, 1, 2, 3, 4, 6)),
    "wheel, with times as Info-ZIP has them": wheel(extra=b"UT\5\0\3\0\0\0\0"),
}
OTHER = {
    "sdist, one byte": Tar({**FILES, "demo.py": "value = 2\n"}).packed(),
    "sdist, one more file": Tar().add("setup.py", "import os").packed(),
    "sdist, one file less": Tar({"PKG-INFO": METADATA, "demo.py": FILES["demo.py"]}).packed(),
    "sdist, a second member of the same name": Tar().add("demo.py", "value = 1\n").packed(),
    "sdist, another order": Tar(dict(reversed(FILES.items()))).packed(),
    "sdist, a program": Tar().but("demo.py", mode=0o755).packed(),
    "sdist, setuid": Tar().but("run.sh", mode=0o4755).packed(),
    "sdist, a link instead of a file": Tar().but("run.sh", type=tarfile.SYMTYPE, linkname="demo.py", size=0).packed(),
    "sdist, a device instead of a file": Tar().but("run.sh", type=tarfile.CHRTYPE, size=0).packed(),
    "sdist, a header for other programs": Tar().but("demo.py", pax_headers={"GNU.sparse.name": "other.py"}).packed(),
    "sdist, members after its end": Tar().packed(after=Tar().add("setup.py", "import os").raw()),
    "sdist, megabytes of zeros after its end": Tar().packed(after=bytes(8 * 2**20)),
    "sdist, cut off": Tar().packed()[:-12],
    "sdist, compressed as bzip2": bz2.compress(Tar().raw()),
    "sdist, a zip": WHEEL,
    "sdist, a bomb": Tar({**FILES, "demo.py": "\0" * (101 * 2**20)}).packed(),
    "wheel, one byte": wheel(change=lambda zip: zip.writestr("demo.py2", "x")),
    "wheel, a second member of the same name": wheel(change=lambda zip: zip.writestr("demo.py ", "value = 1\n")),
    "wheel, a program": wheel(external_attr=0o100755 << 16),
    "wheel, compressed": wheel(compress_type=zipfile.ZIP_DEFLATED),
    "wheel, a name in an extra field": wheel(extra=b"up\6\0\1evil!"),
    "wheel, bytes before it": wheel(before=b"#!/bin/sh\nexit\n"),
    "wheel, bytes before its directory": _gap(WHEEL),
    "wheel, bytes after it": WHEEL + b"\0",
    "wheel, another wheel after it": WHEEL + wheel(change=lambda zip: zip.writestr("setup.py", "import os")),
    "wheel, a comment": wheel(change=lambda zip: setattr(zip, "comment", b"evil")),
}
