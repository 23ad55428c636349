"""Coal-mine files, all parts of the MT/T 1201 family: safety, personnel, water hazard, important equipment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

import pyarrow as pa

from connectors import observation
from connectors.arrow import to_table
from connectors.clock import BEIJING, zone_named
from connectors.enterprise import mine_stream
from connectors.enterprise.mine_checks import Records, layout_of
from connectors.enterprise.mine_dialects import DIALECTS, dialect_of
from connectors.enterprise.mine_file import (
    MineFile,
    check_clock,
    is_complete,
    no_records,
    read_header,
    read_name,
    repaired,
    split,
)
from connectors.enterprise.mine_json import looks_like_json, parse_json
from connectors.enterprise.mine_layouts import LAYOUTS, MAY_BE_EMPTY, UNDOCUMENTED
from connectors.enterprise.mine_realtime import count_bad, read_realtime
from connectors.enterprise.mine_rows import RowReader
from connectors.enterprise.mine_tables import SCHEMAS
from connectors.model import About, Drift, Parsed, Payload, Reject
from connectors.person import salt_of
from connectors.refusal import RefusedError
from connectors.telling import ENCODING
from connectors.text import UndecodableError, decode

_BAD_SHARE = 0.2  # more than this and the file as a whole is not to be trusted


class MineTxtParser:
    """Options: ``zone`` of all times (default Asia/Shanghai), ``max_future_s`` (600), ``projected_crs`` of X and Y,
    ``dialect`` (``mine_dialects.DIALECTS``), ``salt`` of persons' hashes, ``max_bad_share`` (0.2).
    """

    format = "mine_txt"
    tables: Mapping[str, pa.Schema] = SCHEMAS

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        if looks_like_json(payload.body):
            return parse_json(payload, zone_named(options.get("zone", BEIJING)))
        try:
            decoded = decode(payload.body)
            head, records = split(decoded.text)
            file = _opened(head, payload, options)
            is_suspicious = bool(decoded.damaged) or "；" in decoded.text
            file = _with_records(file, records, is_suspicious)
            read = _read(file, options)
            first = read.rejects[0] if read.rejects else None
            _check_records(file, len(records), len(read.rejects), first, options)
        except UndecodableError as error:
            return _refused("mine.file.encoding", str(error))
        except RefusedError as error:
            return _refused(error.rule, str(error))
        return _as_parsed(file, read, decoded.codec) if records else _nobody(file)

    def parse_stream(self, stream: BinaryIO, head: Payload, options: Mapping[str, Any]) -> Iterator[Parsed]:
        """``stream`` must be seekable: a file is judged as a whole before any part of it is handed out."""
        start = stream.read(64)
        stream.seek(0)
        if looks_like_json(start):  # one document: there is nothing to read in parts
            yield self.parse(replace(head, body=stream.read()), options)
            return
        try:
            codec = mine_stream.codec_of(stream)
            file = _opened(mine_stream.header_of(stream, codec), head, options)
            _check_all(stream, codec, file, options)
        except RefusedError as error:
            yield _refused(error.rule, str(error))
            return
        first = 1
        for records, is_suspicious in mine_stream.parts(stream, codec):
            part = _with_records(file, records, is_suspicious, first)
            yield _as_parsed(part, _read(part, options), codec)
            first += len(records)
        if first == 1:
            yield _nobody(file)

    def is_complete(self, body: bytes) -> bool:
        """False while the sender is still writing: the transport waits before it takes such a file."""
        if looks_like_json(body):
            return body.rstrip()[-1:] in (b"]", b"}")
        return is_complete(body)


def _opened(head: str, payload: Payload, options: Mapping[str, Any]) -> MineFile:
    """The file without its records yet, its envelope checked."""
    zone, dialect = zone_named(options.get("zone", BEIJING)), dialect_of(options)
    name = read_name(payload.name, dialect)
    header = read_header(head, name, dialect, zone)
    check_clock(header, payload, float(options.get("max_future_s", 600)))
    return MineFile(name.type, header, [], is_suspicious=False, dialect=dialect, zone=zone)


def _with_records(file: MineFile, records: list[str], is_suspicious: bool, first: int = 1) -> MineFile:
    if is_suspicious and file.dialect.repairs_full_width:
        records = [repaired(record, file.dialect) for record in records]
    return replace(file, records=records, is_suspicious=is_suspicious, first=first)


def _read(file: MineFile, options: Mapping[str, Any]) -> Records:
    layout = layout_of(file)
    if layout.is_columnar:
        return read_realtime(file, layout)
    return RowReader(file, layout, options.get("projected_crs"), salt_of(options)).read()


def _check_all(stream: BinaryIO, codec: str, file: MineFile, options: Mapping[str, Any]) -> None:
    """The whole stream once for the number of bad records, as they decide over all the others."""
    bad = total = 0
    first: Reject | None = None
    for records, is_suspicious in mine_stream.parts(stream, codec):
        part = _with_records(file, records, is_suspicious, total + 1)
        layout = layout_of(part)
        wrong = count_bad(part, layout) if layout.is_columnar else None
        if wrong != 0 and (first is None or wrong is None):
            rejects = _read(part, options).rejects
            wrong, first = len(rejects), first or (rejects[0] if rejects else None)
        bad, total = bad + (wrong or 0), total + len(records)
    _check_records(file, total, bad, first, options)


def _check_records(file: MineFile, total: int, bad: int, first: Reject | None, options: Mapping[str, Any]) -> None:
    if not total and file.type not in MAY_BE_EMPTY:
        raise no_records()
    if bad > float(options.get("max_bad_share", _BAD_SHARE)) * total:
        example = f"; the first is {first.where}: {first.reason}" if first else ""
        raise RefusedError(
            "mine.file.too_many_bad", f"{bad} of {total} records cannot be read, so none is taken{example}"
        )


def _as_parsed(file: MineFile, read: Records, codec: str) -> Parsed:
    table = layout_of(file).table
    drift = list(read.drift)
    if file.first == 1 and not codec.startswith("utf-8"):
        drift.append(Drift(table, ENCODING, 1, codec))
    if file.first == 1 and file.header.is_damaged:
        drift.append(Drift(table, "(damaged header)", 1, "its text was destroyed by a wrong decoding"))
    return Parsed({table: read.table} if read.table.num_rows else {}, read.rejects, drift)


def _nobody(file: MineFile) -> Parsed:
    """A list of those who are there that names nobody: without a record of its own the news would leave no trace."""
    row = {
        "station_code": file.mine_code,
        "variable": "person_count",
        "event_at": file.issued_at,
        "value": 0.0,
        "unit": observation.DIMENSIONLESS,
        "owner_code": file.mine_code,
        "source_table": file.type,
        "issued_at": file.issued_at,
    }
    return Parsed({observation.TABLE: to_table(observation.SCHEMA, [row])}, [])


def _refused(rule: str, reason: str) -> Parsed:
    return Parsed({}, [Reject("file", rule, reason)])


PARSER = MineTxtParser()
ABOUT = About(
    title="煤矿感知数据 Coal-mine files (MT/T 1201, 42号文)",
    reads=f"Text files of {len(LAYOUTS)} types that mines write into folders or over SFTP and FTP: safety monitoring, "
    "personnel, water hazard and important equipment; and the JSON flavour of real-time values (csMineCode).",
    quirks=(
        "Line breaks anywhere or none; file names of 36 or 42 characters; mine codes of 12 or 20.",
        "Headers of 3, 5 or 8 fields, and the older one that begins with the time and names no mine.",
        "Status bits add up (3 is alarm and power cut); 00000000, good and fault are understood; what is not is kept.",
        "Empty values and -9999 give no row and are counted as drift; negative values are values.",
        "X is the northing, Y the easting with its zone number; swapped ones are told, not placed.",
        "Cards become salted hashes; names and birth dates are not kept, not even of a refused record.",
        "More than a fifth of bad records, another mine's header, one in the future or no || refuse the whole file.",
        "A header alone is an answer where a file says who is below ground (RYSS): person_count 0. Others are refused.",
        "Files larger than memory are read in parts.",
        f"Dialects as data: {', '.join(sorted(DIALECTS))}.",
    ),
    limits=(
        "[K] The text of MT/T 1201 is not public: layouts rest on five implementers, the water part on one of them.",
        "[K] Units of drainage, release holes and stress are not sent; the second value of DBSCDSS has no known name.",
        "[K] JSLCDSS carries three times; the last is taken as the end of ten minutes of rain.",
        f"Known by name only, so archived and refused: {', '.join(sorted(UNDOCUMENTED))}.",
        "The JSON flavour is read whole, not in parts.",
    ),
    verified=("a recorded JSON snapshot of a mine (73 places)", "own fixtures after five implementers' sources"),
)
