"""WaterML 1.0 and 1.1: the elements of a timeSeriesResponse -> time series."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any
from xml.etree.ElementTree import Element

from connectors.numbers import NumberError, to_number
from connectors.refusal import RefusedError
from connectors.water.gathering import Gathered
from connectors.water.series import Block, Point, Series, Site, gather
from connectors.water.usgs_parameters import zone_of
from connectors.xml import local_name, text_of

_ATTRIBUTES = frozenset(
    {"dateTime", "dateTimeUTC", "timeOffset", "qualifiers", "censorCode", "methodID", "methodCode", "sourceID"}
    | {"sourceCode", "qualityControlLevelCode", "qualityControlLevelID", "qualityControlLevel", "sampleID"}
    | {"labSampleCode", "sampleCode", "offsetValue", "offsetTypeID", "offsetTypeCode", "offsetUnitsAbbreviation"}
    | {"offsetUnitsCode", "offsetDescription", "accuracyStdDev", "oid", "metadataDateTime", "metadataTime"}
    | {"codedVocabulary", "codedVocabularyTerm"}
)
_IN_COLUMNS = {"dateTime", "dateTimeUTC", "timeOffset", "qualifiers"}
# What tells values of one series and one time apart: by whom or how, how far checked, how deep.
_APART = ("methodID", "methodCode", "qualityControlLevelCode", "qualityControlLevelID", "qualityControlLevel")


def read_values(root: Element, out: Gathered, zone: tzinfo) -> None:
    for number, element in enumerate(_children(root, "timeSeries"), 1):
        where = f"timeSeries[{number}]"
        try:
            series = _series(element, out)
        except RefusedError as error:
            out.refused(where, error, {"name": element.get("name")})
            continue
        gather(series, where, out, zone, "usgs_waterml" if series.is_usgs else "waterml1")


def read_sites(root: Element, out: Gathered) -> None:
    for number, element in enumerate(_children(root, "site"), 1):
        info = _child(element, "siteInfo")
        try:
            if info is None:
                raise RefusedError("waterml.site.shape", "the site has no siteInfo")
            site = _site(info)
        except RefusedError as error:
            out.refused(f"site[{number}]", error, {"site": text_of(element)[:200]}, "station")
            continue
        row = {"station_code": site.code, "station_name": site.name, "station_type": site.kind}
        place = {"longitude": site.longitude, "latitude": site.latitude, "authority": site.agency}
        out.station(f"site[{number}]", {**row, **place, "extra": site.extra})


def _series(element: Element, out: Gathered) -> Series:
    info, variable = _child(element, "sourceInfo"), _child(element, "variable")
    if info is None or variable is None:
        raise RefusedError("waterml.series.shape", "the time series lacks sourceInfo or variable")
    code = _child(variable, "variableCode")
    if code is None or not text_of(code):
        raise RefusedError("waterml.series.parameter", "the time series has no variable code")
    is_usgs = "NWIS" in {_attribute(code, "network"), _attribute(code, "vocabulary").partition(":")[0]}
    values = _children(element, "values")
    return Series(
        site=_site(info),
        code=text_of(code),
        name=_text(variable, "variableName") or text_of(code),
        unit=_unit(variable, values, is_usgs),
        is_usgs=is_usgs,
        statistic=_statistic(variable) if is_usgs else _text(variable, "dataType"),
        medium=_text(variable, "sampleMedium"),
        no_data=_number(_text(variable, "noDataValue") or _text(variable, "NoDataValue")),
        blocks=[block for block_of in values for block in _blocks(block_of, out, is_usgs)],
    )


def _statistic(variable: Element) -> str:
    options = _child(variable, "options")
    for option in _children(options, "option") if options is not None else []:
        if _attribute(option, "name") in {"", "Statistic"}:
            return _attribute(option, "optionCode") or text_of(option)
    return ""


def _unit(variable: Element, values: list[Element], is_usgs: bool) -> str | None:
    """The abbreviation; USGS writes it into unitCode, CUAHSI has numbers there; 1.0 has attributes instead."""
    unit = _child(variable, "unit")
    if unit is not None:
        names = ("unitCode", "unitAbbreviation", "unitName") if is_usgs else ("unitAbbreviation", "unitName")
        return next((found for name in names if (found := _text(unit, name))), None)
    old = _child(variable, "units")
    places = [element for element in (old, *values) if element is not None]
    found = next((text for place in places if (text := _attribute(place, "unitsAbbreviation"))), "")
    return found or (text_of(old) if old is not None else None) or None


def _blocks(values: Element, out: Gathered, is_usgs: bool) -> list[Block]:
    """USGS: one block per method. CUAHSI: the method is told at each value, so a block per method, level and depth."""
    methods = {_attribute(m, "methodID") or _text(m, "methodCode"): m for m in _children(values, "method")}
    points = _children(values, "value")
    if is_usgs:
        method_id, method = next(iter(methods.items()), ("", None))
        described = " ".join(_text(method, "methodDescription").split()) if method is not None else ""
        return [Block(method_id, described, [_point(value, out) for value in points])]
    blocks: dict[str, Block] = {}
    for value in points:
        said = {name: _attribute(value, name) for name in (*_APART, "offsetValue")}
        apart = "-".join(text for text in said.values() if text)
        method = methods.get(said["methodID"] or said["methodCode"])
        described = (
            _text(method, "methodDescription") or _text(method, "MethodDescription") if method is not None else ""
        )
        blocks.setdefault(apart, Block(apart, described, [])).points.append(_point(value, out))
    return list(blocks.values())


def _point(value: Element, out: Gathered) -> Point:
    said = {name.rpartition("}")[2]: text for name, text in value.attrib.items()}
    for name in said.keys() - _ATTRIBUTES:
        if name != "nil":
            out.tell(name, said[name])
    extra: dict[str, Any] = {name: text for name, text in said.items() if name not in _IN_COLUMNS and name != "nil"}
    if said.get("qualifiers"):
        extra["qualifiers"] = said["qualifiers"].split()
    if extra.get("censorCode") == "nc":  # not censored
        del extra["censorCode"]
    raw = None if said.get("nil") == "true" else (value.text or "").strip()
    return Point(raw, said.get("dateTime"), said.get("dateTimeUTC"), said.get("timeOffset"), extra)


def _site(info: Element) -> Site:
    code = _child(info, "siteCode")
    if code is None or not text_of(code):
        raise RefusedError("waterml.series.site", "the site has no code")
    properties = _properties(info)
    zones = _child(info, "timeZoneInfo")
    zone = _child(zones, "defaultTimeZone") if zones is not None else None
    abbreviation = (
        _attribute(zone, "zoneAbbreviation") or _attribute(zone, "ZoneAbbreviation") if zone is not None else ""
    )
    return Site(
        code=text_of(code),
        agency=_attribute(code, "agencyCode") or _attribute(code, "network") or None,
        name=_text(info, "siteName") or None,
        kind=properties.pop("siteTypeCd", None) or _text(info, "siteType") or None,
        longitude=_number(_deep(info, "longitude")),
        latitude=_number(_deep(info, "latitude")),
        zone=zone_of(abbreviation) if abbreviation else None,
        extra=properties,
    )


def _properties(info: Element) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for element in info:
        name = local_name(element)
        if name in {"siteProperty", "note"}:
            key = _attribute(element, "name") or _attribute(element, "title") or name
            found[key] = text_of(element)
        elif name in {"elevation_m", "verticalDatum"}:
            found[name] = text_of(element)
    return {name: text for name, text in found.items() if text}


def _children(element: Element, name: str) -> list[Element]:
    return [child for child in element if local_name(child) == name]


def _child(element: Element, name: str) -> Element | None:
    return next((child for child in element if local_name(child) == name), None)


def _text(element: Element, name: str) -> str:
    child = _child(element, name)
    return text_of(child) if child is not None else ""


def _deep(element: Element, name: str) -> str:
    return next((text_of(found) for found in element.iter() if local_name(found) == name), "")


def _attribute(element: Element, name: str) -> str:
    """Of that local name: some senders put their own prefix before it."""
    attributes: Mapping[str, str] = element.attrib
    return next((text.strip() for key, text in attributes.items() if key.rpartition("}")[2] == name), "")


def _number(text: str) -> float | None:
    try:
        return to_number(text) if text else None
    except NumberError:
        return None
