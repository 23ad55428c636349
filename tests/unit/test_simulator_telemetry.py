"""SL 651 stations against a centre written here, MQTT gateways against a real broker, SFTP and FTP gates, faults."""

from __future__ import annotations

import base64
import ftplib
import hashlib
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import paramiko
import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from simulator import broker, sl651
from simulator.app import Places, Simulator
from simulator.gates import Gates, Login
from simulator.geo_iot import GeoIot
from simulator.nature import nature
from simulator.rtu import Rtus
from simulator.world import BEIJING, SimulatorError, World

START = datetime(2026, 8, 10, 14, 0, tzinfo=BEIJING)
WORLD = World(seed=1, scenario="storm", start=START, launched=datetime.now(UTC), speed=0.0)
LOGIN = Login("reader", "invented")


def telemetry() -> sl651.Telemetry:
    n = nature(WORLD)
    return sl651.Telemetry(WORLD, n.layout.county, n.weather, n.hydrology)


def crc(data: bytes) -> int:
    """MODBUS CRC by bits, written from its definition."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            lowest = value & 1
            value >>= 1
            if lowest:
                value ^= 0xA001
    return value


def test_the_check_sum_is_that_of_the_published_frame() -> None:
    frame = bytes.fromhex(
        "7E7E010010100001A00032002B02000C200724172349F1F1001010000148F0F020072417232019000130221900004039230000055038121268038397"
    )
    assert sl651.crc16(frame[:-2]) == crc(frame[:-2]) == 0x8397
    assert sl651.element(0x20, 13.0, 3, 1).hex() == "2019000130"
    assert sl651.element(0x22, 4.0, 3, 1).hex() == "2219000040"
    assert sl651.element(0x39, 0.55, 4, 3).hex() == "392300000550"
    assert sl651.element(0x38, 12.68, 2, 2).hex() == "38121268"
    assert sl651.element(0x39, -1.5, 4, 3).hex() == "3923ff001500"
    assert sl651.element(0x26, None, 3, 1).hex() == "2619ffffff"


def elements(body: bytes) -> dict[str, str]:
    """Guide byte -> digits, after serial, time, address and observation time."""
    assert body[8:10] == b"\xf1\xf1"
    assert body[16:18] == b"\xf0\xf0"
    at, found = 23, {}
    while at < len(body):
        size = body[at + 1] >> 3
        found[f"{body[at]:02X}"] = body[at + 2 : at + 2 + size].hex()
        at += 2 + size
    assert at == len(body)
    return found


def parts(frame: bytes) -> tuple[str, int, bytes]:
    """Station, function, body of an uplink frame that is whole."""
    assert frame[:3] == b"\x7e\x7e\x01"
    assert crc(frame[:-2]) == int.from_bytes(frame[-2:], "big")
    length = int.from_bytes(frame[11:13], "big")
    assert frame[13] == 0x02
    assert len(frame) == 14 + length + 3
    assert frame[14 + length] == 0x03
    return frame[3:8].hex(), frame[10], frame[14 : 14 + length]


def test_hourly_reports_carry_the_hour_in_five_minutes() -> None:
    source = telemetry()
    gauge = max(source.stations[:20], key=lambda s: source._rain(s, START, 60))
    [report] = source.reports(gauge, START)
    station, function, body = parts(report.frame)
    assert (station, function) == (f"00{gauge.code}", 0x34)
    assert int.from_bytes(body[:2], "big") == report.serial
    assert body[2:8].hex() == "260810140020"
    assert body[15:16] == b"P"
    assert body[18:23].hex() == "2608101400"
    values = elements(body)
    amounts = [int(values["F4"][i : i + 2], 16) for i in range(0, 24, 2)]
    assert len(amounts) == 12
    good = [a for a in amounts if a != 0xFF]
    assert max(good) > 20
    assert int(values["1A"]) / 10 >= sum(good) / 10
    assert 11 < int(values["38"]) / 100 < 14


def test_rivers_report_level_and_discharge_and_heavy_rain_is_reported_at_once() -> None:
    source = telemetry()
    river = next(s for s in source.stations if s.kind == "ZZ")
    at = START + timedelta(minutes=35)
    [report] = source.reports(river, at)
    _, function, body = parts(report.frame)
    values = elements(body)
    assert function == 0x32
    assert int(values["39"]) / 1000 == pytest.approx(source.hydrology.river(river, at).level_m, abs=0.001)
    assert int(values["27"]) > 0
    slots = [START + timedelta(minutes=5 * i) for i in range(-12, 12)]
    functions = {parts(r.frame)[1] for s in source.stations for slot in slots for r in source.reports(s, slot)}
    assert functions == {0x32, 0x33, 0x34}
    serials = [(s.code, r.serial) for s in source.stations for slot in slots for r in source.reports(s, slot)]
    assert len(set(serials)) == len(serials)


class Centre:
    """A centre station: answers each report with EOT, unless told to be silent or to refuse the next ones."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.heard: list[bytes] = []
        self.damaged: list[bytes] = []
        self.refuse = 0
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self._accept)]
        self.threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._talk, args=(connection,))
            self.threads.append(thread)
            thread.start()

    def _talk(self, connection: socket.socket) -> None:
        held = b""
        with connection:
            while data := connection.recv(4096):
                held += data
                while len(held) >= 14 and len(held) >= (size := 17 + int.from_bytes(held[11:13], "big")):
                    frame, held = held[:size], held[size:]
                    connection.sendall(self._answer(frame))

    def _answer(self, frame: bytes) -> bytes:
        if crc(frame[:-2]) != int.from_bytes(frame[-2:], "big"):
            self.damaged.append(frame)
            return self._told(frame, 0x15)
        with self.lock:
            if self.refuse and frame[10] != 0x2F:
                self.refuse -= 1
                return self._told(frame, 0x15)
            self.heard.append(frame)
        return self._told(frame, 0x04)

    def _told(self, frame: bytes, end: int) -> bytes:
        body = frame[14:16] + bytes.fromhex("260810140000")
        head = b"\x7e\x7e" + frame[3:8] + frame[2:3] + frame[8:10] + frame[10:11]
        raw = head + (0x8000 | len(body)).to_bytes(2, "big") + b"\x02" + body + bytes([end])
        return raw + crc(raw).to_bytes(2, "big")

    def reports(self) -> list[tuple[str, int, bytes]]:
        return [found for found in map(parts, self.heard) if found[1] != 0x2F]

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for thread in self.threads:
            thread.join(10)


@pytest.fixture
def centre() -> Iterator[Centre]:
    server = Centre()
    yield server
    server.close()


def rtus(centre: Centre, home: Path) -> Rtus:
    return Rtus(f"127.0.0.1:{centre.port}", home, telemetry())


def test_stations_call_report_two_hours_and_then_only_what_is_new(centre: Centre, tmp_path: Path) -> None:
    count = rtus(centre, tmp_path).advance(START)
    reports = centre.reports()
    assert len(reports) == count >= 31 * 24
    assert {station for station, _, _ in reports} == {f"00{s.code}" for s in telemetry().stations}
    assert {parts(f)[1] for f in centre.heard} >= {0x2F, 0x32, 0x34}
    centre.heard.clear()
    assert rtus(centre, tmp_path).advance(START + timedelta(minutes=1)) == 0
    assert centre.heard == []
    assert rtus(centre, tmp_path).advance(START + timedelta(minutes=5)) >= 31


def test_a_refused_report_comes_again_under_its_serial(centre: Centre, tmp_path: Path) -> None:
    source = rtus(centre, tmp_path)
    source.advance(START)
    centre.heard.clear()
    centre.refuse, source.damaged, source.repeated = 2, 3, 1
    count = source.advance(START + timedelta(minutes=5))
    assert len(centre.damaged) == 3
    serials = [(station, int.from_bytes(body[:2], "big")) for station, _, body in centre.reports()]
    assert len(serials) == count + 1, "one report was repeated on purpose"
    assert len(set(serials)) == count


def test_without_a_centre_the_stations_keep_what_they_have(tmp_path: Path, centre: Centre) -> None:
    lost = Rtus("127.0.0.1:9", tmp_path, telemetry())
    with pytest.raises(OSError, match="31 of 31 stations got no receipt"):
        lost.advance(START)
    assert rtus(centre, tmp_path).advance(START) >= 31 * 24
    with pytest.raises(SimulatorError, match="host:port"):
        Rtus("somewhere", tmp_path, telemetry())


def unpacked(body: bytes) -> dict[str, dict[str, dict[str, object]]]:
    if body[:1] != b"{":
        assert body[0] == 1
        assert int.from_bytes(body[1:3], "big") == len(body) - 3
        body = body[3:]
    found: dict[str, dict[str, dict[str, object]]] = json.loads(body)
    return found


def test_gateways_speak_three_dialects_with_utc_keys() -> None:
    source = GeoIot(nature(WORLD))
    messages = list(source.messages(START - timedelta(minutes=5), START))
    assert 50 <= len(messages) <= 60
    assert {m.topic == "$dp" for m in messages} == {True, False}
    assert {m.body[:1] == b"{" for m in messages} == {True, False}
    identifiers, misspelt, scalars = set(), 0, set()
    for message in messages:
        for device in unpacked(message.body).values():
            for identifier, values in device.items():
                identifiers.add(identifier)
                assert "2026-08-10T06:00:00.000Z" in values
                if identifier == "S1_ZT_1":
                    misspelt += any("singal_nb" in v for v in values.values() if isinstance(v, dict))
                if identifier == "L1_LF_1":
                    scalars |= {isinstance(v, float) for v in values.values()}
    assert identifiers == {"L1_GP_1", "L1_LF_1", "L1_QJ_1", "L3_YL_1", "L3_HS_1", "L3_SY_1", "S1_ZT_1"}
    assert misspelt
    assert scalars == {True, False}


def test_a_mended_link_tells_the_missed_instants_in_one_message() -> None:
    source = GeoIot(nature(WORLD))
    found = [m for m in source.messages(START - timedelta(hours=30), START) if m.body.count(b".000Z") > 100]
    [first, *_] = found
    instants = next(iter(next(iter(unpacked(first.body).values())).values()))
    assert len(instants) >= 13


needs_broker = pytest.mark.skipif(broker.binary() is None, reason="the broker mosquitto is not installed here")


@pytest.fixture
def gates(tmp_path: Path) -> Iterator[Gates]:
    found = Gates(tmp_path, LOGIN, tmp_path / "sftp", tmp_path / "ftp")
    yield found
    found.close()


@needs_broker
def test_what_nobody_takes_is_published_again_until_somebody_does(gates: Gates, tmp_path: Path) -> None:
    gates.open("mqtt")
    port = gates.servers["mqtt"].port
    publisher = broker.Publisher(tmp_path, GeoIot(nature(WORLD)), LOGIN.user, LOGIN.password)
    assert publisher.advance(START) == 0, "no broker is known yet"
    publisher.address = ("127.0.0.1", port)
    with pytest.raises(OSError, match="nobody takes"):
        publisher.advance(START)
    got: list[tuple[str, bytes]] = []
    enough, ready = threading.Event(), threading.Event()
    reader = Client(CallbackAPIVersion.VERSION2, client_id="reader")
    reader.username_pw_set(LOGIN.user, LOGIN.password)
    reader.on_subscribe = lambda *_: ready.set()

    def take(client: Client, data: object, message: object) -> None:
        got.append((message.topic, message.payload))  # type: ignore[attr-defined]
        if len(got) >= 60 * 20:
            enough.set()

    reader.on_message = take
    reader.connect("127.0.0.1", port)
    reader.loop_start()
    reader.subscribe([("$dp", 1), ("/sys/+/+/thing/property/post", 1)])
    assert ready.wait(20)
    count = publisher.advance(START)
    assert count > 60 * 20
    assert enough.wait(20)
    reader.disconnect()
    reader.loop_stop()
    assert all(unpacked(body) for _, body in got)
    assert publisher.advance(START + timedelta(seconds=30)) == 0


@needs_broker
def test_the_broker_lets_nobody_in_without_the_password(gates: Gates, tmp_path: Path) -> None:
    gates.open("mqtt")
    stranger = broker.Publisher(tmp_path, GeoIot(nature(WORLD)), LOGIN.user, "guessed")
    stranger.address = ("127.0.0.1", gates.servers["mqtt"].port)
    with pytest.raises(OSError, match="does not let the gateways in"):
        stranger.advance(START)


def test_gates_keep_port_and_key_and_serve_their_folders(gates: Gates, tmp_path: Path) -> None:
    for name in ("sftp", "ftp"):
        gates.open(name)
        (tmp_path / name / "模拟.txt").write_text("模拟")
    before = gates.url("sftp"), gates.url("ftp")
    for name in ("sftp", "ftp"):
        gates.shut(name)
        with pytest.raises(SimulatorError, match="server runs here"):
            gates.shut(name)
        gates.open(name)
    assert (gates.url("sftp"), gates.url("ftp")) == before
    ftp = ftplib.FTP(encoding="utf-8")
    ftp.connect("127.0.0.1", gates.servers["ftp"].port, timeout=20)
    ftp.login(LOGIN.user, LOGIN.password)
    body = BytesIO()
    ftp.retrbinary("RETR 模拟.txt", body.write)
    ftp.quit()
    assert body.getvalue().decode() == "模拟"
    transport = paramiko.Transport(("127.0.0.1", gates.servers["sftp"].port))
    transport.connect(username=LOGIN.user, password=LOGIN.password)
    client = paramiko.SFTPClient.from_transport(transport)
    assert client is not None
    assert client.listdir() == ["模拟.txt"]
    key = transport.get_remote_server_key()
    transport.close()
    known = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    assert before[0].endswith(f"?host_key=SHA256:{known}")


@pytest.fixture
def sim(tmp_path: Path) -> Iterator[Simulator]:
    found = Simulator(Places(tmp_path, tmp_path / "mine", tmp_path / "register", None), WORLD)
    yield found
    found.gates.close()


def test_faults_of_files_and_servers(sim: Simulator, tmp_path: Path) -> None:
    from simulator.faults import cause

    name = cause(sim, {"kind": "half_personnel"})["done"]
    half = (tmp_path / "mine_personnel" / str(name)).read_bytes()
    assert half
    assert not half.endswith(b"||")
    name = cause(sim, {"kind": "half_upload"})["done"]
    assert (tmp_path / "upload" / "reserve_depot" / str(name)).read_bytes().startswith(b"PK")
    for kind in ("rtu_crc", "rtu_repeat", "push_repeat", "sftp_down", "broker_down"):
        with pytest.raises(SimulatorError, match="start the simulator with"):
            cause(sim, {"kind": kind})
    sim.gates.open("ftp")
    cause(sim, {"kind": "ftp_down", "seconds": 3600})
    assert "ftp" not in sim.gates.servers


def test_in_a_data_island_the_water_bureau_falls_silent_for_six_hours() -> None:
    def shares(department: str, minutes: int, scenario: str = "data_island") -> bool:
        world = World(seed=1, scenario=scenario, start=START, launched=datetime.now(UTC), speed=0.0)
        return world.shares(department, START + timedelta(minutes=minutes))

    assert [shares("水利", m) for m in (9, 10, 369, 370)] == [True, False, False, True]
    assert shares("气象", 60)
    assert shares("水利", 60, "storm")
    silent = replace(WORLD, scenario="data_island")
    at = START + timedelta(minutes=90)
    assert silent.shared_until("水利", at) == START + timedelta(minutes=10, seconds=-1)
    assert silent.shared_until("气象", at) == at


@needs_broker
def test_a_broker_that_was_left_over_is_ended_before_another_starts(gates: Gates, tmp_path: Path) -> None:
    gates.open("mqtt")
    left_over = gates.servers.pop("mqtt")
    assert isinstance(left_over, broker.Broker)
    gates.open("mqtt")
    assert left_over._process.wait(10) is not None
