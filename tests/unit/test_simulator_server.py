"""The simulator over real HTTP: validators, catalogue queries, faults that act and end, a process that restarts."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from simulator.app import Places, Simulator
from simulator.server import Server
from simulator.world import BEIJING, SimulatorError, World, open_world

START = datetime(2026, 8, 10, 14, 0, tzinfo=BEIJING)
ROOT = Path(__file__).parents[2]
FEED, QUAKES, QUERY = "/cap/feed.xml", "/quake/summary/all_day.geojson", "/fdsnws/event/1/query"


def a_world(start: datetime = START) -> World:
    return World(seed=1, scenario="storm", start=start, launched=datetime.now(UTC), speed=0.0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    sim = Simulator(Places(tmp_path, tmp_path / "mine", tmp_path / "register", None), a_world())
    server = Server(sim, 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def get(server: Server, path: str, **headers: str) -> requests.Response:
    return requests.get(server.url + path, headers={k.replace("_", "-"): v for k, v in headers.items()}, timeout=20)


def cause(server: Server, **order: object) -> requests.Response:
    return requests.post(f"{server.url}/faults", json=order, timeout=20)


@pytest.mark.parametrize("path", [FEED, QUAKES])
def test_an_unchanged_answer_is_304(server: Server, path: str) -> None:
    first = get(server, path)
    assert first.status_code == 200
    by_tag = get(server, path, If_None_Match=first.headers["ETag"])
    by_date = get(server, path, If_Modified_Since=first.headers["Last-Modified"])
    assert (by_tag.status_code, by_tag.content) == (304, b"")
    assert by_tag.headers["ETag"] == first.headers["ETag"]
    assert by_date.status_code == 304
    assert get(server, path, If_None_Match='"other"').status_code == 200


def test_a_new_warning_changes_the_validator_and_can_be_fetched(server: Server) -> None:
    tag = get(server, FEED).headers["ETag"]
    issued = requests.post(f"{server.url}/cap/issue", json={"event": "暴雨", "colour": "orange"}, timeout=20).json()
    assert issued["identifier"] in get(server, FEED, If_None_Match=tag).text
    document = requests.get(issued["url"], timeout=20)
    assert document.headers["Content-Type"] == "application/cap+xml"
    assert f"<sent>{issued['sent']}</sent>" in document.text


def test_unknown_things_are_refused_with_a_sentence(server: Server) -> None:
    assert get(server, "/nowhere").status_code == 404
    assert get(server, "/cap/alerts/none.xml").status_code == 404
    assert requests.post(f"{server.url}/cap/issue", json={"colour": "pink"}, timeout=20).status_code == 400
    assert requests.post(f"{server.url}/faults", data="no json", timeout=20).status_code == 400
    answer = cause(server, kind="earthworm")
    assert answer.status_code == 400
    assert "half_file" in answer.text


def test_health_says_that_the_data_are_synthetic(server: Server) -> None:
    assert get(server, "/health").json() == {
        "status": "ok",
        "synthetic": True,
        "now": START.isoformat(),
        "seed": 1,
        "scenario": "storm",
        "start": START.isoformat(),
        "errors": {},
    }


def features(server: Server, query: str = "") -> list[dict[str, object]]:
    answer = get(server, f"{QUERY}?format=geojson{query}")
    assert answer.status_code == 200
    found: list[dict[str, object]] = answer.json()["features"]
    return found


def test_the_catalogue_pages_through_everything_once(server: Server) -> None:
    everything = [f["id"] for f in features(server)]
    assert len(everything) > 20
    paged = []
    while len(paged) < len(everything):
        paged += [f["id"] for f in features(server, f"&limit=7&offset={len(paged) + 1}")]
    assert paged == everything
    assert get(server, f"{QUERY}?format=geojson&offset={len(everything) + 1}").status_code == 204


def test_the_catalogue_filters_by_time_and_revision(server: Server) -> None:
    some = features(server, "&starttime=2026-08-10T00:00:00&endtime=2026-08-10T05:58:00")
    times = [f["properties"]["time"] / 1000 for f in some]  # type: ignore[index]
    begin, end = datetime(2026, 8, 10, tzinfo=UTC).timestamp(), datetime(2026, 8, 10, 5, 58, tzinfo=UTC).timestamp()
    assert times
    assert all(begin <= t < end for t in times)
    recent = features(server, "&updatedafter=2026-08-10T05:50:00")
    assert {f["id"] for f in recent} < {f["id"] for f in features(server)}


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "starttime=yesterday", "format=quakeml", "colour=red"])
def test_the_catalogue_refuses_bad_parameters(server: Server, query: str) -> None:
    assert get(server, f"{QUERY}?{query}").status_code == 400


def versions(folder: Path, minutes: int) -> dict[str, dict[str, object]]:
    sim = Simulator(Places(folder, folder, folder, None), a_world())
    found = sim.quakes.summary(START + timedelta(minutes=minutes), "http://x")["features"]
    assert isinstance(found, list)
    return {feature["id"]: feature["properties"] for feature in found}


def test_events_are_revised_renamed_deleted_and_completed(tmp_path: Path) -> None:
    before, after = versions(tmp_path, 0), versions(tmp_path, 15)
    deleted = [i for i, p in after.items() if p["status"] == "deleted"]
    assert [before[i]["status"] for i in deleted] == ["automatic"]
    renamed = [i for i in after if i.startswith("sx")]
    assert len(renamed) == 1
    assert renamed[0] not in before
    assert str(after[renamed[0]]["ids"]).strip(",").split(",")[0] in before
    pending = [i for i, p in before.items() if p["mag"] is None]
    assert [after[i]["mag"] for i in pending] == [2.3]
    assert [p["mag"] for p in before.values() if p["type"] == "quarry blast"] == [1.6]


def test_503_and_429_act_as_often_as_ordered_and_end(server: Server) -> None:
    cause(server, kind="503", count=2)
    cause(server, kind="429")
    answers = [get(server, FEED) for _ in range(4)]
    assert [a.status_code for a in answers] == [503, 503, 429, 200]
    assert answers[2].headers["Retry-After"] == "1"


def test_a_fault_meets_its_path_only_and_can_be_called_off(server: Server) -> None:
    cause(server, kind="503", count=5, path="/quake/")
    assert get(server, FEED).status_code == 200
    assert get(server, QUAKES).status_code == 503
    assert get(server, "/faults").json()[0]["count"] == 4
    assert requests.delete(f"{server.url}/faults", timeout=20).status_code == 204
    assert get(server, QUAKES).status_code == 200


def test_truncate_breaks_off_before_the_announced_length(server: Server) -> None:
    cause(server, kind="truncate")
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.exceptions.ConnectionError)):
        get(server, FEED)
    assert get(server, FEED).status_code == 200


def test_slow_outlasts_a_patient_reader_only(server: Server) -> None:
    cause(server, kind="slow", seconds=1.5)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(server.url + FEED, timeout=0.3)
    assert get(server, FEED).status_code == 200


@pytest.mark.parametrize(
    ("kind", "path", "sign"),
    [
        ("html", FEED, "<html>"),
        ("nan", QUAKES, '"mag": NaN'),
        ("unknown_field", QUAKES, "simulatedField"),
        ("xml_bomb", "/cap/alerts/14102241600000_20260810134000_1.xml", "<!ENTITY"),
    ],
)
def test_spoilt_bodies_come_with_200_and_without_validators(server: Server, kind: str, path: str, sign: str) -> None:
    good = get(server, path)
    assert good.status_code == 200
    cause(server, kind=kind)
    spoilt = get(server, path, If_None_Match=good.headers["ETag"])
    assert spoilt.status_code == 200
    assert sign in spoilt.text
    assert "ETag" not in spoilt.headers
    assert get(server, path).content == good.content


def test_not_found_meets_a_listed_warning(server: Server) -> None:
    cause(server, kind="not_found")
    assert get(server, FEED).status_code == 200
    assert get(server, "/cap/alerts/14102241600000_20260810134000_1.xml").status_code == 404


def test_file_faults_put_what_they_say_into_the_folders(server: Server) -> None:
    def done(kind: str, inbox: str) -> bytes:
        name = cause(server, kind=kind).json()["done"]
        return (server.sim.places.home / inbox / name).read_bytes()

    half = done("half_file", "mine").decode()
    assert half.count("~") > 3
    assert not half.endswith("||")
    repeated = cause(server, kind="duplicate_file").json()["done"]
    assert repeated == "141022900002_CDSS_20260810135000.txt"
    assert "甲烷" in done("gbk_file", "mine").decode("gb18030")
    assert "统一社会信用代码" in done("gbk_register", "register").decode("gb18030")
    assert ",35.70,111.75,EPSG:4490," in done("swapped_coordinates", "register").decode("utf-8-sig")


def test_cap_faults_publish_what_they_say(server: Server) -> None:
    def text(kind: str) -> str:
        return get(server, f"/cap/alerts/{cause(server, kind=kind).json()['done']}.xml").text

    assert "<sent>2026-08-10T14:00:00</sent>" in text("naive_cap")
    first_pair = text("swapped_polygon").split("<polygon>")[1].split()[0]
    assert first_pair.startswith("111.") or first_pair.startswith("112.")


def test_a_database_fault_without_a_database_says_so(server: Server) -> None:
    answer = cause(server, kind="late_rows")
    assert answer.status_code == 400
    assert "--exchange-url" in answer.text


def test_a_source_that_fails_is_logged_kept_in_health_and_tried_again(tmp_path: Path) -> None:
    inbox = tmp_path / "register"
    inbox.write_text("a file where the folder should be")
    sim = Simulator(Places(tmp_path, tmp_path / "mine", inbox, None), a_world())
    assert [s.split(":")[0] for s in sim.tick()] == ["register"]
    assert sim.health()["status"] == "degraded"
    inbox.unlink()
    object.__setattr__(sim, "world", a_world(START + timedelta(minutes=1)))
    assert sim.tick() == []
    assert sim.health()["status"] == "ok"


def test_a_home_keeps_its_world_and_refuses_another(tmp_path: Path) -> None:
    first = open_world(tmp_path, seed=7, start=START)
    assert open_world(tmp_path) == first
    assert open_world(tmp_path, seed=7) == first
    with pytest.raises(SimulatorError, match="another seed"):
        open_world(tmp_path, seed=8)


def run(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "simulator", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_process_serves_stops_on_sigterm_and_goes_on_after_a_restart(tmp_path: Path) -> None:
    home = ("--home", str(tmp_path / "home"), "--exchange-url", "")
    frozen = ("--start", "2026-08-10T14:00:00+08:00", "--speed", "0")
    bodies = []
    for arguments in (frozen, ()):  # the second launch takes its world from the home
        process = run("serve", *home, *arguments)
        try:
            assert process.stdout is not None
            ready = process.stdout.readline()
            assert ready.startswith("simulator 模拟 ready: http://127.0.0.1:")
            url = json.loads((tmp_path / "home" / "address.json").read_text())["url"]
            body = requests.get(url + FEED, timeout=20).text
            bodies.append(body.replace(url, ""))
            fault = run("fault", "half_file", "--home", str(tmp_path / "home"))
            assert fault.wait(60) == 0
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        finally:
            process.kill()
            process.communicate()
            fault.communicate()
    assert bodies[0] == bodies[1]
    assert not (tmp_path / "home" / "address.json").exists()
    assert {p.name for p in tmp_path.iterdir()} == {"home"}


def test_wrong_calls_end_with_a_sentence(tmp_path: Path, server: Server) -> None:
    unreachable = run("seed", "--home", str(tmp_path), "--exchange-url", "postgresql://nobody@127.0.0.1:9/none")
    nobody = run("fault", "503", "--home", str(tmp_path / "none"))
    taken = run("serve", "--home", str(tmp_path / "other"), "--port", server.url.rpartition(":")[2])
    expected = (unreachable, "correct --exchange-url"), (nobody, "Start one with: serve"), (taken, "another --port")
    for process, words in expected:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 1
        assert words in errors
        assert "Traceback" not in errors
