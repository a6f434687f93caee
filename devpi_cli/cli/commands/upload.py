"""The command devpi upload: built projects, files and documentation."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from devpi_cli.cli.app import App, pass_app
from devpi_cli.cli.options import index_option, jobs_option
from devpi_cli.cli.steps.hints import instead_of_mirror
from devpi_cli.cli.steps.preflight import require_place
from devpi_cli.cli.steps.uploads import Uploads
from devpi_cli.cli.steps.waiting import patience, wait_options
from devpi_cli.errors import DevpiError, ProgramMissing, WrongUsage
from devpi_cli.models import DOC_UPLOAD
from devpi_cli.packages import builder, dists, setup_formats, upload_defaults
from devpi_cli.packages import docs as documentation
from devpi_cli.packages.upload_defaults import Defaults
from devpi_cli.system.private import folder as private_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from devpi_cli.models import Dist
    from devpi_cli.server.api import Server

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
@click.option("--dry-run", "-n", is_flag=True, help="Show what would be uploaded; change nothing.")
@click.option("--skip-existing", is_flag=True, help="Skip files already on the index; fail if one differs.")
@click.option(
    "--check/--no-check", default=None, help="First check the files as twine does, and mirrors for the same projects."
)
@click.option("--sdist/--no-sdist", default=None, help="Build only an sdist, or none.")
@click.option("--wheel/--no-wheel", default=None, help="Build only a wheel, or none.")
@click.option("--formats", metavar="LIST", help="What to build, such as sdist.zip,bdist_egg; deprecated.")
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
@wait_options()
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
    wait_: bool,
    replicas: tuple[str, ...],
    seconds: float,
) -> None:
    """Build and upload the project in this folder, or upload files.

    Without FILE, an sdist and a wheel are built from a copy of the files tracked by git or hg, stored in dist/ and
    uploaded; [tool.devpi.upload] in pyproject.toml, or [devpi:upload] in setup.cfg, can change that. A FILE is a wheel,
    an sdist (.tar.gz, .tgz, .tar.bz2, .zip), an .egg, an .exe made by wininst, or documentation (.doc.zip,
    .doc.tar.gz). All files are tried; if any fail, the summary names them, and the exit status is not 0.
    """
    how = patience(wait_=wait_, replicas=replicas, seconds=seconds)
    target = app.target(index)
    name, server = target.require_index(), app.connect(target)
    _refuse_mirror(app, server, name)
    place = require_place(server, name, app=app) if dry_run else None
    foresee = place is not None and not place.config.get("volatile")
    with private_folder("build") as private:
        uploads = Uploads(app, server, name, dry_run, skip_existing, foresee, bool(check), jobs, private, how)
        if paths:
            if with_docs and not docs:
                app.out.warn(
                    "--with-docs is only for the project in this folder; to upload finished pages, type --docs DIR"
                )
            found = dists.find(paths, from_dir=from_dir)
            uploads.leave_out(found.left_out)
            _add_files(uploads, found.files, only_docs=only_docs, docs=docs)
            if only_latest:
                uploads.read()
                uploads.dists = dists.latest(uploads.dists)
        else:
            builder.require_project(Path.cwd())
            if (with_docs or only_docs) and not docs:
                documentation.sphinx_source(Path.cwd())  # before a build: raises WrongUsage
            typed = Defaults(sdist, wheel, no_vcs, setupdir_only, formats, check).over(upload_defaults.read(Path.cwd()))
            uploads.check = bool(typed.check)
            sdist, wheel, setup = _chosen(app, typed)
            python = builder.choose_python(python)
            installer = builder.choose_installer(installer, python)
            date = builder.date_of(Path.cwd())
            by_setup = [builder.Build(python, setup=arguments, date=date) for arguments in setup]
            standard = builder.Build(python, sdist, wheel, not no_isolation, installer, date=date)
            made = [standard, *by_setup] if sdist or wheel else by_setup
            _add_built(uploads, made, typed, release=not only_docs, docs=docs, sphinx=with_docs or only_docs)
        uploads.send()


def _refuse_mirror(app: App, server: Server, index: str) -> None:
    """Refuse an upload at once that the server would refuse.

    It does so only after it got the whole file.
    """
    state = app.state
    if state.is_mirror and (server.root, index) == (state.server, state.index):
        raise DevpiError(
            f"{server.url(index)} is a mirror: nothing can be uploaded to it",
            hint=instead_of_mirror(index),
        )


def _chosen(app: App, typed: Defaults) -> tuple[bool, bool, tuple[tuple[str, ...], ...]]:
    """Return whether to build an sdist and a wheel, and the setup.py formats.

    Formats apply if neither was chosen.
    """
    sdist, wheel = typed.sdist, typed.wheel
    if sdist is None and wheel is None and typed.formats:
        formats = setup_formats.parse(typed.formats)
        _warn_of_formats(app, formats)
        return formats.sdist, formats.wheel, tuple(formats.setup.values())
    if sdist is False and wheel is False:
        raise WrongUsage("neither sdist nor wheel: nothing to build", hint="leave out --no-sdist or --no-wheel")
    return sdist or (sdist is None and not wheel), wheel or (wheel is None and not sdist), ()


def _warn_of_formats(app: App, formats: setup_formats.Formats) -> None:
    """Report what is built instead of formats that cannot be.

    The words are those of devpi-client.
    """
    if not formats.setup:
        kind, made = ("sdist", "source") if formats.sdist else ("wheel", "wheel")
        one = f"replace it with --{kind} to only get {made} release as with your currently specified format."
        instead = BOTH_FORMATS if formats.sdist and formats.wheel else one
        app.out.note(f"The --formats option is deprecated, {instead}")
    elif not (formats.sdist or formats.wheel):
        names = ",".join(sorted(formats.setup))
        app.out.note(
            f"The --formats option is deprecated, none of the specified formats '{names}' are supported by "
            "python -m build"
        )
    for name, arguments in formats.setup.items():
        app.out.note(
            f"The {name!r} format is invalid for python -m build. "
            f"Falling back to 'setup.py {' '.join(arguments)}' which is deprecated."
        )


def _add_files(uploads: Uploads, paths: Sequence[Path], *, only_docs: bool, docs: Path | None) -> None:
    """Add files, or only documentation.

    A folder of pages belongs to the files' release.
    """
    if only_docs and not docs:
        given, paths = paths, [path for path in paths if documentation.is_documentation(path)]
        if not paths:
            raise WrongUsage(
                f"--only-docs: no documentation in {', '.join(map(str, given))}",
                hint="name a .doc.zip or .doc.tar.gz, or a folder of pages with --docs DIR",
            )
    uploads.paths = list(paths)
    if docs:
        uploads.read()
    if docs and uploads.dists:
        _add_docs(uploads, docs, _only_release(uploads.dists))
        if only_docs:
            uploads.dists = [dist for dist in uploads.dists if dist.action == DOC_UPLOAD]


def _add_built(
    uploads: Uploads,
    made: Sequence[builder.Build],
    typed: Defaults,
    *,
    release: bool,
    docs: Path | None,
    sphinx: bool,
) -> None:
    """Build the release, its documentation, or both."""
    app, private = uploads.app, uploads.private
    if not uploads.dry_run:
        uploads.login.before_build()
    source = _source(uploads, typed)
    if release:
        for build in made:
            builder.require_setup(source, build)
        for build in made:
            app.out.line(f"--> .$ {build.shown}")
            with _on_line(app) as on_line:
                files = builder.build(source, build, private, on_line)
            uploads.paths += [_keep(uploads, file) for file in files]
        uploads.read()
    if (docs or sphinx) and not uploads.failures:
        with _on_line(app) as on_line:
            of = _only_release(uploads.dists) if release else builder.release_of(source, made[0], private, on_line)
            pages = docs or builder.build_docs(source, private, on_line, date=made[0].date)
        _add_docs(uploads, pages, of, label="" if docs else " [sphinx docs]")


def _on_line(app: App) -> AbstractContextManager[Callable[[str], None]]:
    """Return a block with a function for each line of output: the last is shown, or all of them as notes."""
    return nullcontext(app.out.note) if app.options.verbose else app.out.busy("building")


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
            f"documentation needs the files of one release: there are {len(releases)}",
            hint="upload one project at a time",
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
    count, out = file.stat().st_size, uploads.app.out
    if out.draws:
        from devpi_cli.cli.views.amounts import size

        out.line(f"built: {shown}{label} ({size(count)})")
    else:
        out.line(f"built: {shown}{label} {count // 1000}kb")
    return kept
