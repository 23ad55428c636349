"""Units as sources write them -> the unit in which we keep a quantity, with its suffix in variable names.

Only exact conversions. A unit that is not listed is kept as it was sent: the caller names the variable after the
source's own parameter then, and counts it as drift; nothing is guessed from the size of a number.
"""

from __future__ import annotations

from typing import NamedTuple


class Unit(NamedTuple):
    """``suffix`` ends the variable's name (``water_level_m``), ``symbol`` stands in the column ``unit``."""

    suffix: str
    symbol: str
    factor: float = 1.0
    offset: float = 0.0

    def convert(self, value: float) -> float:
        """``value`` in the source's unit -> in ours. Rounded to 12 significant digits: 0.1 stays 0.1."""
        if self.factor == 1.0 and self.offset == 0.0:
            return value
        return float(f"{value * self.factor + self.offset:.12g}")


_SAME = {
    ("m", "m"): ("m", "meter", "metre", "meters", "metres", "masd", "maod", "mbdat", "wmounit:m"),
    ("mm", "mm"): ("mm", "millimeter", "millimetre", "kg/m2", "kg/m^2", "wmounit:mm"),
    ("c", "℃"): ("c", "degc", "deg c", "°c", "℃", "celsius", "cel", "wmounit:degc", "deg_c"),
    ("pct", "%"): ("%", "pct", "percent", "wmounit:percent", "%rh"),
    ("hpa", "hPa"): ("hpa", "mbar", "mb", "millibar"),
    ("kpa", "kPa"): ("kpa",),
    ("mpa", "MPa"): ("mpa",),
    ("m_s", "m/s"): ("m/s", "m s-1", "ms-1", "m.s-1", "wmounit:m_s-1", "mps", "meters/second"),
    ("deg", "°"): ("°", "deg", "degree", "degrees", "wmounit:degree_(angle)", "deg true", "degt"),
    ("m3_s", "m3/s"): ("m3/s", "m^3/s", "m³/s", "cumecs", "cms", "m3/sec"),
    ("km", "km"): ("km",),
    ("w_m2", "W/m2"): ("w/m2", "w/m²", "w/m^2", "w m-2"),
    ("mg_l", "mg/l"): ("mg/l",),
    ("us_cm", "µS/cm"): ("us/cm", "µs/cm", "us/cm @25c", "us/cm @25 c"),
    ("v", "V"): ("v", "volt", "volts"),
    ("ug_m3", "µg/m3"): ("ug/m3", "µg/m3", "µg/m³"),
    ("mg_m3", "mg/m3"): ("mg/m3", "mg/m³"),
    ("ppm", "ppm"): ("ppm",),
    ("pct_lel", "%LEL"): ("%lel",),
    ("m3_h", "m3/h"): ("m3/h", "m³/h"),
    ("m3_min", "m3/min"): ("m3/min", "m³/min"),
    ("1e6_m3", "1e6 m3"): ("1e6 m3", "10^6 m3", "百万m3"),
    ("1e8_m3", "1e8 m3"): ("亿m3", "亿m³", "1e8 m3"),
    ("kg_m3", "kg/m3"): ("kg/m3", "kg/m³"),
    ("kw", "kW"): ("kw",),
    ("mm_a", "mm/a"): ("mm/a", "mm/yr", "mm/year"),
    ("ugal", "µGal"): ("ugal",),
    ("j_m2", "J/m2"): ("j/m2", "j/m²", "j/m^2"),
}
_CONVERTED = {
    ("m", "m"): {"ft": 0.3048, "feet": 0.3048, "foot": 0.3048, "cm": 0.01, "nmi": 1852.0},
    ("mm", "mm"): {"in": 25.4, "inch": 25.4, "inches": 25.4},
    ("m_s", "m/s"): {
        "ft/s": 0.3048,
        "ft/sec": 0.3048,
        "km/h": 1 / 3.6,
        "km_h-1": 1 / 3.6,
        "kmh": 1 / 3.6,
        "wmounit:km_h-1": 1 / 3.6,
        "kt": 1852 / 3600,
        "kn": 1852 / 3600,
        "knots": 1852 / 3600,
        "mph": 0.44704,
        "mp/h": 0.44704,
    },
    ("m3_s", "m3/s"): {"ft3/s": 0.3048**3, "ft^3/s": 0.3048**3, "cfs": 0.3048**3, "ft3/sec": 0.3048**3, "l/s": 0.001},
    ("hpa", "hPa"): {
        "pa": 0.01,
        "wmounit:pa": 0.01,
        "inhg": 33.8638866667,
        "mmhg": 1.33322387415,
        "mm/hg": 1.33322387415,
    },
    ("1e6_m3", "1e6 m3"): dict.fromkeys(("ac-ft", "acre-ft", "acre-feet"), 43560 * 0.3048**3 / 1e6),
}
_FAHRENHEIT = Unit("c", "℃", 5 / 9, -160 / 9)
_KELVIN = Unit("c", "℃", 1.0, -273.15)

UNITS: dict[str, Unit] = {
    **{spelling: Unit(*ours) for ours, spellings in _SAME.items() for spelling in spellings},
    **{
        spelling: Unit(suffix, symbol, factor)
        for (suffix, symbol), spellings in _CONVERTED.items()
        for spelling, factor in spellings.items()
    },
    **dict.fromkeys(("f", "degf", "deg f", "°f", "fahrenheit"), _FAHRENHEIT),
    **dict.fromkeys(("k", "kelvin"), _KELVIN),
}


def unit_of(text: str) -> Unit | None:
    """Our unit for the source's, without regard to case and outer blanks; None if it is not listed.

    Micro is written with its own sign (U+00B5, as listed) or with the Greek letter (U+03BC): both are one.
    ``MPa`` and ``mPa`` differ only by case: no source of ours sends millipascals.
    """
    return UNITS.get(text.strip().lower().replace("\u03bc", "\u00b5"))
