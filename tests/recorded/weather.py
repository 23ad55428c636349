"""Expected of ../shared/data/recorded/weather."""

from __future__ import annotations

from tests.recorded.expected import Expected

RECORDED: dict[str, Expected] = {
    # api.weather.gov
    "weather/nws_api_stations_observations.json": Expected(
        "16 quantities of which 6 are null, and the weather in words",
        {"observation": 11, "station": 1},
        drift={"observation.(missing)": 6},
        format="nws",
    ),
    "weather/nws_api_stations_observations_multiple.json": Expected(
        "the same station and time twice: first all null, then the values; the words come twice",
        {"observation": 11, "station": 1},
        drift={"observation.(missing)": 22, "observation.(duplicate key)": 1},
        format="nws",
    ),
    "weather/nws_api_stations_observations_missing_value.json": Expected(
        "an observation of which only the address is left: the station's place stands",
        {"station": 1},
        rejects=("nws.observation.values",),
        format="nws",
    ),
    "weather/nws_api_stations_observations_noprop.json": Expected("no features, so no records", format="nws"),
    "weather/nws_api_gridpoints_forecast_us.json": Expected(
        "two periods of seven members each; one probability is null",
        {"forecast": 13},
        drift={"forecast.(missing)": 1},
        format="nws",
    ),
    # QWeather, the published examples
    "weather/qweather-WeatherNowV7-zh.json": Expected(
        "ten numbers and the weather in words", {"observation": 11}, format="qweather"
    ),
    "weather/qweather-GridWeatherNow-zh.json": Expected(
        "eight numbers and words; nothing says where, so the file's name stands for the place",
        {"observation": 9},
        drift={"observation.(place from file name)": 1},
        format="qweather",
    ),
    "weather/qweather-AirNowV7-zh.json": Expected(
        "seven numbers of the place and of each of four stations", {"observation": 35, "station": 4}, format="qweather"
    ),
    "weather/qweather-WeatherHourlyV7-zh.json": Expected(
        "24 hours of nine numbers and words", {"forecast": 240}, format="qweather"
    ),
    "weather/qweather-WeatherDailyV7-zh.json": Expected(
        "three days of twelve numbers and two words; sun and moon are left out", {"forecast": 42}, format="qweather"
    ),
    "weather/qweather-StormList-zh.json": Expected(
        "a list of cyclones", rejects=("qweather.kind.unsupported",), format="qweather"
    ),
    "weather/qweather-WeatherIndices-zh.json": Expected(
        "indices of living", rejects=("qweather.kind.unsupported",), format="qweather"
    ),
    # Open-Meteo: 15 hourly series and one daily of 12 models
    "weather/open-meteo_multimodel_20251124T0829Z.json": Expected(
        "168 x 180 + 7 x 12 values, of which 13,595 are null",
        {"forecast": 16729},
        drift={"forecast.(missing)": 13595},
        format="open_meteo",
    ),
    "weather/open-meteo_multimodel_20251124T1132Z.json": Expected(
        "the same three hours later: 13,582 are null",
        {"forecast": 16742},
        drift={"forecast.(missing)": 13582},
        format="open_meteo",
    ),
    # Aviation and synoptic reports
    "weather/metars.cache.20140926.csv": Expected(
        "4,336 decoded reports; 47 stations have no position",
        {"observation": 31815, "station": 4289},
        drift={"observation.(missing)": 1056, "station.(missing)": 94},
        format="metar",
    ),
    "weather/synop_A_SMRO01YRBK211200_C_EDZW_20220321.txt": Expected(
        "23 reports over several lines, blank lines between", {"observation": 257}, format="synop"
    ),
    "weather/synop_gts_WX.00.txt": Expected(
        "68 reports of two bulletins, two of them nil, one with its number twice",
        {"observation": 899},
        drift={
            "observation.(nil report)": 2,
            "observation.(missing)": 5,
            "observation.(repeated group)": 1,
        },
        format="synop",
    ),
    # Tables and JSON read by mapping profiles
    "weather/wis2box_malawi_WIGOS_0-454-2-AWSNAMITAMBO_2021-07-07.csv": Expected(
        "16 rows of 19 quantities, six of them NAN",
        {"station": 1, "observation": 298},
        drift={"observation.(missing)": 6},
        format="mapped",
    ),
    "weather/wis2box_malawi_WIGOS_0-454-2-AWSBALAKA_2021-11-18T0955.csv": Expected(
        "one row of 19 quantities", {"station": 1, "observation": 19}, format="mapped"
    ),
    "weather/wis2box_romania_aws_example.csv": Expected(
        "three rows of 24 quantities", {"station": 1, "observation": 72}, format="mapped"
    ),
    "weather/ndbc_latest_obs_20180730.txt": Expected(
        "840 stations of 14 quantities, 6,790 of them MM",
        {"station": 840, "observation": 4970},
        drift={"observation.(missing)": 6790},
        format="mapped",
    ),
    "weather/ndbc_BDVF1_rain.txt": Expected(
        "1,038 hours; the station is the file's name", {"observation": 1038}, format="mapped"
    ),
    "weather/ndbc_45027_srad.txt": Expected(
        "6,542 times of three quantities, two of them always MM",
        {"observation": 6542},
        drift={"observation.(missing)": 13084},
        format="mapped",
    ),
    "weather/acis_multistndata.json": Expected(
        "two stations; what their numbers are is said in the request only", {"station": 2}, format="mapped"
    ),
    "weather/spc_hail_1955-2017_head.csv": Expected("40 reports", {"hail_report": 40}, format="mapped"),
    "weather/seattle-hourly-normals.csv": Expected(
        "8,759 hours of three normals, which are no observations", {"climate_normal": 26277}, format="mapped"
    ),
    "weather/ghcnd_USC00411885.dly": Expected(
        "a row is a month of days: no columns", rejects=("mapped.profile.none",), format="mapped"
    ),
}
