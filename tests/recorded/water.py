"""Expected of ../shared/data/recorded/water."""

from __future__ import annotations

from tests.recorded.expected import Expected

RECORDED: dict[str, Expected] = {
    "water/usgs_nwis_iv_01491000_01645000.json": Expected(
        "four series of five values at two sites", {"observation": 20, "station": 2}, format="nwis"
    ),
    "water/usgs_nwis_iv_mock.json": Expected(
        "two series of one value, without units or names", {"observation": 2, "station": 2}, format="nwis"
    ),
    "water/usgs_nwis_iv_empty.json": Expected("a reply without series says that there are none", format="nwis"),
    "water/usgs_nwis_sites.rdb": Expected("206 rows of sites", {"station": 206}, format="rdb"),
    "water/usgs_nwis_peaks.rdb": Expected(
        "20 peaks, all with a discharge, one without a stage",
        {"observation": 39},
        drift={"observation.(missing)": 1},
        format="rdb",
    ),
    "water/usgs_waterml11_RI_instantaneous.xml": Expected(
        "116 values at 41 sites, two of them -999999 (Eqp); one site has gusts beside the wind",
        {"observation": 114, "station": 41},
        drift={"observation.(missing)": 2},
        format="waterml",
    ),
    "water/usgs_waterml11_site_07335390_instantaneous.xml": Expected(
        "2,899 levels of a reservoir", {"observation": 2899, "station": 1}, format="waterml"
    ),
    "water/usgs_waterml11_sites_county_51059_51061_daily.xml": Expected(
        "163 series of one day's statistic at 23 sites", {"observation": 163, "station": 23}, format="waterml"
    ),
    "water/usgs_waterml11_site_98068500_daily.xml": Expected("a site that does not exist: no series", format="waterml"),
    "water/usgs_waterml11_site_08054500_multiple_methods.xml": Expected(
        "two methods with 288 values each, 248 of one are -999999",
        {"observation": 328, "station": 1},
        drift={"observation.(missing)": 248},
        format="waterml",
    ),
    "water/cuahsi_wof11_ipswich_values.xml": Expected(
        "112 temperatures of one site", {"observation": 112, "station": 1}, format="waterml"
    ),
    "water/waterml2_sos_52n.xml": Expected("six air temperatures", {"observation": 6}, format="waterml"),
    "water/uk_ea_stations_2017.json": Expected(
        "1,842 addresses, two of them share a reference; three are two records merged into one",
        {"station": 1842},
        drift={
            "station.(merged) gridReference": 1,
            "station.(merged) long": 2,
            "station.(merged) easting": 2,
            "station.(merged) RLOIid": 3,
            "station.(merged) lat": 2,
            "station.(merged) status": 1,
            "station.(merged) northing": 2,
            "station.(merged) dateOpened": 3,
            "station.(merged) catchmentName": 1,
            "station.(merged) wiskiID": 1,
            "station.(merged) label": 2,
            "station.(merged) riverName": 1,
        },
        format="uk_ea",
    ),
    "water/uk_ea_latest_levels_20170303.json": Expected(
        "2,609 measures, 148 without a reading, three of those with one in a unit that the agency does not know",
        {"observation": 2461},
        drift={"observation.(no latest reading)": 148, "observation.(parameter)": 3},
        format="uk_ea",
    ),
    "water/sensorthings_bgs_observations.json": Expected(
        "108 observations in four replies, four ids come again; only one reply says of which datastream it is",
        {"observation": 104},
        drift={"observation.(datastream unknown)": 105, "observation.(duplicate key)": 4},
        format="sensorthings",
    ),
    # Tables and JSON read by mapping profiles
    "water/cn_yellow_river_daily_2007.csv": Expected(
        "364 days of 53 lines, 23,701 of their 57,876 cells are -; reservoirs have up to three lines",
        {"station": 47, "observation": 34175},
        drift={"observation.(missing)": 23701},
        format="mapped",
    ),
    "water/cn_yellow_river_daily_2012.csv": Expected(
        "366 days of 53 lines, 23,724 of their 58,194 cells are -",
        {"station": 47, "observation": 34470},
        drift={"observation.(missing)": 23724},
        format="mapped",
    ),
    "water/licence-unclear/cn_yellow_river_reservoirs_20240620.json": Expected(
        "13 reservoirs of four quantities", {"station": 13, "observation": 52}, format="mapped"
    ),
    "water/usgs_samples_results.csv": Expected(
        "67 results, four without a number; each discharge in cubic feet and in cubic metres",
        {"station": 1, "observation": 60},
        drift={
            "observation.(duplicate key)": 3,
            "observation.(missing)": 4,
            "observation.Calcium, wet atmospheric deposition, unfiltered, recoverable": 1,
            "observation.Dissolved oxygen (DO) saturation, water, unfiltered": 3,
            "observation.Escherichia coli (most probable number), water, defined substrate test method (DSTM)": 3,
            "observation.Hydrogen ion, water, unfiltered, calculated": 3,
            "observation.Nitrate as nitrate, water, filtered": 1,
            "observation.Nitrate as nitrogen, water, filtered": 1,
            "observation.Nitrate plus nitrite as nitrogen, water, filtered": 3,
            "observation.Nitrite as nitrite, water, filtered": 1,
            "observation.Nitrite as nitrogen, water, filtered": 3,
            "observation.Orthophosphate as orthophosphate, water, filtered": 1,
            "observation.Orthophosphate as phosphorus, water, filtered": 3,
            "observation.Suspended sediment flux": 3,
            "observation.Total ammonia (NH4+ and NH3) as nitrogen, water, filtered": 1,
            "observation.Total nitrogen (nitrate + nitrite + total ammonia + organic nitrogen) as nitrogen, water, "
            "unfiltered": 3,
        },
        format="mapped",
    ),
    "water/wqp_results.csv": Expected("five conductances", {"observation": 5}, format="mapped"),
    "water/cdec_all_stations.csv": Expected(
        "2,084 lines: 69 with a comma inside a number, 30 with an apostrophe inside a name",
        {"station": 1985},
        rejects=("mapped.csv",) * 30 + ("mapped.row.cells",) * 69,
        format="mapped",
    ),
    "water/goes_dcp_C514D73A.json": Expected(
        "12 messages of one platform, kept as text", {"platform_message": 12}, format="mapped"
    ),
    "water/twc_kbdi_20161010.csv": Expected("254 counties of four figures", {"observation": 1016}, format="mapped"),
}
