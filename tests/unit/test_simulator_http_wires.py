"""MUSIC, the monitoring platforms and the plants' pushes over real HTTP, read and signed here by our own few lines."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from simulator import music
from simulator.app import Places, Simulator
from simulator.hazchem_sec import TABLES, DoublePrevention
from simulator.monitor import Monitor
from simulator.nature import nature
from simulator.pusher import Pusher, Receiver
from simulator.server import Server
from simulator.world import BEIJING, World

START = datetime(2026, 8, 10, 14, 0, tzinfo=BEIJING)
ELEMENTS = "Station_Id_C,Lat,Lon,Year,Mon,Day,Hour,TEM,RHU,PRS,PRE_1h,WIN_S_INST"


def world(scenario: str = "storm") -> World:
    return World(seed=1, scenario=scenario, start=START, launched=datetime.now(UTC), speed=0.0)


@pytest.fixture(params=["storm"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    sim = Simulator(Places(tmp_path, tmp_path / "mine", tmp_path / "register", None), world(request.param))
    server = Server(sim, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_signature_is_that_of_the_published_vector() -> None:
    text = (
        "clientversion=V2.0.0&dataCode=SURF_CHN_MUL_HOR&dataFormat=json&elements=Station_Id_C,PRE_1h,TEM&"
        "interfaceId=getSurfEleByTime&language=Python&method=callAPI_to_serializedStr&"
        "nonce=11111111-2222-3333-4444-555555555555&pwd=secret&serviceNodeId=NMIC_MUSIC_CMADAAS&times=20260810000000&"
        "timestamp=1760000000000&userId=BETC_TEST"
    )
    params = dict(pair.split("=", 1) for pair in text.split("&"))
    assert music.signature(params) == "D91C59B60B9C3E9D7E738CC9F22ED49F"


def ask_music(server: Server, password: str | None = None, **params: str) -> dict[str, object]:
    """A request signed here, independently of the simulator's own function."""
    asked = {
        "serviceNodeId": "NMIC_MUSIC_CMADAAS",
        "userId": server.sim.login.user,
        "interfaceId": "getSurfEleInRegionByTimeRange",
        "dataCode": "SURF_CHN_MUL_HOR",
        "elements": ELEMENTS,
        "adminCodes": "141022",
        "timeRange": "[20260810000000,20260810060000)",
        "timestamp": "1760000000000",
        "nonce": "n-1",
        **params,
    }
    secret = {**asked, "pwd": password or server.sim.login.password}
    text = "&".join(f"{k}={secret[k]}" for k in sorted(secret))
    sign = hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()
    answer = requests.get(f"{server.url}/music-ws/api", params={**asked, "sign": sign}, timeout=20)
    assert answer.status_code == 200
    found: dict[str, object] = answer.json()
    return found


def data(reply: dict[str, object]) -> list[dict[str, str]]:
    found = reply["DS"]
    assert isinstance(found, list)
    return found


def test_music_gives_texts_in_utc_up_to_now_and_no_further(server: Server) -> None:
    reply = ask_music(server)
    assert reply["returnCode"] == 0
    rows = data(reply)
    assert int(str(reply["rowCount"])) == len(rows) > 60
    assert {type(value) for row in rows for value in row.values()} == {str}
    hours = {int(row["Hour"]) for row in rows}
    assert hours == {0, 1, 2, 3, 4, 5}, "14:00 Beijing is 06:00 UTC, which the half-open range leaves out"
    assert {row["Station_Id_C"] for row in rows} == {s.code for s in server.sim.nature.layout.met_stations}
    assert any(row["PRS"] == "999999" for row in rows)
    known = [row for row in rows if row["PRE_1h"] != "999999"]
    rain = {hour: sum(float(row["PRE_1h"]) for row in known if row["Hour"] == hour) for hour in ("1", "5")}
    assert rain["5"] > rain["1"] + 5, "the storm comes nearer"


def test_the_future_is_empty_and_told_as_no_records(server: Server) -> None:
    reply = ask_music(server, timeRange="[20260811000000,20260811060000)")
    assert (reply["returnCode"], data(reply)) == (0, [])


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": "wrong"}, -1004),
        ({"userId": "nobody"}, -1004),
        ({"dataCode": "SURF_NOWHERE"}, -2001),
        ({"elements": "TEM,MAGIC"}, -2002),
        ({"timeRange": "yesterday"}, -2003),
    ],
)
def test_music_tells_refusals_in_the_body_only(server: Server, change: dict[str, str], code: int) -> None:
    reply = ask_music(server, **change)
    assert reply["returnCode"] == code
    assert "DS" not in reply


def test_fault_music_refused(server: Server) -> None:
    requests.post(f"{server.url}/faults", json={"kind": "music_refused"}, timeout=20)
    assert ask_music(server)["returnCode"] == -1004
    assert ask_music(server)["returnCode"] == 0


def everything(server: Server, kind: str) -> list[dict[str, object]]:
    """All points of a platform, page by page."""
    path: str | None = f"/monitor/{kind}"
    points: list[dict[str, object]] = []
    while path:
        page = requests.get(server.url + path, timeout=20).json()
        assert page["code"] == 0
        assert page["synthetic"] is True
        points += page["points"]
        path = page["next"]
    assert len(points) == page["total"]
    return points


@pytest.mark.parametrize(
    ("kind", "count", "items"),
    [
        ("tailings_pond", 114, {"displacementX", "phreaticLine", "porePressure", "dryBeach", "pondLevel", "rainfall"}),
        ("hazchem_tank", 60, {"temperature", "pressure", "level"}),
        ("hazchem_gas", 120, {"gas", "value", "unit"}),
        ("gas_network", 66, {"pressure", "flow", "wellMethane"}),
        ("water_supply", 32, {"pressure", "flow"}),
        ("bridge", 24, {"strain", "deflection", "acceleration"}),
    ],
)
def test_platforms_page_through_all_their_points(server: Server, kind: str, count: int, items: set[str]) -> None:
    points = everything(server, kind)
    assert len(points) == count
    assert len({point["pointCode"] for point in points}) == count
    readings = [r for point in points for r in point["readings"]]  # type: ignore[attr-defined]
    assert items <= {item for reading in readings for item in reading}
    assert all("模拟" in str(point["pointName"]) for point in points)
    assert max(reading["time"] for reading in readings) <= f"{START:%Y-%m-%d %H:%M:%S}"


def test_since_asks_for_what_was_missed(server: Server) -> None:
    url = f"{server.url}/monitor/water_supply"
    usual = requests.get(url, timeout=20).json()["points"][0]["readings"]
    since = START - timedelta(hours=3)
    more = requests.get(url, params={"since": since.isoformat()}, timeout=20).json()["points"][0]["readings"]
    assert len(usual) == 6
    assert len(more) == 36
    assert requests.get(url, params={"since": "lunch"}, timeout=20).status_code == 400
    assert requests.get(f"{server.url}/monitor/cheese", timeout=20).status_code == 400


@pytest.mark.parametrize("server", ["gas"], indirect=True)
def test_a_leak_is_told_as_an_alarm_while_it_lasts(server: Server) -> None:
    def alarms(minutes: int) -> list[dict[str, object]]:
        object.__setattr__(server.sim.world, "start", START)
        now = START + timedelta(minutes=minutes)
        pages = [server.sim.monitor.page("gas_network", {"page": str(n)}, now) for n in (1, 2)]
        points = [point for page in pages for point in page["points"]]  # type: ignore[attr-defined]
        return [a for point in points for a in point["alarms"] if a["item"] == "wellMethane"]

    assert alarms(0) == []
    lasting = alarms(20)
    assert len(lasting) == 2
    assert {a["end"] for a in lasting} == {None}
    assert {a["level"] for a in lasting} == {"red", "orange"}
    assert all(a["end"] == "2026-08-10 15:16:00" and a["confirmed"] for a in alarms(100))


def test_a_year_knows_its_alarms_and_one_in_twenty_was_false() -> None:
    year = nature(world("year"))
    platforms, told = Monitor(year), []
    for kind in ("hazchem_tank", "hazchem_gas", "gas_network", "water_supply", "bridge"):
        number, page = 1, platforms.page(kind, {}, START)
        while page["next"]:
            told += [a for point in page["points"] for a in point["alarms"]]  # type: ignore[attr-defined]
            number += 1
            page = platforms.page(kind, {"page": str(number)}, START)
        told += [a for point in page["points"] for a in point["alarms"]]  # type: ignore[attr-defined]
    assert 50 < sum(a["start"].startswith("2025") for a in told) < 130
    judged = [a for a in told if a["end"]]
    assert 0.88 < sum(a["confirmed"] is True for a in judged) / len(judged) < 0.99
    assert [a for a in judged if a["confirmed"] is None or not a["acknowledged"]] == []


class Taken(ThreadingHTTPServer):
    """What was pushed, and how the receiver answers: ``answers`` are used up, then it is always 200."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), TakingHandler)
        self.calls: list[tuple[str, dict[str, object], str | None]] = []
        self.answers: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hazchem"


class TakingHandler(BaseHTTPRequestHandler):
    server: Taken

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls.append((self.path, body, self.headers.get("Authorization")))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.end_headers()
        self.wfile.write(b'{"data": {"code": 200, "msg": "ok"}}')

    def log_message(self, format: str, *args: object) -> None:
        """Silent."""


@pytest.fixture
def taken() -> Iterator[Taken]:
    with Taken() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def pushed(taken: Taken, table: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for path, body, _ in taken.calls:
        if path.endswith(f"/{table}"):
            assert isinstance(body["datas"], list)
            rows += body["datas"]
    return rows


def test_the_first_push_sends_everything_in_batches_of_twenty(taken: Taken, tmp_path: Path) -> None:
    count = Pusher(Receiver(taken.url), tmp_path, DoublePrevention(world())).advance(START)
    assert count == sum(len(pushed(taken, table)) for table in TABLES)
    assert all(1 <= len(body["datas"]) <= 20 for _, body, _ in taken.calls)  # type: ignore[arg-type]
    assert len(pushed(taken, "sec_security_risk_unit")) == 20
    assert len(pushed(taken, "sec_hidden_check_mission")) == 120
    dangers = pushed(taken, "sec_hidden_danger_info")
    assert {d["dangerState"] for d in dangers} >= {"9"}
    assert all(bool(d["checkAcceptTime"]) == (d["dangerState"] == "9") for d in dangers)
    assert any("dangersSrc" in d for d in dangers), "one vendor misspells it"
    measures = {row["id"] for row in pushed(taken, "sec_security_risk_control_measures")}
    assert {d["riskMeasureId"] for d in dangers} <= measures


def test_later_pushes_send_what_was_made_or_changed(taken: Taken, tmp_path: Path) -> None:
    def pusher() -> Pusher:
        return Pusher(Receiver(taken.url), tmp_path, DoublePrevention(world()))

    pusher().advance(START)
    first = {d["id"]: d["dangerState"] for d in pushed(taken, "sec_hidden_danger_info")}
    taken.calls.clear()
    assert pusher().advance(START + timedelta(seconds=10)) == 0
    pusher().advance(START + timedelta(hours=20))
    assert pushed(taken, "sec_security_risk_unit") == []
    later = {d["id"]: d["dangerState"] for d in pushed(taken, "sec_hidden_danger_info")}
    assert [i for i in later if i in first and later[i] != first[i]], "an old danger's new state"
    assert set(later) - set(first), "a new danger"


def test_what_is_not_taken_is_pushed_again_with_the_same_rows(taken: Taken, tmp_path: Path) -> None:
    sender = Pusher(Receiver(taken.url, "plant", "pw"), tmp_path, DoublePrevention(world()))
    taken.answers = [200, 503]
    with pytest.raises(OSError, match="HTTP 503"):
        sender.advance(START)
    failed = taken.calls.copy()
    taken.calls.clear()
    sender.advance(START)
    assert taken.calls[: len(failed)] == failed
    assert taken.calls[0][2] == "Basic " + base64.b64encode(b"plant:pw").decode()


def test_nobody_there_is_an_error_and_nothing_is_forgotten(tmp_path: Path) -> None:
    sender = Pusher(Receiver("http://127.0.0.1:9/hazchem"), tmp_path, DoublePrevention(world()))
    with pytest.raises(OSError, match="does not answer"):
        sender.advance(START)
    assert sender.progress.until() is None


def test_a_fault_pushes_twice(taken: Taken, tmp_path: Path) -> None:
    sender = Pusher(Receiver(taken.url), tmp_path, DoublePrevention(world()))
    sender.twice = 1
    sender.advance(START)
    assert taken.calls[0] == taken.calls[1]
    assert taken.calls[1] != taken.calls[2]


def test_with_a_key_the_rows_are_closed_with_aes(taken: Taken, tmp_path: Path) -> None:
    key = "0123456789abcdef"
    Pusher(Receiver(taken.url, key=key), tmp_path, DoublePrevention(world())).advance(START)
    packed = base64.b64decode(str(taken.calls[0][1]["datas"]))
    opener = Cipher(algorithms.AES(key.encode()), modes.ECB()).decryptor()
    plain = opener.update(packed) + opener.finalize()
    assert len(json.loads(plain[: -plain[-1]])) == 20
