"""Expected of ../shared/data/recorded/geology."""

from __future__ import annotations

from tests.recorded.expected import Expected

RECORDED: dict[str, Expected] = {
    "geology/usgs_all_week_20180207.geojson": Expected(
        "1,707 events as the metadata's count says, explosions and quarry blasts among them",
        {"earthquake": 1707},
        format="quake",
    ),
    "geology/quakeml_usgs_event.xml": Expected(
        "a quarry blast and a quarry; the revision clock of the event is later than its origin's",
        {"earthquake": 2},
        format="quakeml",
    ),
    "geology/quakeml_iris_events.xml": Expected(
        "no revision clock, no mode; attributes of IRIS on the origins, which are kept",
        {"earthquake": 2},
        drift={
            "earthquake.origin.contributor": 2,
            "earthquake.origin.catalog": 2,
            "earthquake.origin.contributorOriginId": 1,
            "earthquake.origin.contributorEventId": 1,
        },
        format="quakeml",
    ),
    "geology/quakeml_bingham_2013.xml": Expected(
        "11 events of a mine, 5 of them with two magnitudes; picks and arrivals are known and not landed",
        {"earthquake": 11},
        format="quakeml",
    ),
    "geology/quakeml_invalid_id.xml": Expected(
        "a library's negative test: its resource identifiers hold characters that none may have",
        rejects=("quakeml.publicID",),
        format="quakeml",
    ),
    "geology/fdsn_event_text.txt": Expected(
        "two events, the second with most cells empty", {"earthquake": 2}, format="fdsn_text"
    ),
    "geology/gcmt_multiple_events.ndk": Expected(
        "moment tensors in fixed columns (NDK), which no format here reads",
        rejects=("fdsn_text.header",),
        format="fdsn_text",
    ),
    "geology/gcmt_faulty_multiple_events.ndk": Expected(
        "the same, spoilt by the library's authors", rejects=("fdsn_text.header",), format="fdsn_text"
    ),
    "geology/gse2_bulletin_2_events.txt": Expected(
        "a bulletin in fixed columns (GSE 2.0), which no format here reads",
        rejects=("fdsn_text.header",),
        format="fdsn_text",
    ),
    "geology/gnss_CNPK.tenv3.txt": Expected(
        "5,780 days, three components each", {"observation": 17340, "station": 1}, format="gnss_tenv3"
    ),
    "geology/gnss_DVLT.tenv3.txt": Expected("2,121 days", {"observation": 6363, "station": 1}, format="gnss_tenv3"),
    "geology/gnss_PUHI.tenv3.txt": Expected("2,408 days", {"observation": 7224, "station": 1}, format="gnss_tenv3"),
    "geology/gnss_PUHR.tenv3.txt": Expected("386 days", {"observation": 1158, "station": 1}, format="gnss_tenv3"),
    "geology/nasa_glc_1988-2013.csv": Expected(
        "a record per row; dates month first; one row whose columns slipped still lands",
        {"landslide": 6219},
        format="landslide_csv",
    ),
}
