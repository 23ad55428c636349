"""The air: temperature, humidity, pressure, wind and visibility at a place and time, with the storm's marks in them.

A cell brings a cold, moist gust and a dip of the pressure; in the scenario ``gas`` a front takes 14 hPa within three
hours, which draws methane out of the goafs.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import NamedTuple

from simulator.weather import Weather
from simulator.world import World, dice

MONTHLY_MEAN_C = (-3.5, 0.4, 7.2, 14.6, 20.1, 24.6, 26.2, 24.6, 19.5, 13.0, 5.3, -1.4)  # at 600 m
LAPSE_C_PER_M = 0.006
FRONT_AT = timedelta(hours=1)  # when the front of ``gas`` falls fastest, after the start


class Air(NamedTuple):
    temperature_c: float
    humidity_pct: float
    pressure_hpa: float  # at the place's own height
    sea_level_hpa: float
    wind_m_s: float  # mean of two minutes
    gust_m_s: float
    wind_deg: float
    visibility_m: float

    @property
    def dew_point_c(self) -> float:
        """Magnus' formula."""
        a = math.log(self.humidity_pct / 100) + 17.62 * self.temperature_c / (243.12 + self.temperature_c)
        return 243.12 * a / (17.62 - a)


def height_m(lon: float, lat: float) -> float:
    """Height of the ground, m: a plain in the west that climbs to hills in the east."""
    climb = 1 / (1 + math.exp(-(lon - 111.86) * 26))
    return 540 + 640 * climb + 60 * math.sin(lon * 70) * math.cos(lat * 70) * climb


class Atmosphere:
    """The air of one world."""

    def __init__(self, world: World, weather: Weather) -> None:
        self.world, self.weather = world, weather

    def air(self, lon: float, lat: float, at: datetime) -> Air:
        storm = self._storm(lon, lat, at)
        rain = self.weather.rain_mm_h(lon, lat, at)
        noise = dice(self.world.seed, "air", lon, lat, int(at.timestamp()) // 600) - 0.5
        height = height_m(lon, lat)
        temperature = self._temperature_600(at) - LAPSE_C_PER_M * (height - 600) - 6 * storm + 0.6 * noise
        humidity = min(100.0, 62 - 18 * _daily(at) + 34 * storm + min(20.0, 8 * rain) + 6 * noise)
        sea_level = self.sea_level_hpa(lon, lat, at)
        gust = self.weather.wind_m_s(lon, lat, at)
        return Air(
            temperature_c=temperature,
            humidity_pct=humidity,
            pressure_hpa=sea_level * math.exp(-height / 8_350),
            sea_level_hpa=sea_level,
            wind_m_s=0.62 * gust,
            gust_m_s=gust,
            wind_deg=(215 + 60 * noise + 90 * storm) % 360,
            visibility_m=max(300.0, 22_000 / (1 + 0.6 * rain) - 60 * humidity),
        )

    def _temperature_600(self, at: datetime) -> float:
        """℃ at 600 m: between the means of two months, warmest at 15 o'clock, and some days warmer than others."""
        month = at.month - 1 + (at.day - 15) / 30
        low = math.floor(month)
        share = month - low
        mean = MONTHLY_MEAN_C[low % 12] * (1 - share) + MONTHLY_MEAN_C[(low + 1) % 12] * share
        return mean + 5.5 * _daily(at) + 3 * math.sin(at.timestamp() / 86_400 * 2 * math.pi / 6.3 + self.world.seed)

    def sea_level_hpa(self, lon: float, lat: float, at: datetime) -> float:
        """Pressure reduced to sea level, hPa: synoptic waves, the daily tide, the dip of a storm, a front."""
        days = at.timestamp() / 86_400
        waves = 4 * math.sin(2 * math.pi * days / 5.7 + self.world.seed) + 2 * math.sin(2 * math.pi * days / 2.9)
        tide = 1.2 * math.sin(2 * math.pi * (days * 2 + 0.1))
        season = 9 * math.cos(2 * math.pi * (at.timetuple().tm_yday - 15) / 365)
        return 1013 + season + waves + tide - 4 * self._storm(lon, lat, at) - self._front(at)

    def fall_hpa_3h(self, lon: float, lat: float, at: datetime) -> float:
        """How much the pressure has fallen within three hours, hPa; 0 if it has risen."""
        before = self.sea_level_hpa(lon, lat, at - timedelta(hours=3))
        return max(0.0, before - self.sea_level_hpa(lon, lat, at))

    def _front(self, at: datetime) -> float:
        if self.world.scenario != "gas":
            return 0.0
        hours = (at - self.world.anchor - FRONT_AT) / timedelta(hours=1)
        return 14 / (1 + math.exp(-2.2 * hours)) * math.exp(-max(0.0, hours - 6) / 12)

    def _storm(self, lon: float, lat: float, at: datetime) -> float:
        cell = self.weather.cell(at)
        return cell.peak_mm_h / 75 * cell.nearness(lon, lat, at)


def _daily(at: datetime) -> float:
    """1 at 15 o'clock, -1 at 3 in the morning."""
    return math.cos(2 * math.pi * (at.hour + at.minute / 60 - 15) / 24)
