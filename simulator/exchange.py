"""The water bureau's exchange database: SL 323-2011 tables in PostgreSQL, filled as telemetry fills them.

Times are naive Beijing wall clock and text is blank-padded ``char``, as in production. Some rows come late, some
never, some are corrected afterwards: the fate of a row depends on (seed, station, slot) only, so whatever was
missed while the simulator was down is made up for exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import psycopg
from psycopg import sql

from simulator.county import REGION_CODE, County, Station
from simulator.hydrology import BASE_STORAGE_1E6_M3, STORAGE_OF_A_METRE_1E6_M3, Hydrology
from simulator.weather import Weather
from simulator.world import SimulatorError, World, dice, floor

SLOT = timedelta(minutes=5)
HISTORY = timedelta(hours=24)
LATEST_REPORT = timedelta(minutes=90)  # nothing comes, or is corrected, later than this after its time

Row = tuple[object, ...]

DDL = """
create table if not exists st_stbprp_b (
  stcd char(18) primary key, stnm char(30), rvnm char(30), hnnm char(30), bsnm char(30), lgtd numeric(10,6),
  lttd numeric(10,6), stlc char(50), addvcd char(6), dtmnm char(16), dtmel numeric(7,3), dtpr numeric(7,3),
  sttp char(2), frgrd char(1), esstym char(6), bgfrym char(6), atcunit char(20), admauth char(20),
  locality char(10) not null, stbk char(1), stazt numeric(3), dstrvm numeric(6,1), drna numeric(7,1),
  phcd char(6), usfl char(1), comments varchar(200), moditime timestamp);
create table if not exists st_pptn_r (
  stcd char(18), tm timestamp, drp numeric(5,1), intv numeric(5,2), pdr numeric(5,2), dyp numeric(5,1), wth char(1),
  primary key (stcd, tm));
create table if not exists st_river_r (
  stcd char(18), tm timestamp, z numeric(7,3), q numeric(9,3), xsa numeric(9,3), xsavv numeric(5,3),
  xsmxv numeric(5,3), flwchrcd char(1), wptn char(1), msqmt char(1), msamt char(1), msvmt char(1),
  primary key (stcd, tm));
create table if not exists st_rsvr_r (
  stcd char(18), tm timestamp, rz numeric(7,3), inq numeric(9,3), w numeric(9,3), blrz numeric(7,3),
  otq numeric(9,3), rwchrcd char(1), rwptn char(1), inqdr numeric(5,2), msqmt char(1),
  primary key (stcd, tm));
create table if not exists st_rvfcch_b (
  stcd char(18) primary key, ldkel numeric(7,3), rdkel numeric(7,3), wrz numeric(7,3), wrq numeric(9,3),
  grz numeric(7,3), grq numeric(9,3), flpq numeric(9,3), obhtz numeric(7,3), obhtztm timestamp, ivhz numeric(7,3),
  ivhztm timestamp, obmxq numeric(9,3), obmxqtm timestamp, ivmxq numeric(9,3), ivmxqtm timestamp,
  hmxs numeric(9,3), hmxstm timestamp, hmxavv numeric(9,3), hmxavvtm timestamp, hlz numeric(7,3), hlztm timestamp,
  hmnq numeric(9,3), hmnqtm timestamp, taz numeric(7,3), taq numeric(9,3), laz numeric(7,3), laq numeric(9,3),
  sfz numeric(7,3), sfq numeric(9,3), moditime timestamp);
create table if not exists st_rsvrfcch_b (
  stcd char(18) primary key, rsvrtp char(1), damel numeric(7,3), ckflz numeric(7,3), dsflz numeric(7,3),
  normz numeric(7,3), ddz numeric(7,3), actz numeric(7,3), ttcp numeric(9,3), fldcp numeric(9,3), actcp numeric(9,3),
  ddcp numeric(9,3), hhrz numeric(7,3), hmxw numeric(9,3), hhrztm timestamp, hmxinq numeric(9,3), rstdr numeric(5,2),
  hmxinqtm timestamp, hmxotq numeric(9,3), hmxotqtm timestamp, moditime timestamp);
create table if not exists st_rsvrfsr_b (
  stcd char(18), bgmd char(4), edmd char(4), fsltdz numeric(7,3), fsltdw numeric(9,3), fstp char(1),
  moditime timestamp, primary key (stcd, bgmd));
"""

TABLES: dict[str, tuple[str, ...]] = {
    "st_pptn_r": ("stcd", "tm", "drp", "intv", "dyp", "wth"),
    "st_river_r": ("stcd", "tm", "z", "q", "wptn"),
    "st_rsvr_r": ("stcd", "tm", "rz", "inq", "w", "otq", "rwptn"),
}
BASE_TABLES: dict[str, tuple[str, ...]] = {
    "st_stbprp_b": (
        *("stcd", "stnm", "rvnm", "hnnm", "bsnm", "lgtd", "lttd", "stlc", "addvcd", "dtmnm", "sttp"),
        *("frgrd", "admauth", "locality", "drna", "usfl", "moditime"),
    ),
    "st_rvfcch_b": ("stcd", "ldkel", "rdkel", "wrz", "grz", "obhtz", "moditime"),
    "st_rsvrfcch_b": (
        *("stcd", "rsvrtp", "damel", "ckflz", "dsflz", "normz", "ddz", "ttcp", "fldcp", "actcp", "ddcp", "moditime"),
    ),
    "st_rsvrfsr_b": ("stcd", "bgmd", "edmd", "fsltdz", "fsltdw", "fstp", "moditime"),
}
SEASONS = (("0701", "0831", 0.3, "1"), ("0901", "0930", 0.8, "2"))
"""First and last day of a flood season 汛期, the limit in metres above a reservoir's base level, and its kind."""


TRENDS = {"falling": "4", "rising": "5", "steady": "6"}


def naive(moment: datetime) -> datetime:
    """Beijing wall clock without a zone, as the tables hold it."""
    return moment.replace(tzinfo=None)


class Exchange:
    """The tables' content as a function of time, and the hand that writes it."""

    def __init__(self, url: str, world: World, county: County, weather: Weather) -> None:
        self.url, self.world, self.county, self.weather = url, world, county, weather
        self.hydrology = Hydrology(county, weather)

    def connect(self) -> psycopg.Connection:
        try:
            return psycopg.connect(self.url, connect_timeout=10)
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[-1]
            raise SimulatorError(
                f"the exchange database can't be reached ({reason}). Start it, or correct --exchange-url."
            ) from None

    def prepare(self) -> None:
        """Create the tables and write the station register, the thresholds and the limits."""
        with self.connect() as connection:
            connection.execute(DDL)
            upsert(connection, "st_stbprp_b", BASE_TABLES["st_stbprp_b"], ("stcd",), self._register())
            upsert(connection, "st_rvfcch_b", BASE_TABLES["st_rvfcch_b"], ("stcd",), self._thresholds())
            upsert(connection, "st_rsvrfcch_b", BASE_TABLES["st_rsvrfcch_b"], ("stcd",), self._reservoirs())
            key = ("stcd", "bgmd")
            upsert(connection, "st_rsvrfsr_b", BASE_TABLES["st_rsvrfsr_b"], key, self._seasons())

    def advance(self, now: datetime) -> int:
        """Bring the tables to the state of ``now``; the number of rows written. Safe to repeat."""
        with self.connect() as connection:
            since = self._written_until(connection, now)
            return sum(
                upsert(connection, table, columns, ("stcd", "tm"), self.rows(table, since, now))
                for table, columns in TABLES.items()
            )

    def _written_until(self, connection: psycopg.Connection, now: datetime) -> datetime:
        """The newest time in the tables: they are the memory, so a fresh database is filled anew."""
        found = connection.execute("select max(tm) from st_pptn_r where tm <= %s", [naive(now)]).fetchone()
        newest = found[0] if found else None
        begin = floor(now, 300) - HISTORY
        return begin if newest is None else max(begin, newest.replace(tzinfo=now.tzinfo))

    def rows(self, table: str, since: datetime, now: datetime) -> Iterator[Row]:
        """Rows that came or changed in (since, now]."""
        stations, row = self._kinds()[table]
        slot = max(floor(since - LATEST_REPORT, 300) + SLOT, floor(now, 300) - HISTORY + SLOT)
        while slot <= now:
            for station in stations:
                if not station.in_use:
                    continue
                came_at, corrected_at = self.fate(station, slot)
                if came_at and (since < came_at <= now or (corrected_at and since < corrected_at <= now)):
                    is_wrong = corrected_at is not None and corrected_at > now
                    yield row(station, slot, is_wrong)
            slot += SLOT

    def fate(self, station: Station, slot: datetime) -> tuple[datetime | None, datetime | None]:
        """When the row of a slot arrives (None: never) and when its first, wrong value is corrected, if ever."""
        draw = dice(self.world.seed, "fate", station.code, int(slot.timestamp()))
        if draw < 0.004:
            return None, None
        if draw < 0.010:
            return slot + SLOT * (4 + int(draw * 1e5) % 14), None
        if draw < 0.012:
            return slot, slot + 4 * SLOT
        return slot, None

    def _kinds(self) -> dict[str, tuple[tuple[Station, ...], Callable[[Station, datetime, bool], Row]]]:
        return {
            "st_pptn_r": (self.county.gauges, self._rain),
            "st_river_r": (self.county.rivers, self._river),
            "st_rsvr_r": (self.county.reservoirs, self._reservoir),
        }

    def _rain(self, station: Station, at: datetime, is_wrong: bool) -> Row:
        amount = round(self.weather.rain_mm(station.lon, station.lat, at, 5), 1)
        daily = None
        if (at.hour, at.minute) == (8, 0):  # the hydrological day ends at 08:00 and belongs to the day before
            daily = round(self.weather.rain_mm(station.lon, station.lat, at, 24 * 60), 1)
        return station.code, naive(at), amount + (6.0 if is_wrong else 0), 0.08, daily, "7" if amount else "8"

    def _river(self, station: Station, at: datetime, is_wrong: bool) -> Row:
        river = self.hydrology.river(station, at)
        level = river.level_m + (0.5 if is_wrong else 0)
        return station.code, naive(at), round(level, 3), round(river.discharge_m3_s, 3), TRENDS[river.trend]

    def _reservoir(self, station: Station, at: datetime, is_wrong: bool) -> Row:
        water = self.hydrology.reservoir(station, at)
        level = water.level_m + (0.5 if is_wrong else 0)
        flows = round(water.inflow_m3_s, 3), round(water.storage_1e6_m3, 3), round(water.outflow_m3_s, 3)
        return station.code, naive(at), round(level, 3), *flows, TRENDS[water.trend]

    def _register(self) -> Iterator[Row]:
        modified = naive(self.world.anchor - timedelta(days=30))
        for s in self.county.stations:
            yield (
                *(s.code, s.name, s.river, "汾河水系", "黄河流域", s.lon, s.lat, "模拟地址", REGION_CODE, s.datum),
                *(s.kind, "1", "模拟水利局", "模拟交换", s.catchment_km2, "1" if s.in_use else "0", modified),
            )

    def _thresholds(self) -> Iterator[Row]:
        """Stations without a warning level have a row of nulls or none at all: both occur."""
        modified = naive(self.world.anchor - timedelta(days=30))
        for s in self.county.rivers:
            if s.warning_level is None and s.code.endswith("8"):
                continue
            dyke = round(s.base_level + 3.2, 2) if s.warning_level else None
            highest = round(s.base_level + 2.9, 2) if s.warning_level else None
            yield s.code, dyke, dyke, s.warning_level, s.guarantee_level, highest, modified

    def _reservoirs(self) -> Iterator[Row]:
        """Levels and storages that belong together."""
        modified = naive(self.world.anchor - timedelta(days=30))
        for s in self.county.reservoirs:
            crest, check, design, normal, dead = (round(s.base_level + h, 2) for h in (5.5, 4.0, 3.0, 1.2, -2.0))
            total, at_normal, least = (storage_1e6_m3(level - s.base_level) for level in (check, normal, dead))
            flood = round(total - storage_1e6_m3(SEASONS[0][2]), 3)
            active = round(at_normal - least, 3)
            yield s.code, "4", crest, check, design, normal, dead, total, flood, active, least, modified

    def _seasons(self) -> Iterator[Row]:
        modified = naive(self.world.anchor - timedelta(days=30))
        for s in self.county.reservoirs:
            for begins, ends, above_m, kind in SEASONS:
                limit = round(s.base_level + above_m, 2)
                yield s.code, begins, ends, limit, storage_1e6_m3(above_m), kind, modified


def storage_1e6_m3(above_m: float) -> float:
    """What a reservoir holds, 10^6 m³, at a level above (below: negative) its base."""
    return round(BASE_STORAGE_1E6_M3 + above_m * STORAGE_OF_A_METRE_1E6_M3, 3)


def upsert(
    connection: psycopg.Connection, table: str, columns: tuple[str, ...], key: tuple[str, ...], rows: Iterator[Row]
) -> int:
    """COPY into a temporary table, then insert or update by key: one statement for any number of rows."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    target, stage = sql.Identifier(table), sql.Identifier(f"new_{table}")
    changes = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(c)) for c in columns if c not in key
    )
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("create temporary table {} on commit drop as select {} from {} limit 0").format(
                stage, names, target
            )
        )
        with cursor.copy(sql.SQL("copy {} ({}) from stdin").format(stage, names)) as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(
            sql.SQL("insert into {t} ({n}) select {n} from {s} on conflict ({k}) do update set {c}").format(
                t=target, n=names, s=stage, k=sql.SQL(", ").join(map(sql.Identifier, key)), c=changes
            )
        )
        return cursor.rowcount
