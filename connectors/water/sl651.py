"""Reports of hydrological stations in SL 651-2014 frames -> ``observation``.

One row per value that is not missing; the time of observation ends the interval of an amount. A retransmission carries
the same serial and the same values, so that it lands on itself. Heartbeats and tests are no data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from connectors.arrow import to_table
from connectors.conversation import Conversation
from connectors.duplicates import last_wins
from connectors.model import About, Parsed, Payload, Reject
from connectors.observation import KEY, SCHEMA, TABLE
from connectors.refusal import RefusedError
from connectors.telling import Told
from connectors.water.sl651_body import read_body
from connectors.water.sl651_elements import FUNCTIONS
from connectors.water.sl651_frame import DOWN, HEARTBEAT, SOH, START, TEST, Broken, Noise, scan
from connectors.water.sl651_reports import Assembler, Report
from connectors.water.sl651_rows import Dialect, ReportRows, station_code
from connectors.water.sl651_talk import Sl651Conversation

_HEX_LINE = re.compile(rb"[0-9A-Fa-f \t]*")
_LONGEST_RECORD = 4000


class Sl651Parser:
    """Options: ``zone`` of the clocks; ``rain_from``, the amount that is added up (DRP or P1, PN05, ...);
    ``elements``, see known_elements; ``series_time``, whether the time of an evenly spaced report is that of its
    ``first`` or ``last`` value. ``password`` and ``confirm`` concern the conversation.
    """

    format = "sl651"
    tables: Mapping[str, pa.Schema] = {TABLE: SCHEMA}

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        reading = _Reading(Dialect.of(options))
        try:
            data = reading.bytes_of(payload.body)
        except RefusedError as error:
            return Parsed({}, [Reject("payload", error.rule, str(error), TABLE)])
        reading.read(data)
        rows, repeated = last_wins(reading.rows, KEY, TABLE)
        return Parsed(
            {TABLE: to_table(SCHEMA, rows)} if rows else {}, reading.rejects, [*reading.told.drift(), *repeated]
        )

    def conversation(self, options: Mapping[str, Any]) -> Conversation:
        return Sl651Conversation.of(options)


@dataclass
class _Reading:
    """One payload on its way to rows; what is told of it is counted by name."""

    dialect: Dialect
    rows: list[dict[str, Any]] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    told: Told = field(default_factory=Told)

    def tell(self, name: str, example: str | None = None, count: int = 1) -> None:
        self.told.add(TABLE, name, example, count)

    def refuse(self, where: str, error: RefusedError, raw: bytes) -> None:
        self.rejects.append(Reject(where, error.rule, str(error), TABLE, {"frame": _shown(raw)}))

    def bytes_of(self, body: bytes) -> bytes:
        """The frames themselves, from a payload that is them or writes them as hexadecimal text, line by line."""
        if not body.strip():
            raise RefusedError("sl651.empty", "there is nothing in it")
        if START in body or bytes([SOH]) in body:
            return body
        parts = []
        for number, line in enumerate(body.splitlines(), start=1):
            digits = b"".join(line.split(b"#", 1)[0].split())
            if not _HEX_LINE.fullmatch(digits) or len(digits) % 2:
                where, reason = f"line {number}", "the line is no hexadecimal text of whole bytes"
                self.rejects.append(Reject(where, "sl651.hex", reason, TABLE, {"line": line[:200].decode("latin-1")}))
                continue
            parts.append(bytes.fromhex(digits.decode("ascii")))
        data = b"".join(parts)
        if START not in data and bytes([SOH]) not in data:
            raise RefusedError("sl651.no_frame", "no frame of SL 651 starts anywhere in it")
        return data

    def read(self, data: bytes) -> None:
        assembler = Assembler()
        number = 0
        for found in scan(data):
            if isinstance(found, Noise):
                self.tell("(bytes between frames)", found.raw[:20].hex(), len(found.raw))
                continue
            number += 1
            if isinstance(found, Broken):
                self.refuse(f"frame {number}", RefusedError(found.rule, found.reason), found.raw)
            elif found.direction == DOWN:
                self.tell("(downlink frame)", f"{found.function:02X}")
            elif found.packet is not None and not 1 <= found.packet.number <= found.packet.total:
                reason = f"packet {found.packet.number} of {found.packet.total} cannot be"
                self.refuse(f"frame {number}", RefusedError("sl651.packet.number", reason), found.raw)
            elif (report := assembler.add(found)) is not None:
                self.report(f"frame {number}", report)
        for torn in assembler.drop():
            missing = ", ".join(map(str, torn.missing[:5]))
            error = RefusedError(
                "sl651.packet.missing", f"of {torn.total} packets of the report these are missing: {missing}"
            )
            self.refuse(f"report of {torn.newest.station}", error, torn.raw)
        if not number and not self.rejects:
            self.refuse("payload", RefusedError("sl651.no_frame", "no frame of SL 651 starts anywhere in it"), data)

    def report(self, where: str, report: Report) -> None:
        head = report.head
        if head.function in {HEARTBEAT, TEST}:
            self.tell(f"({FUNCTIONS[head.function]} frame)", station_code(head.station))
            return
        if head.function not in FUNCTIONS:
            self.tell("(frame without data)", f"function {head.function:02X}")
            return
        try:
            body = read_body(report.body, head.function, is_ascii=head.is_ascii)
            self.rows += ReportRows(where, head, body, report.raw, self.dialect, self).rows()
        except RefusedError as error:
            self.refuse(where, error, report.raw)
            return
        if body.text is not None:
            self.tell("(manual text)", body.text)
        if body.picture_bytes:
            self.tell("(picture)", f"{body.picture_bytes} bytes")
        if body.problem is not None:
            self.refuse(where, body.problem, report.raw)


def _shown(raw: bytes) -> str:
    """The frame as text, its password covered."""
    start = 17 if raw[:1] == bytes([SOH]) else 8
    stop = start + (4 if raw[:1] == bytes([SOH]) else 2)
    shown = f"{raw[:start].hex()}{'*' * 2 * len(raw[start:stop])}{raw[stop:].hex()}"
    return shown if len(shown) <= _LONGEST_RECORD else f"{shown[:_LONGEST_RECORD]}... ({len(raw)} bytes)"


PARSER = Sl651Parser()
ABOUT = About(
    title="水文监测数据通信规约 Hydrological telemetry (SL 651-2014)",
    reads="Reports of remote stations in HEX/BCD or ASCII frames: live over TCP, or files of frames (raw, or as "
    "hexadecimal text with blanks and # comments).",
    quirks=(
        "A frame with a wrong check sum or length costs that frame; reading goes on at the next start mark.",
        "A report in several packets is put together; one with a packet missing is rejected whole.",
        "All F, FF and FFFF in the arrays, and M in ASCII, are missing values: no row, counted. "
        "A leading FF is a minus.",
        "F4 and F5 to FC: values five minutes apart, the last one at the time of observation.",
        "Overlapping amounts of rain have variables of their own (rain_1h_mm, rain_5min_mm, ...); rain_mm, which is "
        "added up, comes from one element only (option rain_from) and never from an additional report (33).",
        "Rain of the day (PD) at 08:00 is that of the day that ends then.",
        "Heartbeats (2F), tests (30), downlink and configuration frames are counted, never landed.",
        "The status word (45) becomes a row rtu_status with our status bits and its set bits by name.",
        "A retransmission keeps its serial and lands on the rows of the first; serials are no part of a key, so it "
        "does not matter where they wrap.",
    ),
    limits=(
        "[K] Guide bytes beyond our table and those of the option elements land as element_XX with unit unknown.",
        "[K] The layout of the ASCII variant, of evenly spaced reports (31: first value at the time of observation) "
        "and of the packet numbers; which end mark a confirmation has (option confirm).",
        "Bit 7 of the status word (door) means closed or open depending on the maker: named, not judged.",
        "Pictures and manual texts stay in the archive.",
    ),
    verified=("A frame published with its decoding (formats.md 3.2)", "own fixtures for everything else"),
)
