"""The enterprises of the county 模拟: who they are and where. Codes are valid by GB 32100 and belong to nobody."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from simulator.county import REGION_CODE, SEAT, County, Place, anywhere, near

CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

HILLS: Place = (111.88, 35.68)
PARK: Place = (111.67, 35.73)
LEVELS = ("red", "orange", "yellow", "blue")
ORDINARY = ("manufacturing", "commerce")


class Industry(NamedTuple):
    name: str
    word: str
    codes: tuple[str, ...]  # GB/T 4754
    size: int
    levels: tuple[int, int, int, int]  # weights of red, orange, yellow, blue
    centre: Place | None  # None: anywhere in the county
    spread_km: float = 0.0


INDUSTRIES = (
    Industry("non_coal_mine", "矿业", ("0810", "1011"), 12, (2, 4, 5, 1), HILLS, 10),
    Industry("tailings", "尾矿库", ("0810",), 6, (2, 3, 1, 0), HILLS, 8),
    Industry("hazchem", "化工", ("2614", "2619", "5166"), 28, (4, 10, 12, 2), PARK, 4),
    Industry("metallurgy", "铸造", ("3110", "3120", "3391"), 22, (2, 8, 10, 2), PARK, 5),
    Industry("manufacturing", "制造", ("1310", "3099", "3311", "3484"), 405, (0, 12, 90, 300), SEAT, 12),
    Industry("commerce", "商贸", ("5211", "5265", "6110", "5137"), 520, (0, 2, 50, 468), None),
)


@dataclass(frozen=True)
class Enterprise:
    """``level`` is the static one of the four colours; ``mine_code`` is empty for all but coal mines."""

    number: int
    code: str
    name: str
    industry: str
    industry_code: str
    level: str
    lon: float
    lat: float
    employees: int
    mine_code: str = ""

    @property
    def is_dangerous(self) -> bool:
        return self.industry not in ORDINARY

    @property
    def is_key(self) -> bool:
        """A key enterprise 重点企业: of a dangerous trade, or red or orange."""
        return self.is_dangerous or self.level in ("red", "orange")


def organisation_code(number: int) -> str:
    """A GB 11714 code whose first characters say that it is synthetic."""
    body = f"MNMN{number:04d}"
    total = sum(int(c, 36) * w for c, w in zip(body, ORGANISATION_WEIGHTS, strict=True))
    return body + "0123456789X0"[11 - total % 11]


def credit_code(number: int) -> str:
    """A valid unified social credit code (GB 32100) of the county."""
    body = f"91{REGION_CODE}{organisation_code(number)}"
    total = sum(CODE_ALPHABET.index(c) * w for c, w in zip(body, CODE_WEIGHTS, strict=True))
    return body + CODE_ALPHABET[(31 - total % 31) % 31]


@lru_cache(maxsize=4)
def enterprises(seed: int, county: County) -> tuple[Enterprise, ...]:
    """All enterprises, the coal mines first."""
    rng = random.Random(f"{seed}/enterprises")
    mines = tuple(
        Enterprise(
            number=number,
            code=credit_code(number),
            name=mine.name,
            industry="coal_mine",
            industry_code="0610",
            level="red" if number % 3 == 1 else "orange",
            lon=mine.lon,
            lat=mine.lat,
            employees=rng.randint(120, 900),
            mine_code=mine.code,
        )
        for number, mine in enumerate(county.mines, 1)
    )
    return (*mines, *_others(rng, county, len(mines) + 1))


def _others(rng: random.Random, county: County, first: int) -> Iterator[Enterprise]:
    number = first
    for industry in INDUSTRIES:
        for i in range(1, industry.size + 1):
            outline, centre = county.boundary, industry.centre
            lon, lat = near(outline, rng, centre, industry.spread_km) if centre else anywhere(outline, rng)
            yield Enterprise(
                number=number,
                code=credit_code(number),
                name=f"模拟{industry.word}企业{i:03d}号",
                industry=industry.name,
                industry_code=rng.choice(industry.codes),
                level=rng.choices(LEVELS, industry.levels)[0],
                lon=lon,
                lat=lat,
                employees=rng.randint(3, 150) if industry.name in ORDINARY else rng.randint(120, 900),
            )
            number += 1
