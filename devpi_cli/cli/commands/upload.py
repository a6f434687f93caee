"""The command devpi upload: built projects, files and documentation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option, jobs_option
from devpi_cli.cli.steps.hints import instead_of_mirror
from devpi_cli.cli.steps.preflight import require_place
from devpi_cli.cli.steps.uploads import Uploads
from devpi_cli.errors import DevpiError, ProgramMissing, WrongUsage
from devpi_cli.models import DOC_UPLOAD
from devpi_cli.packages import builder, dists, upload_defaults
from devpi_cli.packages import docs as documentation
from devpi_cli.packages.upload_defaults import Defaults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from devpi_cli.models import Dist
    from devpi_cli.server.api import Server

# The names from setup.py that --formats accepts, and what each builds.
FORMATS = {"bdist_wheel": "wheel", "sdist": "sdist", "sdist.tgz": "sdist", "sdist.gztar": "sdist"}
BOTH_FORMATS = (
    "you can remove it to get the default sdist and wheel releases you get with your currently specified formats."
)
DIST = Path("dist")


@click.command(
    epilog="\b\nExamples:\n  devpi upload                        build and upload the project\n"
    "  devpi upload dist/*.whl             upload files\n"
    "  devpi upload --from-dir wheelhouse  upload all files in and below a folder\n"
    "  devpi upload --with-docs            build and upload documentation, too"
)
@click.argument("paths", nargs=-1, metavar="[FILE]...", type=click.Path(path_type=Path))
@index_option("upload to")
@click.option("--from-dir", is_flag=True, help="FILE may be a folder: upload all distributions in and below it.")
@click.option("--only-latest", is_flag=True, help="Upload only the newest version of each project.")
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be uploaded, and change nothing.")
@click.option("--skip-existing", is_flag=True, help="Skip files already on the index; fail if one differs.")
@click.option(
    "--check/--no-check", default=None, help="First check the files as twine does, and mirrors for the same projects."
)
@click.option("--sdist/--no-sdist", default=None, help="Build only an sdist, or none.")
@click.option("--wheel/--no-wheel", default=None, help="Build only a wheel, or none.")
@click.option("--formats", metavar="LIST", help="sdist, bdist_wheel or both; deprecated.")
@click.option("--no-isolation", is_flag=True, help="Build without an isolated environment.")
@click.option(
    "--installer",
    type=click.Choice(["auto", "pip", "uv"]),
    default="auto",
    envvar="DEVPI_INSTALLER",
    help="Program to fill that environment. [uv if there is one, else pip]",
)
@click.option("--no-vcs/--vcs", default=None, help="Build in the folder itself, not in a copy of the tracked files.")
@click.option(
    "--setupdir-only/--no-setupdir-only", default=None, help="Copy only this folder to build in, without history."
)
@click.option("--with-docs", is_flag=True, help="Also build the documentation with Sphinx, and upload it.")
@click.option("--only-docs", is_flag=True, help="Upload only documentation.")
@click.option(
    "--docs",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Also upload the pages in DIR as documentation.",
)
@click.option(
    "--python", "-p", metavar="PYTHON", help="Build with this Python. [the active environment's, or devpi's own]"
)
@jobs_option("send")
@pass_app
def command(
    app: App,
    index: str | None,
    paths: tuple[Path, ...],
    from_dir: bool,
    only_latest: bool,
    dry_run: bool,
    skip_existing: bool,
    check: bool | None,
    sdist: bool | None,
    wheel: bool | None,
    formats: str | None,
    no_isolation: bool,
    installer: str,
    no_vcs: bool | None,
    setupdir_only: bool | None,
    with_docs: bool,
    only_docs: bool,
    docs: Path | None,
    python: str | None,
    jobs: int | None,
) -> None:
    """Build and upload the project in this folder, or upload files.

    Without FILE, an sdist and a wheel are built from a copy of the files tracked by git or hg, stored in dist/ and
    uploaded; [tool.devpi.upload] in pyproject.toml, or [devpi:upload] in setup.cfg, can change that. A FILE is a wheel
    (.whl), an sdist (.tar.gz, .zip) or documentation (.doc.zip, .doc.tar.gz). All files are tried; if any fail, the
    summary names them, and the exit status is not 0.
    """
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    _refuse_mirror(app, server, name)
    compare = skip_existing or (dry_run and not require_place(server, name).config.get("volatile"))
    with builder.private_folder() as private:
        uploads = Uploads(app, server, name, dry_run, compare, bool(check), jobs, private)
        if paths:
            if with_docs and not docs:
                app.out.warn(
                    "--with-docs is only for the project in this folder; to upload finished pages, type --docs DIR"
                )
            _add_files(uploads, dists.find(paths, from_dir=from_dir), only_docs=only_docs, docs=docs)
            if only_latest:
                uploads.read()
                uploads.dists = dists.latest(uploads.dists)
        else:
            builder.require_project(Path.cwd())
            typed = Defaults(sdist, wheel, no_vcs, setupdir_only, formats, check).over(upload_defaults.read(Path.cwd()))
            uploads.check = bool(typed.check)
            sdist, wheel = _chosen(app, typed)
            python = builder.choose_python(python)
            installer = builder.choose_installer(installer, python)
            made = builder.Build(python, sdist, wheel, not no_isolation, installer)
            _add_built(uploads, made, typed, release=not only_docs, docs=docs, sphinx=with_docs or only_docs)
        uploads.send()


def _refuse_mirror(app: App, server: Server, index: str) -> None:
    """Refuse at once an upload that the server would refuse after getting the whole file."""
    state = app.state
    if state.is_mirror and (server.root, index) == (state.server, state.index):
        raise DevpiError(
            f"{server.url(index)} is a mirror: nothing can be uploaded to it",
            hint=instead_of_mirror(index),
        )


def _chosen(app: App, typed: Defaults) -> tuple[bool, bool]:
    """Return whether to build an sdist, and a wheel; formats apply if neither was chosen."""
    sdist, wheel = typed.sdist, typed.wheel
    if sdist is None and wheel is None and typed.formats:
        kinds = {FORMATS.get(name.strip(), "") for name in typed.formats.split(",")}
        if "" in kinds:
            known = ", ".join(FORMATS)
            raise WrongUsage(f"formats {typed.formats}: only {known} can be built", hint="leave formats out")
        instead = BOTH_FORMATS if len(kinds) > 1 else f"use --{min(kinds)} for the same result."
        app.out.note(f"The --formats option is deprecated, {instead}")
        return "sdist" in kinds, "wheel" in kinds
    if sdist is False and wheel is False:
        raise WrongUsage("neither sdist nor wheel: nothing to build")
    return sdist or (sdist is None and not wheel), wheel or (wheel is None and not sdist)


def _add_files(uploads: Uploads, paths: Sequence[Path], *, only_docs: bool, docs: Path | None) -> None:
    """Add files, or only documentation; a folder of pages belongs to the files' release."""
    if only_docs and not docs:
        given, paths = paths, [path for path in paths if documentation.is_documentation(path)]
        if not paths:
            raise WrongUsage(f"--only-docs: no documentation in {', '.join(map(str, given))}")
    uploads.paths = list(paths)
    if docs:
        uploads.read()
    if docs and uploads.dists:
        _add_docs(uploads, docs, _only_release(uploads.dists))
        if only_docs:
            uploads.dists = [dist for dist in uploads.dists if dist.action == DOC_UPLOAD]


def _add_built(
    uploads: Uploads,
    made: builder.Build,
    typed: Defaults,
    *,
    release: bool,
    docs: Path | None,
    sphinx: bool,
) -> None:
    """Build the release, its documentation, or both."""
    app = uploads.app
    on_line = app.out.note if app.options.verbose else _discard
    private = uploads.private
    source = _source(uploads, typed)
    if release:
        app.out.line(f"--> .$ {made.shown}")
        files = [_keep(uploads, file) for file in builder.build(source, made, private, on_line)]
        uploads.paths = files
        uploads.read()
    if (docs or sphinx) and not uploads.failures:
        of = _only_release(uploads.dists) if release else builder.release_of(source, made, private, on_line)
        pages = docs or builder.build_docs(source, private, on_line)
        _add_docs(uploads, pages, of, label="" if docs else " [sphinx docs]")


def _discard(line: str) -> None:
    """Ignore a line of build output."""


def _source(uploads: Uploads, typed: Defaults) -> Path:
    """Return the folder to build in."""
    project, private = Path.cwd(), uploads.private
    if not typed.no_vcs:
        try:
            copied = builder.clean_copy(project, private, history=not typed.setupdir_only)
        except ProgramMissing as missing:
            uploads.app.out.warn(f"{missing.message}: building in the folder itself")
        else:
            project = copied or project
    # Building in place leaves files behind, which a dry run must not do.
    return builder.full_copy(project, private) if uploads.dry_run and project == Path.cwd() else project


def _only_release(found: Sequence[Dist]) -> tuple[str, str]:
    """Return name and version of the only release among the distributions."""
    releases = {(str(dist.fields["name"]), dist.version) for dist in found if dist.action != DOC_UPLOAD}
    if len(releases) != 1:
        raise WrongUsage(
            f"--docs needs the files of one release: there are {len(releases)}", hint="upload one project at a time"
        )
    return releases.pop()


def _add_docs(uploads: Uploads, folder: Path, release: tuple[str, str], *, label: str = " [docs]") -> None:
    name, version = release
    packed = documentation.pack(folder, uploads.private / f"{name}-{version}{documentation.SUFFIX}")
    uploads.dists.append(documentation.dist(_keep(uploads, packed, label), name, version))


def _keep(uploads: Uploads, file: Path, label: str = "") -> Path:
    """Move a built file to dist/, unless this is a dry run, and report it."""
    kept = file if uploads.dry_run else builder.keep(file, DIST)
    if uploads.dry_run:
        uploads.shown[file] = DIST / file.name
    shown = file.name if uploads.dry_run else kept
    uploads.app.out.line(f"built: {shown}{label} {file.stat().st_size // 1000}kb")
    return kept
