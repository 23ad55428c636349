"""``python -m simulator serve|seed|addresses|fault``; see docs/simulator.md."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TextIO

import psycopg

from simulator.addresses import contract_variables
from simulator.app import Places, Simulator
from simulator.broker import binary
from simulator.faults import all_kinds
from simulator.gates import Gates, login_of, write_private
from simulator.pusher import Receiver
from simulator.rtu import called
from simulator.server import HOST, Server
from simulator.world import BEIJING, OLD_NAMES, SCENARIOS, SimulatorError, open_world


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 done, 1 failed (a sentence on stderr), 2 wrong arguments."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "fault":
            return _fault(options)
        return {"serve": _serve, "seed": _seed, "addresses": _addresses}[options.command](options)
    except (SimulatorError, psycopg.Error, OSError) as error:
        _say(f"simulator: {error}", sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulator", description="模拟: a synthetic county's source systems")
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="write the history, then go on live until SIGTERM")
    serve.add_argument("--port", type=int, default=0, help="HTTP port; 0 takes a free one (default)")
    addresses = commands.add_parser("addresses", help="print, as JSON, where a simulator of set ports will be found")
    addresses.add_argument("--port", type=int, required=True, help="its HTTP port")
    for command in (serve, addresses):
        command.add_argument("--host", default=HOST, help="address or name to listen at (default: 127.0.0.1)")
    seed = commands.add_parser("seed", help="write the history only")
    for command in (serve, seed, addresses):
        _add_places(command)
    for command in (serve, seed):
        _add_world(command)
    fault = commands.add_parser("fault", help="cause a fault in a running simulator")
    fault.add_argument("kind", choices=all_kinds(), metavar="KIND", help="see docs/simulator.md")
    fault.add_argument("--count", type=int, default=1, help="how many requests meet it (HTTP faults)")
    fault.add_argument("--path", help="requests below this path meet it (HTTP faults)")
    fault.add_argument("--seconds", type=float, default=30, help="how long a slow answer takes, or a server is down")
    fault.add_argument("--home", type=Path, default=Path(".riskmap/simulator"), help="home of the running simulator")
    fault.add_argument("--url", help="address of the running simulator, instead of --home")
    return parser


def _add_places(command: argparse.ArgumentParser) -> None:
    command.add_argument("--home", type=Path, default=Path(".riskmap/simulator"), help="folder of its memory")
    command.add_argument(
        "--exchange-url",
        default=os.environ.get("EXCHANGE_DATABASE_URL"),
        help="PostgreSQL URL of the exchange database (default: $EXCHANGE_DATABASE_URL); none: no water bureau",
    )
    command.add_argument("--mine-inbox", type=Path, help="folder for mine files (default: HOME/mine_inbox)")
    command.add_argument("--register-inbox", type=Path, help="folder for registers (default: HOME/register_inbox)")


def _add_world(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--centre",
        default=os.environ.get("SL651_LISTEN"),
        help="host:port that the hydrological stations call (default: $SL651_LISTEN); none: they are silent",
    )
    command.add_argument(
        "--push-url",
        default=os.environ.get("HAZCHEM_PUSH_URL"),
        help="address below which the plants push their tables (default: $HAZCHEM_PUSH_URL, else /hazchem at "
        "$PUSH_LISTEN); none: they push nothing. $HAZCHEM_USER and $HAZCHEM_PASSWORD: for Basic; $HAZCHEM_AES_KEY",
    )
    command.add_argument("--scenario", choices=[*SCENARIOS, *OLD_NAMES], help=f"default {SCENARIOS[0]}")
    command.add_argument("--seed", type=int, help="default 1")
    command.add_argument("--start", type=_moment, help="the world's time at first launch, ISO 8601 (default: now)")
    command.add_argument("--speed", type=float, help="seconds of the world in a second (default 1)")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)


def _simulator(options: argparse.Namespace) -> Simulator:
    home: Path = options.home
    world = open_world(home, seed=options.seed, scenario=options.scenario, start=options.start, speed=options.speed)
    return Simulator(replace(_places(options), centre=options.centre or None, receiver=_receiver(options)), world)


def _places(options: argparse.Namespace) -> Places:
    home: Path = options.home
    return Places(
        home=home,
        mine_inbox=options.mine_inbox or home / "mine_inbox",
        register_inbox=options.register_inbox or home / "register_inbox",
        exchange_url=options.exchange_url or None,
    )


def _receiver(options: argparse.Namespace) -> Receiver | None:
    url, listen = options.push_url, os.environ.get("PUSH_LISTEN")
    if not url and listen:
        host, port = called(listen)
        url = f"http://{host}:{port}/hazchem"
    if not url:
        return None
    user, password = os.environ.get("HAZCHEM_USER"), os.environ.get("HAZCHEM_PASSWORD")
    return Receiver(url, user or None, password, os.environ.get("HAZCHEM_AES_KEY") or None)


def _seed(options: argparse.Namespace) -> int:
    written = _simulator(options).prepare()
    _say(f"simulator 模拟 seeded: {_counts(written)}")
    return 0


def _addresses(options: argparse.Namespace) -> int:
    places = _places(options)
    gates = Gates(places.home, login_of(places.home), places.home, places.home, options.host)
    _say(json.dumps(contract_variables(places, gates, f"http://{options.host}:{options.port}")))
    return 0


def _serve(options: argparse.Namespace) -> int:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sim = _simulator(options)
    address = sim.places.home / "address.json"
    address.unlink(missing_ok=True)  # of a process that was killed
    server = _listen(sim, options.port, options.host)
    sim.gates.host = options.host
    try:
        _open_gates(sim)
        written = sim.prepare()
        facts = {
            "url": server.url,
            "pid": os.getpid(),
            "variables": contract_variables(sim.places, sim.gates, server.url),
        }
        write_private(address, json.dumps(facts))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        _say(f"simulator 模拟 ready: {server.url} ({_counts(written)})")
        while not stop.wait(1.0 / max(sim.world.speed, 1.0)):
            for sentence in sim.tick():
                _say(f"simulator: {sentence}", sys.stderr)
        server.shutdown()
    finally:
        server.server_close()
        sim.gates.close()
        address.unlink(missing_ok=True)
    return 0


def _open_gates(sim: Simulator) -> None:
    """SFTP, FTP and, if the system has a broker, MQTT."""
    for gate in ("sftp", "ftp"):
        sim.gates.open(gate)
    for chatty in ("pyftpdlib", "paramiko"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    if binary() is None:
        _say("simulator: no mosquitto here, so the geological monitoring is silent.", sys.stderr)
        return
    sim.gates.open("mqtt")
    sim.publisher.address = sim.gates.host, sim.gates.servers["mqtt"].port


def _listen(sim: Simulator, port: int, host: str) -> Server:
    try:
        return Server(sim, port, host)
    except OSError as error:
        raise SimulatorError(
            f"port {port} of {host} can't be taken ({error.strerror}). Choose another --port; 0 finds one."
        ) from None


def _counts(written: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in written.items()) or "nothing written"


def _fault(options: argparse.Namespace) -> int:
    order = {"kind": options.kind, "count": options.count, "seconds": options.seconds}
    if options.path:
        order["path"] = options.path
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{options.url or _address(options.home)}/faults", json.dumps(order).encode(), method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            _say(answer.read().decode())
    except urllib.error.HTTPError as error:
        raise SimulatorError(error.read().decode().strip()) from None
    except urllib.error.URLError as error:
        raise SimulatorError(f"the simulator does not answer ({error.reason}). Start it with: serve.") from None
    return 0


def _address(home: Path) -> str:
    path = home / "address.json"
    if not path.exists():
        raise SimulatorError(f"no simulator runs with home {home}. Start one with: serve, or give --home or --url.")
    return str(json.loads(path.read_text("utf-8"))["url"])


def _say(sentence: str, stream: TextIO | None = None) -> None:
    print(sentence, file=stream, flush=True)


if __name__ == "__main__":
    sys.exit(main())
