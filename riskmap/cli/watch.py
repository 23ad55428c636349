"""riskmap watch | notify | breaches list | show | ack | silence | unsilence"""

from __future__ import annotations

import getpass
import json
import logging
import uuid
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from riskmap.cli.output import breach_summary, console, table
from riskmap.errors import UserError
from riskmap.settings import Settings

breaches = typer.Typer(help="What is wrong now, who was told, acknowledge and silence.", no_args_is_help=True)

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON.")]
By = Annotated[str | None, typer.Option(help="who you are; default: the name you are logged in with")]
Name = Annotated[str, typer.Argument(help="id of the breach, or its key")]


def watch(
    once: Annotated[
        bool,
        typer.Option("--once", help="One look, for cron or systemd; exit 1 if an error stands that nobody silenced."),
    ] = False,
) -> None:
    """Watch over feeds, builds and warnings, and tell of what is wrong; runs until it is stopped."""
    import signal
    import threading

    import psycopg

    from riskmap.watch.config import WatchConfig
    from riskmap.watch.loop import serve
    from riskmap.watch.loop import watch as look

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s", force=True)
    settings = Settings.load()
    if not once:
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        serve(settings, stop)
        return
    try:
        looked = look(settings, WatchConfig.of(settings.home, settings.variables))
    except psycopg.Error as error:
        raise UserError(f"The warehouse cannot be asked: {error}", "run 'riskmap up', which migrates it") from error
    if looked is None:
        raise UserError("Another watcher is looking just now", "leave it to that one, or stop it first")
    console.print(f"{looked.n_open} breaches are open, {looked.n_error} of them errors", highlight=False)
    if looked.n_error:
        raise typer.Exit(1)


def notify() -> None:
    """Send a test message through every channel that is set up; exit 1 if one does not take it."""
    from riskmap.watch import text
    from riskmap.watch.channels import Message, SendError
    from riskmap.watch.config import WatchConfig
    from riskmap.watch.plan import Breach, Group, Planned

    settings = Settings.load()
    config = WatchConfig.of(settings.home, settings.variables)
    channels = [channel for channel in config.channels if channel.name != "log"]
    if not channels:
        raise UserError("No channel is set up", "set RISKMAP_NOTIFY_SMTP_URL or RISKMAP_NOTIFY_WEBHOOK_URL")
    now = datetime.now(UTC)
    texts = {
        "message_zh": "这是一条试发消息，没有故障",
        "message_en": "this is a test, nothing is wrong",
        "title_zh": "试发",
        "title_en": "test",
        "what_to_do_zh": "无需处置",
        "what_to_do_en": "nothing",
    }
    planned = Planned("test", [Group("test", [Breach.of_watcher("test", now, texts)])])
    words = (text.subject(planned, config.language), text.body(planned, config.language), text.payload(planned))
    failed = 0
    for channel in channels:
        try:
            channel.send(Message(str(uuid.uuid4()), "test", now, *words))
        except SendError as error:
            failed += 1
            console.print(f"[red]bad[/red] {channel.name}: {error}", highlight=False)
        else:
            console.print(f"[green]ok[/green]  {channel.name}", highlight=False)
    if failed:
        raise typer.Exit(1)


@breaches.command("list")
def list_breaches(as_json: JsonFlag = False) -> None:
    """What is wrong at this moment, whether or not a watcher runs; and the silences in force."""
    from riskmap.watch import store
    from warehouse.db import connect

    with connect(Settings.load().database_url) as conn:
        rows, silences = store.list_now(conn), store.silences(conn)
    if as_json:
        typer.echo(json.dumps({"breaches": rows, "silences": silences}, ensure_ascii=False, default=_plain))
        return
    breach_summary(rows)
    if silences:
        cells = [
            (
                s["silence_id"],
                ", ".join(f"{n}={s[n]}" for n in ("kind", "department", "feed_id", "breach_key") if s[n]),
                f"{s['until']:%Y-%m-%d %H:%M} UTC",
                s["created_by"],
                s["reason"],
            )
            for s in silences
        ]
        table("silences 静默", ("id", "of", "until", "by", "reason"), cells, numeric=("id",))


@breaches.command("show")
def show(name: Name, as_json: JsonFlag = False) -> None:
    """One breach whole: what it means, what to do, who was told."""
    from riskmap.watch import store
    from warehouse.db import connect

    with connect(Settings.load().database_url) as conn:
        row = store.find(conn, name)
    if as_json:
        typer.echo(json.dumps(row, ensure_ascii=False, default=_plain))
        return
    messages = row.pop("messages")
    for field, value in row.items():
        if value is not None:
            console.print(f"{field:<20} {value}", highlight=False, soft_wrap=True)
    columns = ("channel", "type", "state", "attempts", "sent at", "error")
    cells = [(m["channel"], m["type"], m["state"], m["attempts"], m["sent_at"], m["error"]) for m in messages]
    table("messages 通知", columns, cells, numeric=("attempts",))


@breaches.command("ack")
def acknowledge(
    name: Name, note: Annotated[str | None, typer.Option(help="what you found or do")] = None, by: By = None
) -> None:
    """Say that you have seen it: it is not repeated any more; its end is told."""
    from riskmap.watch import store
    from warehouse.db import connect

    with connect(Settings.load().database_url) as conn:
        number = store.acknowledge(conn, name, by=by or getpass.getuser(), note=note)
    console.print(f"breach {number} is acknowledged", highlight=False)


@breaches.command("silence")
def silence(  # noqa: PLR0917 - options, not positions
    reason: Annotated[str, typer.Option(help="why; it is kept")],
    hours: Annotated[float, typer.Option(help="for how long", min=0.01, max=24 * 90)] = 8,
    kind: Annotated[str | None, typer.Option(help="of this kind, see 'riskmap breaches list'")] = None,
    department: Annotated[str | None, typer.Option(help="of feeds of this department 部门")] = None,
    feed: Annotated[str | None, typer.Option(help="of this feed")] = None,
    key: Annotated[str | None, typer.Option(help="this very breach, by its key")] = None,
    by: By = None,
) -> None:
    """Tell nobody of what matches all that is given (planned work, a known fault); it is recorded all the same."""
    from riskmap.watch import store
    from warehouse.db import connect

    if not any((kind, department, feed, key)):
        raise typer.BadParameter("give at least one of --kind, --department, --feed, --key")
    if not reason.strip():
        raise typer.BadParameter("say why", param_hint="--reason")
    with connect(Settings.load().database_url) as conn:
        number = store.silence(
            conn,
            hours=hours,
            reason=reason,
            by=by or getpass.getuser(),
            kind=kind,
            department=department,
            feed_id=feed,
            breach_key=key,
        )
    console.print(f"silence {number} stands; end it with: riskmap breaches unsilence {number}", highlight=False)


@breaches.command("unsilence")
def unsilence(silence_id: Annotated[int, typer.Argument(help="id of the silence")]) -> None:
    """End a silence now: what still stands and was never told is told."""
    from riskmap.watch import store
    from warehouse.db import connect

    with connect(Settings.load().database_url) as conn:
        store.unsilence(conn, silence_id)
    console.print(f"silence {silence_id} is over", highlight=False)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def register(app: typer.Typer) -> None:
    app.command()(watch)
    app.command()(notify)
    app.add_typer(breaches, name="breaches")
