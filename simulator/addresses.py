"""Where everything is to be found, under the names of the variables that the product's contracts use."""

from __future__ import annotations

from urllib.parse import quote

from simulator.app import Places
from simulator.broker import binary
from simulator.county import REGION_CODE
from simulator.gates import Gates
from simulator.music import ELEMENTS

MUSIC_ELEMENTS = (
    *("Station_Id_C", "Station_Name", "Lat", "Lon", "Alti", "Admin_Code_CHN", "Year", "Mon", "Day", "Hour"),
    *(*ELEMENTS, "PRE_1h", "PRE_24h"),
)


def contract_variables(places: Places, gates: Gates, url: str) -> dict[str, str]:
    """Variable -> address. Some carry a password: keep them where only the user can read them."""
    found = {
        "CAP_FEED_URL": f"{url}/cap/feed.xml",
        "QUAKE_FEED_URL": f"{url}/quake/summary/all_day.geojson",
        "MINE_INBOX": str(places.mine_inbox),
        "REGISTER_INBOX": str(places.register_inbox),
        "MINE_EQUIPMENT_INBOX": str(places.folder("mine_equipment")),
        "MINE_PERSONNEL_INBOX": gates.url("sftp"),
        "MINE_WATER_INBOX": gates.url("ftp"),
        "WARNING_12379_INBOX": str(places.folder("warning_12379")),
        "CMA_MUSIC_URL": music_url(url),
        "CMA_MUSIC_USER": gates.login.user,
        "CMA_MUSIC_PASSWORD": gates.login.password,
        "TAILINGS_URL": f"{url}/monitor/tailings_pond",
        "LIFELINE_URL": f"{url}/monitor",
        "UPLOAD_INBOX": str(places.folder("upload")),
        "GEOHAZARD_SITE_INBOX": str(places.folder("geohazard_site")),
    }
    if binary() is not None:
        found["GEO_IOT_BROKER_URL"] = gates.url("mqtt")
    if places.exchange_url:
        found["EXCHANGE_DATABASE_URL"] = places.exchange_url
    return found


def music_url(url: str) -> str:
    """A request for the county's hourly values with ``{start}`` and ``{end}`` left open, and unsigned."""
    params = {
        "method": "callAPI_to_serializedStr",
        "interfaceId": "getSurfEleInRegionByTimeRange",
        "dataCode": "SURF_CHN_MUL_HOR",
        "elements": ",".join(MUSIC_ELEMENTS),
        "adminCodes": REGION_CODE,
        "timeRange": "[{start},{end})",
        "dataFormat": "json",
        "language": "Python",
        "clientversion": "V2.0.0",
    }
    query = "&".join(f"{key}={quote(value, safe='{},[]()')}" for key, value in params.items())
    return f"{url}/music-ws/api?{query}"
