"""Commands on feedback: import, snapshot, review, report, forget.

$ chatloop feedback review --accept 17,20-24
5 opinions accepted; the next run learns from them
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from chatloop.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from chatloop.params import Params

app = typer.Typer(
    help="What people say about answers: import, look at, let in, remove.", no_args_is_help=True
)
REPORT = Path("reports/feedback.json")
Names = Annotated[
    list[str] | None, typer.Option(help="Row numbers (17,20-24), ids, a reason, a phrase, or all.")
]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="JSON, JSON lines, CSV or Parquet.")],
) -> None:
    """Bring opinions from a file into the store; the same file twice is once."""
    params = _params()
    import time

    from chatloop.io.feedback.importing import Importer
    from chatloop.serve.store.privacy import Privacy
    from chatloop.serve.store.secret import read_pepper

    with _store(params) as engine:
        pepper = read_pepper(Path(params.serve.store.folder))
        longest = params.serve.limits.correction_chars
        importer = Importer(
            engine, pepper, Privacy(params.clean), _keys(params), longest, time.time
        )
        found = importer.read(file)
    typer.echo(str(found))
    if not found.kept and not found.known:
        raise UserError(f"{file}: nothing in it was kept")


@app.command()
def snapshot() -> None:
    """Copy what is new in the store into the table that DVC tracks; the flow begins with it."""
    params = _params()
    from flows.feedback import snapshot_feedback
    from flows.repository import hold

    with hold(Path.cwd()):
        typer.echo(snapshot_feedback(Path.cwd(), params))


@app.command()
def review(
    accept: Names = None,
    reject: Names = None,
    limit: Annotated[int, typer.Option(min=1, help="So many are listed.")] = 50,
) -> None:
    """List what waits in quarantine, and why; let it in, or turn it down."""
    _params()
    from chatloop.feedback.telling.listing import chosen, lines_of
    from chatloop.io.feedback.ledger import LEDGER, waiting, with_texts
    from chatloop.io.feedback.reviews import REVIEWS, add_reviews

    held = waiting(LEDGER, REVIEWS)
    for names, verdict in ((accept, "accepted"), (reject, "rejected")):
        if names:
            ids = chosen(held, names)
            add_reviews(REVIEWS, ids, accept=verdict == "accepted")
            typer.echo(f"{len(ids):,} opinions {verdict}; the next run goes by it")
    if accept or reject:
        return
    for line in lines_of(with_texts(held.head(limit))):
        typer.echo(line)
    more = f", {limit:,} of them here" if held.height > limit else ""
    typer.echo(f"{held.height:,} opinions wait{more}")


@app.command()
def report(
    version: Annotated[int | None, typer.Option(min=1, help="What entered this version.")] = None,
) -> None:
    """Say what became of feedback, and with --version which of it a model learned from."""
    params = _params()
    from chatloop.feedback.telling.summary import entered_lines, report_lines
    from chatloop.io.files import read_json

    if version is None and not REPORT.is_file():
        raise UserError(f"{REPORT}: no run has read feedback yet; `chatloop run` does")
    if version is None:
        lines = report_lines(read_json(REPORT))
    else:
        lines = entered_lines(version, _entered(params.champion.name, version))
    for line in lines:
        typer.echo(line)


@app.command()
def forget(
    user: Annotated[str | None, typer.Option(help="The name that requests gave as `user`.")] = None,
    caller: Annotated[str | None, typer.Option(help="The keyed hash, h:….")] = None,
) -> None:
    """Remove somebody's rows from store and snapshot; the next version learns without them."""
    params = _params()
    if (user is None) == (caller is None):
        raise UserError("forget: give either --user NAME or --caller h:…")
    from chatloop.io.feedback.forgetting import callers_of, forget, sessions_of
    from chatloop.io.feedback.manifest import FOLDER, PIN
    from chatloop.serve.store.secret import read_pepper
    from flows.feedback import track_snapshot
    from flows.repository import hold

    with hold(Path.cwd()), _store(params) as engine:
        pepper = read_pepper(Path(params.serve.store.folder))
        names = [caller] if caller else callers_of(engine, pepper, _keys(params), str(user))
        sessions = [] if user is None else sessions_of(engine, pepper, user)
        gone = forget(engine, names, sessions, FOLDER, PIN)
        if gone.rows:
            track_snapshot(Path.cwd())
    typer.echo(
        f"forgotten: {gone.opinions:,} opinions and {gone.exchanges:,} exchanges left the store, "
        f"{gone.rows:,} rows left the snapshot"
    )
    if gone.rows:
        typer.echo(
            "`chatloop run` trains without them; older data stays in DVC's cache until\n"
            "`dvc gc --workspace` (with --cloud in the remote, too)"
        )


def _params() -> "Params":
    """The project's params; its folder becomes the working one."""
    from chatloop import project
    from chatloop.params.file import read_params

    project.enter()
    return read_params(project.PARAMS)


@contextmanager
def _store(params: "Params") -> Iterator["Engine"]:
    from chatloop.io.store import opened

    with opened(params.serve.store) as engine:
        if engine is None:
            raise UserError("feedback: there is no store yet; `chatloop serve` makes one")
        yield engine


def _keys(params: "Params") -> list[str]:
    """What callers are hashed with: ids of API keys, and the name of who needs none."""
    from chatloop.serve.guard.gate import LOCAL
    from chatloop.serve.guard.keys import FILE, Keys

    held = Keys(Path(params.serve.store.folder) / FILE)
    return [LOCAL, *(key.id for key in held.all())]


def _entered(name: str, version: int) -> dict[str, Any]:
    from tempfile import TemporaryDirectory

    from chatloop.io.feedback.ledger import ENTERED
    from chatloop.io.files import read_json
    from chatloop.io.registry.listing import fetch_origin

    with TemporaryDirectory() as folder:
        fetch_origin(name, version, Path(folder))
        path = Path(folder) / ENTERED
        if not path.is_file():
            raise UserError(f"{name} version {version} was registered before feedback was recorded")
        found: dict[str, Any] = read_json(path)
        return found
