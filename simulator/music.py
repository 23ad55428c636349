"""CMA MUSIC (天擎): signed GET requests, UTC, every value a text, and refusals told in the body only.

Stations are those of the county and the elements those of formats.md 2.6. Hourly values, and rain of each minute in
``SURF_CHN_PRE_MIN``. What is missing is 999999.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta

from simulator.atmosphere import Air, height_m
from simulator.county import REGION_CODE
from simulator.layout import Site
from simulator.nature import Nature
from simulator.world import BEIJING, dice

NODE = "NMIC_MUSIC_CMADAAS"
MISSING = "999999"
LONGEST = timedelta(days=7)
HOUR = timedelta(hours=1)
RAIN = ("PRE_1h", "PRE_3h", "PRE_6h", "PRE_12h", "PRE_24h")
PLACE = ("Station_Id_C", "Station_Name", "Lat", "Lon", "Alti", "Admin_Code_CHN", "Year", "Mon", "Day", "Hour", "Min")
ELEMENTS: Mapping[str, tuple[str, Callable[[Air], float]]] = {
    "PRS": ("hPa", lambda a: a.pressure_hpa),
    "PRS_Sea": ("hPa", lambda a: a.sea_level_hpa),
    "TEM": ("℃", lambda a: a.temperature_c),
    "DPT": ("℃", lambda a: a.dew_point_c),
    "RHU": ("%", lambda a: a.humidity_pct),
    "VIS": ("m", lambda a: a.visibility_m),
    "WIN_S_Avg_2mi": ("m/s", lambda a: a.wind_m_s),
    "WIN_D_Avg_2mi": ("°", lambda a: a.wind_deg),
    "WIN_S_INST": ("m/s", lambda a: a.gust_m_s),
    "WIN_D_INST": ("°", lambda a: a.wind_deg),
}
DATA_CODES = {"SURF_CHN_MUL_HOR": HOUR, "SURF_CHN_MUL_HOR_N": HOUR, "SURF_CHN_PRE_MIN": timedelta(minutes=5)}

Reply = dict[str, object]


class Refused(Exception):
    """A request that MUSIC refuses: ``code`` goes into the body, whose status stays 200."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Music:
    """The service of one world. ``user`` and ``password`` are what requests must be signed with."""

    def __init__(self, nature: Nature, user: str, password: str) -> None:
        self.nature, self.user, self.password = nature, user, password

    def answer(self, params: Mapping[str, str], now: datetime) -> Reply:
        """The reply to a request; refusals, too, are replies."""
        try:
            self._check(params)
            return self._observations(params, now)
        except Refused as refusal:
            return {"returnCode": refusal.code, "flag": "slb", "returnMessage": str(refusal)}

    def _check(self, params: Mapping[str, str]) -> None:
        """Raises Refused unless user, node and signature are right."""
        if params.get("userId") != self.user or params.get("serviceNodeId") != NODE:
            raise Refused(-1004, "User Not Found")
        signed = {k: v for k, v in params.items() if k != "sign"} | {"pwd": self.password}
        if not hmac.compare_digest(signature(signed), params.get("sign", "")):
            raise Refused(-1004, "Password Error")

    def _observations(self, params: Mapping[str, str], now: datetime) -> Reply:
        step = DATA_CODES.get(params.get("dataCode", ""))
        if step is None:
            raise Refused(-2001, f"dataCode {params.get('dataCode')} is not provided here")
        names = [n for n in params.get("elements", "").split(",") if n]
        known = {*PLACE, *ELEMENTS, *RAIN, "PRE", "Station_Id_d", *(f"Q_{n}" for n in (*ELEMENTS, *RAIN, "PRE"))}
        if not names or (unknown := [n for n in names if n not in known]):
            raise Refused(-2002, f"elements {','.join(unknown) if names else '(none)'} are not provided here")
        rows = [
            {name: self._value(name, station, at) for name in names}
            for at in self._times(params, step, now)
            for station in self._stations(params)
            if now >= at + self._delay(station, at)
        ]
        limit = int(params.get("limitCnt", "0") or 0)
        return self._reply(params, names, rows[:limit] if limit else rows, now)

    def _reply(self, params: Mapping[str, str], names: list[str], rows: list[dict[str, str]], now: datetime) -> Reply:
        asked = {k: v for k, v in sorted(params.items()) if k not in ("sign", "nonce", "timestamp", "userId")}
        moment = f"{now.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        return {
            "returnCode": 0,
            "returnMessage": "Query Succeed 模拟" if rows else "Query Succeed, No Record 模拟",
            "rowCount": str(len(rows)),
            "colCount": str(len(names)),
            "requestParams": "&".join(f"{k}={v}" for k, v in asked.items()),
            "requestTime": moment,
            "responseTime": moment,
            "takeTime": "0.010",
            "fieldNames": " ".join(names),
            "fieldUnits": " ".join(_unit(n) for n in names),
            "DS": rows,
        }

    def _stations(self, params: Mapping[str, str]) -> list[Site]:
        stations = list(self.nature.layout.met_stations)
        if codes := params.get("adminCodes"):
            stations = stations if any(REGION_CODE.startswith(c.rstrip("0")) for c in codes.split(",")) else []
        if ids := params.get("staIds"):
            stations = [s for s in stations if s.code in ids.split(",")]
        return stations

    def _times(self, params: Mapping[str, str], step: timedelta, now: datetime) -> Iterator[datetime]:
        """The observation times asked for, oldest first, none of the future."""
        if times := params.get("times"):
            yield from (
                t for t in map(_utc, times.split(",")) if t <= now and t.timestamp() % step.total_seconds() == 0
            )
            return
        found = re.fullmatch(r"([\[(])(\d{14}),(\d{14})([\])])", params.get("timeRange", ""))
        if found is None:
            raise Refused(-2003, "times or timeRange=[YYYYMMDDHHMMSS,YYYYMMDDHHMMSS) is needed, in UTC")
        begin, end = _utc(found[2]), _utc(found[3])
        if end - begin > LONGEST:
            raise Refused(-2004, f"at most {LONGEST.days} days at once")
        seconds = step.total_seconds()
        at = datetime.fromtimestamp(-(-begin.timestamp() // seconds) * seconds, UTC)
        while at <= min(end, now):
            if (at > begin or found[1] == "[") and (at < end or found[4] == "]"):
                yield at
            at += step

    def _delay(self, station: Site, at: datetime) -> timedelta:
        """Observations come after some minutes; regional stations now and then after an hour."""
        draw = dice(self.nature.world.seed, "met", station.code, int(at.timestamp()))
        late = draw < 0.02 and station is not self.nature.layout.met_stations[0]
        return timedelta(minutes=70 if late else 1 + 4 * draw)

    def _value(self, name: str, station: Site, at: datetime) -> str:
        utc = at.astimezone(UTC)
        place = {
            "Station_Id_C": station.code,
            "Station_Id_d": str(900_000 + int(station.code[2:])),
            "Station_Name": station.name,
            "Lat": f"{station.lat:.4f}",
            "Lon": f"{station.lon:.4f}",
            "Alti": f"{height_m(station.lon, station.lat):.1f}",
            "Admin_Code_CHN": REGION_CODE,
            **{"Year": f"{utc.year}", "Mon": f"{utc.month}", "Day": f"{utc.day}"},
            **{"Hour": f"{utc.hour}", "Min": f"{utc.minute}"},
        }
        if name in place:
            return place[name]
        if name.startswith("Q_"):
            return "8" if self._is_missing(name[2:], station, at) else "0"
        return MISSING if self._is_missing(name, station, at) else self._measured(name, station, at)

    def _measured(self, name: str, station: Site, at: datetime) -> str:
        local, weather = at.astimezone(BEIJING), self.nature.weather
        if name == "PRE":
            return f"{weather.rain_mm(station.lon, station.lat, local, 5):.1f}"
        if name in RAIN:
            hours = int(name[4:-1])
            return f"{weather.rain_mm(station.lon, station.lat, local, 60 * hours):.1f}"
        return f"{ELEMENTS[name][1](self.nature.atmosphere.air(station.lon, station.lat, local)):.1f}"

    def _is_missing(self, name: str, station: Site, at: datetime) -> bool:
        """Regional stations have no barometer and no visibility sensor; any value may fail once in a while."""
        is_national = station is self.nature.layout.met_stations[0]
        if not is_national and name in ("PRS", "PRS_Sea", "VIS"):
            return True
        return dice(self.nature.world.seed, "missing", station.code, name, int(at.timestamp())) < 0.003


def signature(params: Mapping[str, str]) -> str:
    """MD5, upper-case, over ``k=v`` joined by ``&`` in the order of the keys, the password among them."""
    text = "&".join(f"{key}={params[key]}" for key in sorted(params))
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()


def _utc(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        raise Refused(-2003, f"{text!r} is no time; write YYYYMMDDHHMMSS, in UTC") from None


def _unit(name: str) -> str:
    if name in ELEMENTS:
        return ELEMENTS[name][0]
    return "mm" if name in (*RAIN, "PRE") else "-"
