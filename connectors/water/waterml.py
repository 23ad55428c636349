"""WaterML -> ``observation`` and ``station``: 1.0 and 1.1 (CUAHSI WaterOneFlow, USGS), 2.0 (OGC, from an SOS).

Elements are found by their local names: senders choose prefixes as they like, wrap the reply in SOAP or put it as
escaped text inside a GetValuesResult.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

import pyarrow as pa

from connectors.clock import zone_named
from connectors.model import About, Parsed, Payload
from connectors.refusal import RefusedError
from connectors.water import waterml1, waterml2
from connectors.water.gathering import TABLES, Gathered, refusal
from connectors.xml import XmlError, local_name, namespace, parse_xml, text_of

_WRAPPERS = {
    "Envelope",
    "Body",
    "GetValuesResponse",
    "GetValuesObjectResponse",
    "TimeSeriesResponse",
    "GetValuesResult",
}
_WRAPPERS |= {
    "GetSitesResponse",
    "GetSitesResult",
    "GetSitesObjectResponse",
    "GetSiteInfoResponse",
    "GetSiteInfoResult",
}
_OGC = "http://www.opengis.net/"


class WaterMlParser:
    """Options: ``zone`` of times that say none (default UTC)."""

    format = "waterml"
    tables: Mapping[str, pa.Schema] = TABLES

    def parse(self, payload: Payload, options: Mapping[str, Any]) -> Parsed:
        zone = zone_named(options.get("zone", "UTC"))
        out = Gathered(self.format)
        try:
            document = parse_xml(payload.body)
            if document.guessed_encoding:
                out.tell("(encoding)", document.guessed_encoding)
            root = _unwrapped(document.root)
            name = local_name(root)
            if name == "timeSeriesResponse":
                waterml1.read_values(root, out, zone)
            elif name == "sitesResponse":
                waterml1.read_sites(root, out)
            elif _is_version_2(root):
                waterml2.read(root, out, zone)
            else:
                raise RefusedError("waterml.root", f"<{name[:40]}> is no reply of WaterML with values or sites")
        except XmlError as error:
            return refusal(RefusedError(f"waterml.{error.rule}", error.reason))
        except RefusedError as error:
            return refusal(error)
        return out.parsed()


def _is_version_2(root: Element) -> bool:
    is_reply = local_name(root) in {"GetObservationResponse", "Collection", "OM_Observation", "MeasurementTimeseries"}
    return is_reply and namespace(root).startswith(_OGC)


def _unwrapped(root: Element) -> Element:
    """The reply inside its SOAP envelope; a reply that travels as text inside the result is read once more."""
    while local_name(root) in _WRAPPERS:
        children = [child for child in root if local_name(child) != "Header"]
        if not children and text_of(root).startswith("<"):
            root = parse_xml(text_of(root).encode()).root
        elif len(children) == 1:
            root = children[0]
        else:
            break
    if local_name(root) == "Fault":
        raise RefusedError("waterml.fault", f"the service answered with an error: {text_of(root)[:200]}")
    return root


PARSER = WaterMlParser()

ABOUT = About(
    title="水文标记语言 WaterML 1.0 / 1.1 / 2.0",
    reads="timeSeriesResponse and sitesResponse of CUAHSI WaterOneFlow and the USGS (1.0, 1.1, with or without SOAP), "
    "and MeasurementTimeseries in a GetObservationResponse or Collection (2.0).",
    quirks=(
        "The instant is dateTimeUTC, else dateTime with timeOffset, else dateTime in the standard time of the site.",
        "noDataValue of the series, the usual marks and nil values are missing and counted, never rows.",
        "Several methods (or quality-control levels, or depths) of one parameter: see nwis; elsewhere than at the USGS "
        "the lowest id keeps the bare variable and the others end in '#' and theirs.",
        "USGS parameters are named as in nwis; other vocabularies keep their own names, known words become ours.",
        "A reply without series is an empty reply; a SOAP fault is a reject.",
    ),
    limits=(
        "Categorical time series of WaterML 2.0 and rating tables are not read.",
        "variablesResponse and the series catalogue of a site are not read.",
    ),
    verified=("recorded replies of USGS iv and dv, of a CUAHSI service and of a 52North SOS",),
)
