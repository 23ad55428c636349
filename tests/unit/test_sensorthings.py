"""SensorThings: shapes of replies, intervals, ids, and parts that come before the end. All is synthetic (模拟)."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from connectors.model import Outcome, Parsed, Payload, StreamParser
from connectors.water import sensorthings_stream
from connectors.water.sensorthings import PARSER

FETCHED = datetime(2026, 8, 10, 8, 0, tzinfo=UTC)
EIGHT = "2026-08-10T08:00:00Z"
STREAM = {
    "@iot.id": 7,
    "name": "模拟井 level",
    "unitOfMeasurement": {"name": "metre", "symbol": "m"},
    "ObservedProperty": {"name": "Groundwater level"},
    "Thing": {"@iot.id": "well-1", "name": "模拟井"},
}


def parse(document: Any, source: str = "http://source/v1.1/Observations") -> Parsed:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return PARSER.parse(Payload(body, source, "Observations", FETCHED), {})


def observation(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"@iot.id": number, "phenomenonTime": EIGHT, "result": 10.5, "resultTime": None} | more


def table(parsed: Parsed, name: str = "observation") -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if v is not None} for row in parsed.tables[name].to_pylist()]


def test_an_observation_with_its_datastream_expanded() -> None:
    parsed = parse({"value": [observation(Datastream=STREAM, resultQuality={"status": "9"})]})
    (row,) = table(parsed)
    assert json.loads(row.pop("extra")) == {"id": 1, "resultQuality": {"status": "9"}}
    assert row == {
        "station_code": "Datastreams(7)",
        "variable": "groundwater_level_m",
        "event_at": datetime(2026, 8, 10, 8, 0, tzinfo=UTC),
        "value": 10.5,
        "unit": "m",
        "owner_code": "Things(well-1)",
        "source_table": "Observations",
    }
    assert not parsed.drift


@pytest.mark.parametrize(
    ("document", "source"),
    [
        ({"value": [observation()]}, "http://source/v1.1/Datastreams(7)/Observations"),
        ({"value": [observation()]}, "http://source/v1.1/Datastreams('7')/Observations"),
        ({"@iot.nextLink": "http://x/Datastreams(7)/Observations?$skip=1", "value": [observation()]}, "x"),
        ({"value": [observation(**{"Datastream@iot.navigationLink": "http://x/Datastreams(7)"})]}, "x"),
        ({"value": [observation(**{"Datastream@iot.navigationLink": "../Datastreams('7')"})]}, "x"),
        ({"value": [observation(Datastream={"@iot.id": 7})]}, "x"),
        ({"value": [observation(Datastream={"@iot.id": "7"})]}, "x"),
        ({"value": [observation(**{"Datastream@iot.id": 7})]}, "x"),
    ],
)
def test_who_says_of_which_datastream_an_observation_is(document: Any, source: str) -> None:
    (row,) = table(parse(document, source))
    assert row["station_code"] == "Datastreams(7)"


def test_observations_of_nobody_are_never_taken_for_one_another() -> None:
    parsed = parse({"value": [observation(1), observation(2, result=11)]})
    assert [(row["station_code"], row["variable"]) for row in table(parsed)] == [
        ("Observations(1)", "result"),
        ("Observations(2)", "result"),
    ]
    assert [(d.field, d.count) for d in parsed.drift] == [("(datastream unknown)", 2)]


@pytest.mark.parametrize(
    ("time", "hour", "hours"),
    [
        (EIGHT, 8, None),
        ("2026-08-10T16:00:00+08:00", 8, None),
        ("2026-08-10T07:00:00Z/2026-08-10T08:00:00Z", 8, 1.0),
        ("2026-08-10T08:00:00Z/2026-08-10T08:00:00Z", 8, None),
    ],
)
def test_an_instant_or_an_interval(time: str, hour: int, hours: float | None) -> None:
    (row,) = table(parse({"value": [observation(Datastream=STREAM, phenomenonTime=time)]}))
    assert (row["event_at"], row.get("interval_h")) == (datetime(2026, 8, 10, hour, tzinfo=UTC), hours)


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"phenomenonTime": None}, "sensorthings.observation.time"),
        ({"phenomenonTime": "2026-08-10T09:00:00Z/2026-08-10T08:00:00Z"}, "sensorthings.observation.time"),
        ({"phenomenonTime": "yesterday"}, "sensorthings.observation.time"),
        ({"resultTime": "soon"}, "sensorthings.observation.time"),
        ({"result": [1, 2]}, "sensorthings.result.kind"),
        ({"result": {"a": 1}}, "sensorthings.result.kind"),
        ({"result": "1e400"}, "sensorthings.value.number"),
        ({"parameters": {"a": float("nan")}}, "sensorthings.value.number"),
        ({"result": float("inf")}, "sensorthings.value.number"),
    ],
)
def test_a_bad_observation_costs_itself_only(more: dict[str, Any], rule: str) -> None:
    parsed = parse({"value": [observation(Datastream=STREAM), observation(2, Datastream=STREAM, **more)]})
    assert (len(table(parsed)), [r.rule for r in parsed.rejects]) == (1, [rule])


@pytest.mark.parametrize("result", [None, "", -9999, "NaN"])
def test_a_missing_result_gives_no_row(result: Any) -> None:
    parsed = parse({"value": [observation(Datastream=STREAM, result=result)]})
    assert (parsed.records, [d.field for d in parsed.drift]) == (0, ["(missing)"])


@pytest.mark.parametrize(("result", "text"), [(True, "true"), ("open", "open")])
def test_a_word_is_a_text(result: Any, text: str) -> None:
    (row,) = table(parse({"value": [observation(Datastream=STREAM, result=result)]}))
    assert (row["value_text"], "value" in row) == (text, False)


def test_a_quantity_and_a_unit_that_are_not_known_are_kept_and_told() -> None:
    other = STREAM | {"ObservedProperty": {"name": "Chlorophyll"}, "unitOfMeasurement": {"symbol": "RFU"}}
    parsed = parse({"value": [observation(Datastream=other)]})
    assert (table(parsed)[0]["variable"], table(parsed)[0]["unit"]) == ("chlorophyll_rfu", "RFU")
    assert [d.field for d in parsed.drift] == ["(parameter)"]


def test_a_unit_of_ours_is_converted() -> None:
    feet = STREAM | {"unitOfMeasurement": {"symbol": "ft"}}
    (row,) = table(parse({"value": [observation(Datastream=feet)]}))
    assert (row["variable"], row["value"], json.loads(row["extra"])["source_unit"]) == (
        "groundwater_level_m",
        3.2004,
        "ft",
    )


ARRAY = {
    "Datastream@iot.navigationLink": "http://x/v1.1/Datastreams(7)",
    "components": ["id", "phenomenonTime", "result"],
    "dataArray@iot.count": 3,
    "dataArray": [[1, EIGHT, 10.5], [2, "2026-08-10T08:15:00Z", 11], [3, "2026-08-10T08:30:00Z"]],
}


def test_the_data_array_form() -> None:
    parsed = parse({"value": [ARRAY]})
    assert [(row["station_code"], row["value"]) for row in table(parsed)] == [
        ("Datastreams(7)", 10.5),
        ("Datastreams(7)", 11),
    ]
    assert [r.rule for r in parsed.rejects] == ["sensorthings.dataArray.width"]


PLACE = {"@iot.id": 9, "name": "spot", "encodingType": "application/geo+json"}
POINT = {"type": "Point", "coordinates": [112.5, 35.5]}


def test_things_and_their_datastreams_are_placed_by_their_location() -> None:
    thing = {
        "@iot.id": "well-1",
        "name": "模拟井",
        "description": "synthetic",
        "Locations": [PLACE | {"location": POINT}],
        "Datastreams": [
            {key: value for key, value in STREAM.items() if key != "Thing"} | {"Observations": [observation()]}
        ],
    }
    parsed = parse({"value": [thing]})
    rows = {row["station_code"]: row for row in table(parsed, "station")}
    assert {code: (row["longitude"], row["latitude"]) for code, row in rows.items()} == {
        "Things(well-1)": (112.5, 35.5),
        "Datastreams(7)": (112.5, 35.5),
    }
    assert rows["Datastreams(7)"]["authority"] == "Things(well-1)"
    assert [(row["variable"], row["owner_code"]) for row in table(parsed)] == [
        ("groundwater_level_m", "Things(well-1)")
    ]


def test_a_location_alone_and_one_that_is_no_point() -> None:
    area = {"type": "Polygon", "coordinates": []}
    feature = {"type": "Feature", "geometry": POINT}
    parsed = parse({"value": [PLACE | {"location": feature}, PLACE | {"@iot.id": 10, "location": area}]})
    assert [row.get("longitude") for row in table(parsed, "station")] == [112.5, None]
    bad = parse({"value": [PLACE | {"location": {"type": "Point", "coordinates": [500, 1]}}]})
    assert [r.rule for r in bad.rejects] == ["sensorthings.location.point"]


def test_one_entity_alone_a_list_and_several_replies_under_names() -> None:
    item = observation(Datastream=STREAM)
    for document in (item, [item], {"first": {"value": [item]}, "second": [item]}):
        assert len(table(parse(document))) == 1


@pytest.mark.parametrize("document", [{"value": {}}, {"value": [1]}, [], {"a": {"b": 1}}, {"value": [{"name": "x"}]}])
def test_what_is_no_reply_is_rejected(document: Any) -> None:
    assert [r.rule for r in parse(document).rejects] == ["sensorthings.shape"]


def test_an_empty_reply_is_empty() -> None:
    assert (parse({"@iot.count": 0, "value": []}).outcome, parse({"value": []}).records) == (Outcome.ACCEPTED, 0)


# -- as a stream


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensorthings_stream, "PART_ITEMS", 3)
    monkeypatch.setattr(sensorthings_stream, "WHOLE", 1000)
    monkeypatch.setattr(sensorthings_stream, "BUFFER", 64)


class Watched(io.RawIOBase):
    """A stream that knows how far it has been read."""

    def __init__(self, body: bytes) -> None:
        self.body, self.at = body, 0

    def read(self, size: int = -1) -> bytes:
        piece = self.body[self.at :] if size < 0 else self.body[self.at : self.at + size]
        self.at += len(piece)
        return piece


def head() -> Payload:
    return Payload(b"", "http://source/v1.1/Observations", "Observations", FETCHED)


def stream(body: bytes) -> Iterator[Parsed]:
    return PARSER.parse_stream(Watched(body), head(), {})  # type: ignore[arg-type]


def many(count: int) -> list[dict[str, Any]]:
    return [
        observation(n, phenomenonTime=f"2026-08-10T{n // 60:02}:{n % 60:02}:00Z", result=n / 4, Datastream=STREAM)
        for n in range(count)
    ]


def rows_of(group: int) -> dict[str, Any]:
    rows = [[n, f"2026-08-10T{group:02}:{n:02}:00Z", n / 4] for n in range(20)]
    return ARRAY | {"Datastream@iot.navigationLink": f"http://x/Datastreams({group})", "dataArray": rows}


@pytest.mark.usefixtures("small")
def test_parts_come_out_before_the_end_was_read() -> None:
    watched = Watched(json.dumps({"value": many(60)}).encode())
    parts = PARSER.parse_stream(watched, head(), {})  # type: ignore[arg-type]
    first = next(parts)
    assert first.records == 3
    assert watched.at < len(watched.body) / 3
    assert sum(part.records for part in parts) == 57


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "document",
    [
        {"@iot.nextLink": "http://x/Datastreams(7)/Observations?$skip=9", "value": many(20)},
        {"value": many(9)},  # exactly three parts
        {"value": [rows_of(1), rows_of(2)]},
        {"named": {"value": many(20)}},  # another shape: read whole
        {"value": many(1)},  # small: read whole
    ],
)
def test_the_parts_together_are_what_is_read_at_once(document: dict[str, Any]) -> None:
    body = json.dumps(document).encode()
    whole, parts = parse(body), list(stream(body))
    found = pa.concat_tables([part.tables["observation"] for part in parts if part.records])
    assert found.combine_chunks().equals(whole.tables["observation"].combine_chunks())
    assert [reject for part in parts for reject in part.rejects] == []


@pytest.mark.usefixtures("small")
def test_a_stream_that_breaks_off_is_told() -> None:
    body = json.dumps({"value": many(20)}).encode()
    parts = list(stream(body[:-200]))
    assert sum(part.records for part in parts) >= 15
    assert [r.rule for part in parts for r in part.rejects] == ["sensorthings.json"]


@pytest.mark.usefixtures("small")
def test_a_bad_record_in_a_stream_costs_itself_only() -> None:
    body = json.dumps({"value": [*many(10), {"name": "x"}, observation(99, phenomenonTime=None), *many(3)]}).encode()
    rejects = [r.rule for part in stream(body) for r in part.rejects]
    assert rejects == ["sensorthings.entity.unknown", "sensorthings.observation.time"]


def test_the_parser_is_a_stream_parser() -> None:
    assert isinstance(PARSER, StreamParser)
    assert [part.outcome for part in stream(b"")] == [Outcome.REJECTED]


def test_a_multidatastream_never_meets_the_datastream_of_its_number() -> None:
    multi = {key: value for key, value in STREAM.items() if key != "unitOfMeasurement"}
    multi |= {"unitOfMeasurements": [{"symbol": "m"}], "multiObservationDataTypes": ["OM_Measurement"]}
    parsed = parse({"value": [STREAM, multi]}, "http://source/v1.1/Datastreams")
    codes = {row["station_code"] for row in table(parsed, "station")}
    assert {"Datastreams(7)", "MultiDatastreams(7)"} <= codes
