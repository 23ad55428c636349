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
}
