"""The shipped profiles: the shapes written down in them are what they read, and some exact values of the others."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.declared.profiles import FOLDER
from connectors.model import Outcome, Parsed, Payload
from connectors.registry import parser

OWN = {
    "tailings_pond": {"station": 1, "observation": 11},
    "hazchem_tank": {"station": 1, "observation": 3, "alarm": 1},
    "hazchem_gas_point": {"station": 1, "observation": 1, "alarm": 1},
    "gas_network": {"station": 1, "observation": 4, "alarm": 1},
    "water_supply": {"station": 1, "observation": 5, "alarm": 1},
    "bridge": {"station": 1, "observation": 7, "alarm": 1},
    "slope_radar": {"station": 1, "observation": 4},
}


def recognised(body: str, name: str = "x") -> Parsed:
    return parser("mapped", {}).parse(Payload(body.encode(), name, name, datetime(2026, 8, 10, tzinfo=UTC)), {})


def values(parsed: Parsed) -> dict[str, tuple[float, str]]:
    return {row["variable"]: (row["value"], row["unit"]) for row in rows(parsed)}


def rows(parsed: Parsed, table: str = "observation") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = parsed.tables[table].to_pylist()
    return found


@pytest.mark.parametrize("name", OWN)
def test_the_shape_that_a_profile_writes_down_is_the_one_it_reads(name: str) -> None:
    lines = re.findall(r"^#   ( *.*)$", (FOLDER / f"{name}.yml").read_text(encoding="utf-8"), re.MULTILINE)
    parsed = recognised(" ".join(lines))
    assert {table: found.num_rows for table, found in parsed.tables.items()} == OWN[name]
    assert (parsed.outcome, list(parsed.drift)) == (Outcome.ACCEPTED, [])
    times = {row["event_at"] for row in rows(parsed)}
    assert times == {datetime(2026, 8, 10, tzinfo=UTC)}


def test_an_alarm_of_a_tank() -> None:
    lines = re.findall(r"^#   ( *.*)$", (FOLDER / "hazchem_tank.yml").read_text(encoding="utf-8"), re.MULTILINE)
    [alarm] = rows(recognised(" ".join(lines)), "alarm")
    assert (alarm["point_code"], alarm["alarm_type"], alarm["limit_type"]) == ("T-101", "over_limit", "HH")
    assert (alarm["variable"], alarm["value"], alarm["unit"], alarm["level"]) == ("tank_level_m", 9.6, "m", "red")
    assert alarm["started_at"] == datetime(2026, 8, 9, 23, 40, tzinfo=UTC)
    assert alarm["ended_at"] is None


def test_toa5_times_are_utc_and_pascals_are_pascals() -> None:
    header = "TIMESTAMP,RECORD,Station_ID,Station_Name,M_Year,M_Month,M_DayOfMonth,M_HourOfDay,M_Minutes"
    header += ",Latitude,Longitude,BP,AirTempK,Rain_mm_Tot"
    units = "TS,RN,,,,,,,,,,hPa,K,mm"
    line = '"2026-08-10 10:55:00",0,"0-20000-0-MN","模拟",2026,8,10,8,55,35.5,112.85,93284.05,288.7,"NAN"'
    parsed = recognised(f'"TOA5","x"\n{header}\n{units}\n{units}\n{line}\n')
    assert values(parsed) == {"pressure_hpa": (932.8405, "hPa"), "air_temperature_c": (15.55, "℃")}
    assert rows(parsed)[0]["event_at"] == datetime(2026, 8, 10, 8, 55, tzinfo=UTC)


def test_buoys_are_read_in_the_units_that_their_file_names() -> None:
    body = (
        "#STN LAT LON YYYY MM DD hh mm WDIR WSPD VIS TIDE\n"
        "#text deg deg yr mo day hr mn degT kn nmi ft\n"
        "MN001 35.5 112.85 2026 08 10 08 00 180 10 2 -1.5\n"
    )
    assert values(recognised(body)) == {
        "wind_direction_deg": (180.0, "°"),
        "wind_speed_m_s": (5.14444444444, "m/s"),
        "visibility_m": (3704.0, "m"),
        "tide_level_m": (-0.4572, "m"),
    }
    wrong = recognised(body.replace(" nmi ", " degC "))
    assert [reject.rule for reject in wrong.rejects] == ["mapped.unit"]


def test_the_yellow_river_bulletin_of_eight_o_clock() -> None:
    header = "文件日期,序号,河名,站名,水位,流量,含沙量\n"
    lines = [
        "2026-08-10,0,模拟河   ,甲站   ,2670.43,130,*0.5",
        "2026-08-10,1,模拟河,乙库入库,-,173,-",
        "2026-08-10,2,模拟河,乙库蓄水量,2582.22,(2.19)亿,-",
        "2026-08-10,3,模拟河,乙库出库,-,断流,-",
    ]
    parsed = recognised(header + "\n".join(lines))
    assert {(row["station_code"], row["variable"], row["value"]) for row in rows(parsed)} == {
        ("甲站", "water_level_m", 2670.43),
        ("甲站", "discharge_m3_s", 130.0),
        ("甲站", "sediment_concentration_kg_m3", 0.5),
        ("乙库", "inflow_m3_s", 173.0),
        ("乙库", "reservoir_level_m", 2582.22),
        ("乙库", "reservoir_storage_1e6_m3", 219.0),
    }
    assert {row["event_at"] for row in rows(parsed)} == {datetime(2026, 8, 10, tzinfo=UTC)}
    assert [(reject.where, reject.rule) for reject in parsed.rejects] == [("line 5, 流量", "mapped.number")]


def test_tornadoes_are_no_hail() -> None:
    hail = "om,yr,mo,dy,date,time,tz,st,stf,stn,mag,inj,fat,loss,closs,slat,slon,elat,elon,len,wid,ns,sn,sg,f1,f2,f3,f4"
    line = "1,1955,1,17,1955-01-17,16:39:00,3,TX,48,1,0.75,0,0,0.0,0.0,32.2,-101.5,0.0,0.0,0,0,0,0,0,227,0,0,0"
    [report] = rows(recognised(f"{hail}\n{line}\n"), "hail_report")
    assert (report["hail_diameter_mm"], report["event_at"]) == (19.05, datetime(1955, 1, 17, 22, 39, tzinfo=UTC))
    assert recognised(f"{hail},fc\n{line},0\n").outcome is Outcome.REJECTED


NDBC = {  # invented; names and units as the files of that kind have them
    "spec": (
        "#YY  MM DD hh mm WVHT  SwH  SwP  WWH  WWP SwD WWD  STEEPNESS  APD MWD\n"
        "#yr  mo dy hr mn    m    m  sec    m  sec  -  degT     -      sec degT\n"
        "2026 08 10 00 00  1.2  0.6  8.3  1.0  5.9  SE SSW      STEEP  4.5 209\n"
        "2026 08 10 01 00  1.1   MM   MM  1.0  5.9  MM MM       N/A    4.5 209\n"
    ),
    "drift": (
        "#YY  MM DD hhmm     LAT      LON WDIR WSPD GST   PRES PTDY ATMP WTMP\n"
        "#yr  mo dy hrmn     deg      deg degT m/s  m/s    hPa  hPa degC degC\n"
        "2026 08 10 0030   37.24   126.02  20  1.0   MM 1004.2   MM 24.9 22.1\n"
    ),
    "ocean": (
        "#YY  MM DD hh mm   DEPTH  OTMP   COND   SAL   O2% O2PPM  CLCON  TURB    PH    EH\n"
        "#yr  mo dy hr mn       m  degC  mS/cm   psu     %   ppm   ug/l   FTU     -    mv\n"
        "2026 08 10 00 00     1.0    MM     MM    MM 106.5  9.53     MM     0  8.38    MM\n"
    ),
    "dart": (
        "#YY  MM DD hh mm ss T   HEIGHT\n#yr  mo dy hr mn  s -        m\n"
        "2026 08 10 00 15 30 2 5806.902\n2026 08 10 00 15 15 3 9999.000\n"
    ),
}


def test_waves_come_from_a_point_of_the_compass() -> None:
    found = rows(recognised(NDBC["spec"], "41010.txt"))
    first = {row["variable"]: row["value"] for row in found if row["event_at"].hour == 0}
    assert first["swell_direction_deg"] == 135.0
    assert first["wind_wave_direction_deg"] == 202.5
    assert (first["swell_height_m"], first["wave_direction_deg"], len(first)) == (0.6, 209.0, 9)
    assert len(found) == 9 + 5


def test_a_drifting_buoy_keeps_its_place_beside_each_value() -> None:
    found = rows(recognised(NDBC["drift"], "22101.drift"))
    assert {row["event_at"] for row in found} == {datetime(2026, 8, 10, 0, 30, tzinfo=UTC)}
    assert [row["variable"] for row in found][-1] == "water_temperature_c"
    assert {row["extra"] for row in found} == {'{"LAT":"37.24","LON":"126.02"}'}


def test_sea_water_and_its_column_are_read() -> None:
    assert values(recognised(NDBC["ocean"], "45183.ocean")) == {
        "dissolved_oxygen_pct": (106.5, "%"),
        "dissolved_oxygen_ppm": (9.53, "ppm"),
        "turbidity_ftu": (0.0, "FTU"),
        "ph": (8.38, "1"),
    }
    [height] = rows(recognised(NDBC["dart"], "41421.dart"))
    assert (height["variable"], height["value"], height["event_at"].second) == ("water_column_height_m", 5806.902, 30)


def test_a_wind_that_nobody_measured_is_not_zero() -> None:
    header = (
        "om,yr,mo,dy,date,time,tz,st,stf,stn,mag,inj,fat,loss,closs,slat,slon,elat,elon,len,wid,ns,sn,sg,f1,f2,f3,f4,mt"
    )
    line = "{},2026,08,10,2026-08-10,13:45:00,3,XX,5,1,{},0,0,0.0,0.0,35.5,112.5,0.0,0.0,0,0,0,0,0,77,0,0,0,EG"
    found = rows(recognised("\n".join([header, line.format(1, "0.0"), line.format(2, "50.0")])), "wind_report")
    assert [row["wind_speed_m_s"] for row in found] == [None, 25.7222222222]
    assert found[0]["event_at"] == datetime(2026, 8, 10, 19, 45, tzinfo=UTC)


def test_the_quantity_of_a_sample_is_the_first_name_that_is_filled() -> None:
    header = "Org_Identifier,Location_Identifier,Activity_ActivityIdentifier,Activity_StartDate,Activity_StartTime,"
    header += "Activity_StartTimeZone,Result_CharacteristicUserSupplied,Result_Characteristic,Result_Measure,"
    header += "Result_MeasureUnit,Location_Name,Location_Type"
    body = f"{header}\nX,X-1,A1,2026-08-10,08:00:00,CST,,Specific conductance,471,uS/cm,模拟,Stream\n"
    parsed = recognised(body)
    assert (parsed.outcome, values(parsed)) == (Outcome.ACCEPTED, {"specific_conductance_us_cm": (471.0, "µS/cm")})


def test_sites_of_water_quality_are_stations() -> None:
    header = "OrganizationIdentifier,MonitoringLocationIdentifier,MonitoringLocationName,MonitoringLocationTypeName,"
    header += "LatitudeMeasure,LongitudeMeasure,HorizontalCoordinateReferenceSystemDatumName"
    [station] = rows(recognised(f"{header}\nX,X-1,模拟溪,Stream,35.5,112.5,NAD83\n"), "station")
    assert (station["station_code"], station["longitude"], station["latitude"]) == ("X-1", 112.5, 35.5)
