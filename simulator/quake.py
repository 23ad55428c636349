"""The seismological bureau: events with their revisions, in the GeoJSON of USGS feeds and FDSN queries.

Each event is a list of versions, each with the instant at which it was published; what a reader sees is the
newest version at that time. The scripted events are the ones that trip readers: a revised magnitude, a changed
preferred id, a deletion, a quarry blast, a magnitude not yet computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from simulator.weather import CENTRE
from simulator.world import SimulatorError, World, dice, floor

DAY = timedelta(hours=24)
LONGEST_QUERY = timedelta(days=400)
MOST_EVENTS = 20_000
NET = "mn"  # 模拟


@dataclass(frozen=True)
class Version:
    """An event as published at ``updated``."""

    updated: datetime
    at: datetime
    id: str
    ids: tuple[str, ...]
    mag: float | None
    lon: float
    lat: float
    depth_km: float
    status: str = "automatic"
    type: str = "earthquake"

    def revised(self, minutes: float, **changes: object) -> Version:
        """The next version, published ``minutes`` after the origin time."""
        return replace(self, updated=self.at + timedelta(minutes=minutes), **changes)  # type: ignore[arg-type]


class Quakes:
    """The catalogue of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def events(self, start: datetime, end: datetime) -> Iterator[list[Version]]:
        """Events with origin time in [start, end), each with all its versions."""
        hour = floor(start, 3600)
        while hour < end:
            yield from (e for e in self._background(hour) if start <= e[0].at < end)
            hour += timedelta(hours=1)
        yield from (e for e in self._scripted() if start <= e[0].at < end)

    def _background(self, hour: datetime) -> Iterator[list[Version]]:
        """Small events within two degrees, one in about four hours; most are reviewed within the hour."""
        key = (self.world.seed, "quake", int(hour.timestamp()))
        if dice(*key) > 0.25:
            return
        first = self._first(
            hour + timedelta(seconds=int(3600 * dice(*key, "at"))),
            mag=round(1 + 2 * dice(*key, "mag") ** 2, 1),
            lon=CENTRE[0] + 4 * dice(*key, "lon") - 2,
            lat=CENTRE[1] + 4 * dice(*key, "lat") - 2,
        )
        yield [first, first.revised(50, status="reviewed")] if dice(*key, "review") < 0.8 else [first]

    def _scripted(self) -> Iterator[list[Version]]:
        anchor, (lon, lat) = self.world.anchor, CENTRE

        def at(minutes: float) -> datetime:
            return anchor + timedelta(minutes=minutes)

        revised = self._first(at(-360), mag=3.4, lon=lon - 0.6, lat=lat + 0.3)
        yield [revised, revised.revised(40, mag=3.1, status="reviewed", depth_km=12.0)]

        blast = self._first(at(-150), mag=1.6, lon=lon + 0.05, lat=lat + 0.02, depth_km=0.0)
        blast = replace(blast, type="quarry blast")
        yield [blast, blast.revised(30, status="reviewed")]

        ghost = self._first(at(-30), mag=3.0, lon=lon + 0.9, lat=lat - 0.7)
        yield [ghost, ghost.revised(38, status="deleted")]

        renamed = self._first(at(-20), mag=4.4, lon=lon + 0.08, lat=lat - 0.06)
        other = f"sx{renamed.id[2:]}"
        smaller = renamed.revised(12, mag=4.2)
        both = (renamed.id, other)
        yield [renamed, smaller, smaller.revised(25, id=other, ids=both, status="reviewed")]

        live = self._first(self.world.first_live, mag=2.6, lon=lon + 0.3, lat=lat + 0.2)
        yield [replace(live, updated=live.at + timedelta(seconds=15)), live.revised(20, status="reviewed")]

        pending = self._first(at(-6), mag=None, lon=lon - 0.2, lat=lat + 0.1)
        yield [pending, pending.revised(9, mag=2.3)]
        if self.world.scenario == "quake":
            yield from self._sequence()

    def _sequence(self) -> Iterator[list[Version]]:
        """The scenario ``quake``: a main shock under the hills soon after the start, then aftershocks as by Omori."""
        main_at, (lon, lat) = self.world.first_live + timedelta(minutes=1), (CENTRE[0] + 0.07, CENTRE[1] + 0.03)
        main = self._first(main_at, mag=5.4, lon=lon, lat=lat, depth_km=9.0)
        main = replace(main, updated=main.at + timedelta(seconds=40))
        yield [main, main.revised(6, mag=5.2, depth_km=11.0), main.revised(30, mag=5.2, status="reviewed")]
        for i in range(1, 31):
            draw = (self.world.seed, "aftershock", i)
            minutes = 4 * 1.22**i * (0.8 + 0.4 * dice(*draw))
            shock = self._first(
                main_at + timedelta(minutes=minutes),
                mag=round(1.4 + 2.4 * dice(*draw, "mag") ** 2, 1),
                lon=lon + 0.08 * (dice(*draw, "lon") - 0.5),
                lat=lat + 0.08 * (dice(*draw, "lat") - 0.5),
                depth_km=round(6 + 8 * dice(*draw, "depth"), 1),
            )
            yield [shock, shock.revised(20, status="reviewed")]

    def scripted_strong(self) -> list[Version]:
        """Events of the timetable that are strong enough to be felt by the ground, as finally determined."""
        final = (versions[-1] for versions in self._scripted())
        return [v for v in final if (v.mag or 0) >= 4 and v.status != "deleted"]

    @staticmethod
    def _first(at: datetime, *, mag: float | None, lon: float, lat: float, depth_km: float = 10.0) -> Version:
        event_id = f"{NET}{at.astimezone(UTC):%Y%m%d%H%M%S}"
        updated = at + timedelta(minutes=3)
        return Version(updated, at, event_id, (event_id,), mag, round(lon, 4), round(lat, 4), depth_km)

    def current(self, start: datetime, end: datetime, now: datetime) -> list[Version]:
        """The newest version of each event that is known at ``now``, latest event first."""
        known = ([v for v in versions if v.updated <= now] for versions in self.events(start, end))
        return sorted((versions[-1] for versions in known if versions), key=lambda v: (v.at, v.id), reverse=True)

    def summary(self, now: datetime, base_url: str) -> dict[str, object]:
        """``all_day.geojson``. ``generated`` is the time of the last change, so that equal content has equal bytes."""
        versions = self.current(now - DAY, now, now)
        changed = max((v.updated for v in versions), default=floor(now, 3600))
        url = f"{base_url}/quake/summary/all_day.geojson"
        return collection(versions, base_url, url=url, generated=changed, title="模拟 All Earthquakes, Past Day")

    def query(self, params: Mapping[str, str], now: datetime, base_url: str) -> dict[str, object] | None:
        """``fdsnws/event/1/query``; None if nothing matches (HTTP 204). Raises SimulatorError for bad parameters."""
        known = {"starttime", "endtime", "updatedafter", "limit", "offset", "format", "orderby", "includedeleted"}
        if unknown := sorted(set(params) - known):
            raise SimulatorError(f"unknown parameter {unknown[0]}; known: {', '.join(sorted(known))}.")
        if params.get("format", "geojson") != "geojson":
            raise SimulatorError("only format=geojson is spoken here.")
        end = _moment(params, "endtime", now)
        start = _moment(params, "starttime", end - timedelta(days=30))
        if end - start > LONGEST_QUERY:
            raise SimulatorError(f"at most {LONGEST_QUERY.days} days at once; ask for less.")
        limit, offset = _number(params, "limit", MOST_EVENTS), _number(params, "offset", 1)
        versions = self.current(start, end, now)
        if "updatedafter" in params:
            after = _moment(params, "updatedafter", now)
            versions = [v for v in versions if v.updated > after]
        if params.get("includedeleted", "false") != "true":
            versions = [v for v in versions if v.status != "deleted"]
        if params.get("orderby", "time") == "time-asc":
            versions.reverse()
        page = versions[offset - 1 : offset - 1 + limit]
        if not page:
            return None
        url = f"{base_url}/fdsnws/event/1/query"
        found = collection(page, base_url, url=url, generated=now, title="模拟 Earthquakes")
        found["metadata"] |= {"limit": limit, "offset": offset}  # type: ignore[operator]
        return found


def _moment(params: Mapping[str, str], name: str, default: datetime) -> datetime:
    """FDSN times are ISO 8601, UTC where no zone is given."""
    if name not in params:
        return default
    try:
        moment = datetime.fromisoformat(params[name])
    except ValueError:
        raise SimulatorError(f"{name} is no ISO 8601 time: {params[name]!r}.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(params: Mapping[str, str], name: str, default: int) -> int:
    text = params.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= MOST_EVENTS:
        raise SimulatorError(f"{name} must lie in 1..{MOST_EVENTS}, not {text!r}.")
    return int(text)


def collection(
    versions: list[Version], base_url: str, *, url: str, generated: datetime, title: str
) -> dict[str, object]:
    metadata: dict[str, object] = {
        "generated": epoch_ms(generated),
        "url": url,
        "title": title,
        "status": 200,
        "api": "1.14.1",
        "count": len(versions),
    }
    return {"type": "FeatureCollection", "metadata": metadata, "features": [feature(v, base_url) for v in versions]}


def feature(version: Version, base_url: str) -> dict[str, object]:
    """One event with the properties of the USGS summary format."""
    east, north = version.lon - CENTRE[0], version.lat - CENTRE[1]
    km = round(((east * 90) ** 2 + (north * 111) ** 2) ** 0.5)
    side = ("N" if north >= 0 else "S") + ("E" if east >= 0 else "W")
    place = f"模拟 {km} km {side} of 翼城县"
    mag = version.mag
    properties = {
        "mag": mag,
        "place": place,
        "time": epoch_ms(version.at),
        "updated": epoch_ms(version.updated),
        "tz": None,
        "url": f"{base_url}/quake/event/{version.id}",
        "detail": f"{base_url}/quake/detail/{version.id}.geojson",
        "felt": None,
        "cdi": None,
        "mmi": None,
        "alert": "green" if mag is not None and mag >= 4 else None,
        "status": version.status,
        "tsunami": 0,
        "sig": 0 if mag is None else round(mag * mag * 15),
        "net": version.id[:2],
        "code": version.id[2:],
        "ids": f",{','.join(version.ids)},",
        "sources": f",{','.join(i[:2] for i in version.ids)},",
        "types": ",origin,phase-data,",
        "nst": 12 + int(20 * dice(version.id)),
        "dmin": round(0.05 + dice(version.id, "dmin"), 3),
        "rms": round(0.1 + 0.4 * dice(version.id, "rms"), 2),
        "gap": 40 + int(120 * dice(version.id, "gap")),
        "magType": None if mag is None else "ml",
        "type": version.type,
        "title": f"M {'?' if mag is None else mag} - {place}",
    }
    geometry = {"type": "Point", "coordinates": [version.lon, version.lat, version.depth_km]}
    return {"type": "Feature", "properties": properties, "geometry": geometry, "id": version.id}


def epoch_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
