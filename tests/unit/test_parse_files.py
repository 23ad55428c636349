"""Local files through a parser without a database: what ``riskmap parse`` reports and how it ends."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from connectors.enterprise import mine_stream
from connectors.errors import ConfigurationError
from riskmap import parse
from riskmap.parse import FileReport, default_options, exit_code, parse_files, print_table

ALERT = (
    '<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>1</identifier><sender>s</sender>'
    "<sent>{sent}</sent><status>Actual</status><msgType>{kind}</msgType><scope>Public</scope></alert>"
)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good [1].xml"
    file.write_text(ALERT.format(sent="2026-08-10T08:05:00", kind="Alert"), encoding="utf-8")
    return file


@pytest.fixture
def chainless(tmp_path: Path) -> Path:
    file = tmp_path / "chainless.xml"
    file.write_text(ALERT.format(sent="2026-08-10T08:05:00Z", kind="Update"), encoding="utf-8")
    return file


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    file = tmp_path / "bad.xml"
    file.write_text("<html><body>503 [Service] Unavailable</body></html>", encoding="utf-8")
    return file


def test_a_report_says_what_was_read_with_the_options_of_the_shipped_contract(good: Path) -> None:
    [report] = parse_files("cap", [good])
    assert report == {
        "file": str(good),
        "format": "cap",
        "outcome": "ACCEPTED",  # the time without offset took the zone of the contract
        "tables": {"warning": 1},
        "drift": [
            {
                "table": "warning",
                "field": "sent.naive_time",
                "count": 1,
                "example": "2026-08-10T08:05:00 taken as Asia/Shanghai",
            }
        ],
        "rejects": [],
    }
    assert json.loads(json.dumps(report)) == report


def test_options_may_be_given_instead(good: Path) -> None:
    [report] = parse_files("cap", [good], options={})
    assert (report["outcome"], report["rejects"][0]["rule"]) == ("REJECTED", "cap.sent.zone")


def test_every_format_has_a_contract_with_a_zone() -> None:
    for name in ("cap", "sl323", "quake", "mine_txt", "enterprise_csv"):
        assert default_options(name)["zone"]
    assert default_options("smoke_signals") == {}


def test_missing_files_and_folders_are_rejected_reports(tmp_path: Path, good: Path) -> None:
    reports = list(parse_files("cap", [tmp_path / "gone.xml", tmp_path, good]))
    assert [report["outcome"] for report in reports] == ["REJECTED", "REJECTED", "ACCEPTED"]
    assert [report["rejects"][0]["rule"] for report in reports[:2]] == ["file.unreadable"] * 2
    assert "No such file" in reports[0]["rejects"][0]["reason"]


def test_an_unknown_format_is_an_error_that_names_the_known_ones(good: Path) -> None:
    with pytest.raises(ConfigurationError, match="enterprise_csv"):
        list(parse_files("smoke_signals", [good]))


def test_the_exit_status_is_1_only_if_nothing_could_be_read(good: Path, chainless: Path, bad: Path) -> None:
    def run(*files: Path) -> int:
        return exit_code(parse_files("cap", files))

    assert run(good) == 0
    assert run(chainless) == 0  # read, with a reject
    assert run(bad, good) == 0
    assert run(bad) == 1
    assert run(bad, bad) == 1


def test_the_table_shows_every_file_reject_and_drift_as_it_is(good: Path, chainless: Path, bad: Path) -> None:
    reports: list[FileReport] = list(parse_files("cap", [good, chainless, bad]))
    out = io.StringIO()
    print_table(reports, Console(file=out, width=300))
    shown = out.getvalue()
    for piece in ("good [1].xml", "warning 1", "PARTIAL", "xml.html", "cap.references.missing", "sent.naive_time"):
        assert piece in shown


def test_a_large_file_is_read_in_parts_and_reported_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = "620823009203"
    records = [
        f"{mine}01MN0001{n:03d}A01;甲烷;模拟巷道;{'' if n % 4 == 0 else n};%CH4;0;2026-08-10 08:04:58"
        for n in range(400)
    ]
    records[7:7] = ["bad"] * 20
    file = tmp_path / f"{mine}_CDSS_20260810080500.txt"
    file.write_text("~".join([f"{mine};模拟煤矿;2026-08-10 08:05:00", *records]) + "~||", encoding="utf-8")
    [whole] = parse_files("mine_txt", [file])
    monkeypatch.setattr(parse, "WHOLE_BYTES", 1_000)
    monkeypatch.setattr(mine_stream, "CHUNK", 997)
    [in_parts] = parse_files("mine_txt", [file])
    assert in_parts == whole
    assert (whole["outcome"], whole["tables"], len(whole["rejects"])) == ("PARTIAL", {"observation": 300}, 20)
    monkeypatch.setattr(parse, "TOLD_REJECTS", 6)
    [summed] = parse_files("mine_txt", [file])
    assert summed["rejects"][:6] == whole["rejects"][:6]
    assert [reject["reason"] for reject in summed["rejects"][6:]] == ["14 more records are rejected by this rule"]
