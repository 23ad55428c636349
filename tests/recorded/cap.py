"""Expected of ../shared/data/recorded/cap."""

from __future__ import annotations

from tests.recorded.expected import Expected


def message(infos: int, areas: int, listings: int = 0) -> dict[str, int]:
    counts = {"warning": 1, "warning_info": infos, "warning_area": areas, "warning_listing": listings}
    return {name: count for name, count in counts.items() if count}


NOT_XML = ("xml.not_xml",)
RECORDED: dict[str, Expected] = {
    # Alerts that follow CAP.
    "cap/NOAA_MultiplePolygons.txt": Expected(
        "one area with two polygons; an Update with eight references", message(1, 1)
    ),
    "cap/australia.cap": Expected("every element prefixed; two infos, one circle each", message(2, 2)),
    "cap/australia_bom.cap": Expected("geocodes of a private list only; no geometry, no known colour", message(1, 1)),
    "cap/canada.cap": Expected("two languages, two areas each; many empty optional elements", message(2, 4)),
    "cap/earthquake-iso8859-1.cap": Expected(
        "declared and written in ISO-8859-1; circle of radius 0; signed", message(1, 1)
    ),
    "cap/earthquake.cap": Expected("CAP 1.1", message(1, 1)),
    "cap/tmp0000.cap": Expected("CAP 1.1, the key of earthquake.cap again", message(1, 1)),
    "cap/no_optional_fields.cap": Expected(
        "the key of earthquake.cap again, cut down: no info is allowed", message(0, 0)
    ),
    "cap/no_info_tag.cap": Expected("a Cancel needs no info; the XML signature is allowed by CAP", message(0, 0)),
    "cap/gdacs-cap_1001150.xml": Expected(
        "two polygons up to the antimeridian; alert level Green is no colour", message(1, 2)
    ),
    "cap/iceland_met_office.cap": Expected("two languages; parameter Color: Yellow; a resource", message(2, 2)),
    "cap/ie-2.49.0.1.372.0.250413231648.N_Norm002_SmallCraft.xml": Expected("EMMA_ID geocodes only", message(1, 1)),
    "cap/kz-2.49.0.0.398.0-20250306-133701-0284797-00-EN.xml": Expected(
        "onset later than sent; offsets -00:00", message(1, 1)
    ),
    "cap/ph.cap": Expected("status Test: a record all the same; signed", message(1, 1)),
    "cap/weather.cap": Expected(
        "CAP 1.1; empty polygon, so the geocodes count; comments before the root", message(1, 1)
    ),
    "cap/taiwan.cap": Expected(
        "byte order mark; alert_color is a colour the contract does not list, so the severity decides",
        message(1, 1),
        drift={"warning_info.colour.parameter_not_listed": 1},
    ),
    # Alerts that break the schema without harm: people need the warning.
    "cap/sweden.cap": Expected(
        "senderName after headline; <Type> and a home-made <Polygon> in both areas are unknown to CAP",
        message(1, 2),
        drift={"warning_info.order": 1, "warning_area.Type": 2, "warning_area.Polygon": 2},
    ),
    "cap/alertswiss-POA-1222963954-5.xml": Expected(
        "made from JSON by a third party: other order, no category, no certainty, two instructions",
        message(1, 1),
        drift={
            "warning.order": 1,
            "warning_info.order": 1,
            "warning_info.category.missing": 1,
            "warning_info.certainty.missing": 1,
            "warning_info.instruction.repeated": 1,
        },
    ),
    "cap/noaa-2.49.0.1.840.0.bde6c30c43ead9c23c42bea7977652a7de76d87d.002.1.xml": Expected(
        "18 polygons that a third party put after the geocodes", message(1, 1), drift={"warning_area.order": 1}
    ),
    # Indexes.
    "cap/earthquake_index.atom": Expected("lists one CAP document beside a web page", {"warning_listing": 1}),
    "cap/us_nws_weather.atom": Expected("flat cap:* elements are listings, not messages", {"warning_listing": 2}),
    "cap/nws_atom_feed_20180815.xml": Expected("163 entries with flat cap:* elements", {"warning_listing": 163}),
    "cap/amber.atom": Expected("the entry has no link but carries the alert", message(1, 1, 1)),
    "cap/weather.atom": Expected("lines end in CR only; the entry carries an alert", message(1, 1, 1)),
    # Alerts that cannot be used, or not whole.
    "cap/invalid.cap": Expected("scope is missing: who may see it is not known", rejects=("cap.scope.missing",)),
    "cap/invalid_xmlns.cap": Expected("the namespace is no version of CAP", rejects=("cap.namespace.unknown",)),
    "cap/canada_errors.cap": Expected(
        "an Update that names no message: the warning lands, its broken chain is a reject",
        message(1, 1),
        rejects=("cap.references.missing",),
    ),
    "cap/weather_invalid.atom": Expected(
        "the embedded alert's identifier 'INVALID,' has a comma, no reference could name it; its entry is listed",
        {"warning_listing": 1},
        rejects=("cap.identifier.characters",),
    ),
    # Warnings in other formats.
    "cap/alertswiss-POA-1222963954-5.json": Expected("the source's own JSON", rejects=NOT_XML),
    "cap/alertswiss-TEST-1163.json": Expected("the source's own JSON", rejects=NOT_XML),
    "cap/cn-qweather-warning-now-en.json": Expected(
        "QWeather v7, one warning; the place is in its link", message(1, 1), format="qweather"
    ),
    "cap/cn-qweather-warning-now-zh.json": Expected(
        "QWeather v7, one warning; the place is in its link", message(1, 1), format="qweather"
    ),
    "cap/nws_api_alerts_active_zone.json": Expected(
        "GeoJSON: an Update for zones, without geometry, with four references", message(1, 1), format="nws"
    ),
}
