"""Coal-mine safety monitoring files (MT/T 1201 family): CDDY -> ``sensor``, CDSS -> ``observation``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from connectors import observation
from connectors.clock import BEIJING, zone_named
from connectors.enterprise.mine_file import MineFile, is_complete, read_file
from connectors.enterprise.mine_json import looks_like_json, parse_json
from connectors.enterprise.mine_records import SENSOR, SENSOR_SCHEMA, Records, read_observations, read_sensors
from connectors.model import Drift, Parsed, Payload, Reject
from connectors.refusal import RefusedError

_TABLES = {"CDDY": SENSOR, "CDSS": observation.TABLE}
_BAD_SHARE = 0.2  # more than this and the file as a whole is not to be trusted


class MineTxtParser:
    """Options: ``zone`` of all times (default Asia/Shanghai), ``max_future_s`` (600), ``projected_crs`` of X and Y."""

    format = "mine_txt"
    tables: Mapping[str, pa.Schema] = {SENSOR: SENSOR_SCHEMA, observation.TABLE: observation.SCHEMA}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        zone = zone_named(options.get("zone", BEIJING))
        if looks_like_json(payload.body):
            return parse_json(payload, zone)
        try:
            file = read_file(payload, tuple(_TABLES), zone, float(options.get("max_future_s", 600)))
            if file.type == "CDDY":
                records = read_sensors(file, zone, options.get("projected_crs"))
            else:
                records = read_observations(file, zone)
            _check_share(file, records)
        except RefusedError as refused:
            return Parsed({}, [Reject("file", refused.rule, str(refused))])
        table = _TABLES[file.type]
        drift = records.drift
        if file.decoded.codec != "utf-8":
            drift = [*drift, Drift(table, "(encoding)", 1, file.decoded.codec)]
        return Parsed({table: records.table} if records.table.num_rows else {}, records.rejects, drift)

    def is_complete(self, body: bytes) -> bool:
        """False while the sender is still writing: the transport waits before it takes such a file."""
        if looks_like_json(body):
            return body.rstrip()[-1:] in (b"]", b"}")
        return is_complete(body)


def _check_share(file: MineFile, records: Records) -> None:
    bad, total = len(records.rejects), len(file.records)
    if bad > _BAD_SHARE * total:
        first = records.rejects[0]
        raise RefusedError(
            "mine.file.too_many_bad",
            f"{bad} of {total} records cannot be read, so none is taken; the first is {first.where}: {first.reason}",
        )


PARSER = MineTxtParser()
