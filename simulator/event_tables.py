"""The bureau's records as rows for upload: what happened or changed in a span, as it is known at its end.

A row is a mapping from the column's Chinese title to its value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from simulator.cap import Bulletin
from simulator.enterprises import Enterprise
from simulator.layout import Layout
from simulator.management import Case, Danger, Inspection, Management
from simulator.mines import text_time
from simulator.people import Answers, Receipt
from simulator.world import BEIJING

Row = dict[str, object]
LONGEST_LIFE = timedelta(days=120)  # a danger or a case has come to its end by then
ENDS_WITHIN = timedelta(days=1)
REGISTERED_AFTER = timedelta(minutes=40)
ANSWERS_COME = timedelta(hours=12)
CHANNELS = {"平台推送": "平台", "电话通知": "电话"}


def when(moment: datetime | date | None) -> str:
    """As the bureau writes a time; empty for what has not come about."""
    if moment is None:
        return ""
    return text_time(moment) if isinstance(moment, datetime) else f"{moment:%Y-%m-%d}"


def yes_no(value: bool) -> str:
    return "是" if value else "否"


@dataclass(frozen=True)
class EventTables:
    """The rows of one world: each method gives those of (since, until]."""

    layout: Layout
    management: Management
    bulletin: Bulletin
    answers: Answers

    def _days(self, since: datetime, until: datetime) -> Iterator[date]:
        day = since.date()
        while day <= until.date():
            yield day
            day += timedelta(days=1)

    def _happened(
        self, of_day: Callable[[date], Iterable[Any]], moment: str, since: datetime, until: datetime
    ) -> Iterator[Any]:
        """The things whose attribute ``moment``, at most a day after they began, lies in (since, until]."""
        for day in self._days(since - ENDS_WITHIN, until):
            yield from (thing for thing in of_day(day) if since < getattr(thing, moment) <= until)

    def _firm(self, firm: Enterprise) -> Row:
        region = self.layout.town_of(firm.lon, firm.lat).code
        return {"统一社会信用代码": firm.code, "企业名称": firm.name, "行政区划代码": region}

    def inspections(self, since: datetime, until: datetime) -> list[Row]:
        found: Iterator[Inspection] = self._happened(self.management.inspections, "at", since, until)
        return [
            {
                "检查编号": one.code,
                **self._firm(one.enterprise),
                "检查类型": "联合检查" if one.is_joint else one.kind,
                "检查时间": when(one.at),
                "检查人员": one.inspectors,
                "检查人数": 2,
                "是否联合检查": yes_no(one.is_joint),
                "发现隐患数": len(one.dangers),
                "重大隐患数": sum(d.is_major for d in one.dangers),
                "是否责令停产": yes_no(one.is_stopped),
                "检查结论": "模拟：责令限期整改" if one.is_ordered else "模拟：未发现需责令整改的问题",
                "更新时间": when(one.at),
            }
            for one in found
        ]

    def documents(self, since: datetime, until: datetime) -> list[Row]:
        """The papers of checks: record, order, later the re-check note."""
        rows = []
        for day in self._days(since - LONGEST_LIFE, until):
            for one in self.management.inspections(day):
                rows += [row for at, row in self._papers(one) if since < at <= until]
        return rows

    def _papers(self, one: Inspection) -> Iterator[tuple[datetime, Row]]:
        deadline = max((d.deadline for d in one.dangers), default=None)
        papers: list[tuple[str, str, datetime, datetime | None]] = [("1", "现场检查记录", one.at, None)]
        papers += [("2", "责令限期整改指令书", one.at, deadline)] if one.is_ordered else []
        papers += [("3", "现场处理措施决定书", one.at, None)] if one.is_stopped else []
        papers += [("4", "联合检查文书", one.at, None)] if one.is_joint else []
        papers += [("5", "整改复查意见书", one.rechecked_at, None)] if one.rechecked_at else []
        for number, kind, at, until in papers:
            yield (
                at,
                {
                    "文书编号": f"{one.code}-W{number}",
                    "检查编号": one.code,
                    "文书类型": kind,
                    "文书日期": when(at),
                    "整改期限": when(until),
                    "更新时间": when(at),
                },
            )

    def dangers(self, since: datetime, until: datetime) -> list[Row]:
        """New dangers, and old ones whose state has changed."""
        rows = []
        for day in self._days(since - LONGEST_LIFE, until):
            for danger in self.management.dangers(day):
                turns = (danger.found_at + REGISTERED_AFTER, danger.rectified_at, danger.accepted_at)
                changes = [t for t in turns if t and t <= until]
                if changes and changes[-1] > since:
                    rows.append(self._danger(danger.as_of(until), changes[-1]))
        return rows

    def _danger(self, danger: Danger, changed: datetime) -> Row:
        return {
            "隐患编号": danger.code,
            "统一社会信用代码": danger.enterprise.code,
            "隐患名称": danger.text,
            "隐患等级": "重大" if danger.is_major else "一般",
            "隐患类型": danger.kind,
            "隐患内容": danger.text,
            "发现时间": when(danger.found_at),
            "登记时间": when(danger.found_at + REGISTERED_AFTER),
            "整改期限": when(danger.deadline),
            "整改完成时间": when(danger.rectified_at),
            "验收时间": when(danger.accepted_at),
            "销号时间": when(danger.accepted_at),
            "隐患状态": danger.state,
            "责任单位": danger.enterprise.name,
            "责任人": danger.person,
            "整改资金（元）": danger.cost_yuan,
            "整改措施": "模拟整改措施",
            "挂牌督办": yes_no(danger.is_major),
            "更新时间": when(changed),
        }

    def cases(self, since: datetime, until: datetime) -> list[Row]:
        rows = []
        for day in self._days(since - LONGEST_LIFE, until):
            for case in self.management.cases(day):
                changes = [t for t in _turns(case) if t <= until]
                if changes and changes[-1] > since:
                    rows.append(self._case(case, changes))
        return rows

    def _case(self, case: Case, changes: list[datetime]) -> Row:
        is_decided, is_closed = len(changes) > 1, len(changes) > 2
        return {
            "案件编号": case.code,
            "检查编号": case.inspection,
            **self._firm(case.enterprise),
            "案由": case.reason,
            "立案时间": when(changes[0]),
            "处罚决定时间": when(changes[1]) if is_decided else "",
            "结案时间": when(changes[2]) if is_closed else "",
            "处罚种类": "罚款" if is_decided else "",
            "罚款金额": case.fine_yuan if is_decided else "",
            "案件状态": "已结案" if is_closed else "已处罚" if is_decided else "立案",
            "承办人": "模拟执法员01、模拟执法员02",
            "更新时间": when(changes[-1]),
        }

    def drills(self, since: datetime, until: datetime) -> list[Row]:
        names = {firm.name: firm for firm in self.layout.key_enterprises}
        rows: list[Row] = []
        for drill in self._happened(self.management.drills, "at", since, until):
            firm = names.get(drill.organiser)
            rows.append(
                {
                    "演练编号": drill.code,
                    "演练名称": drill.name,
                    "演练类型": drill.kind,
                    "组织单位": drill.organiser,
                    "统一社会信用代码": firm.code if firm else "",
                    "预案编号": drill.plan,
                    "演练时间": when(drill.at),
                    "演练时长": drill.minutes,
                    "参演人数": drill.people,
                    "评估结论": "模拟：达到预期目标",
                    "更新时间": when(drill.at),
                }
            )
        return rows

    def courses(self, since: datetime, until: datetime) -> list[Row]:
        return [
            {
                "培训编号": one.code,
                "培训名称": one.name,
                "组织单位": "模拟县应急管理局",
                "培训时间": when(one.at),
                "参训人数": one.people,
                "发证数量": one.certificates,
                "更新时间": when(one.at),
            }
            for one in self._happened(self.management.courses, "at", since, until)
        ]

    def accidents(self, since: datetime, until: datetime) -> list[Row]:
        return [
            {
                "事故编号": one.code,
                **self._firm(one.enterprise),
                "发生时间": when(one.at),
                "报告时间": when(one.reported_at),
                "事故类别": one.kind,
                "事故等级": "一般",
                "行业类别": one.enterprise.industry_code,
                "死亡人数": one.dead,
                "受伤人数": one.hurt,
                "失踪人数": 0,
                "直接经济损失": one.loss_yuan,
                "事故地点": f"{one.enterprise.name}厂区",
                "经度": one.enterprise.lon,
                "纬度": one.enterprise.lat,
                "事故原因": "模拟原因",
                "更新时间": when(one.reported_at),
            }
            for one in self._happened(self.management.accidents, "reported_at", since, until)
        ]

    def fire_calls(self, since: datetime, until: datetime) -> list[Row]:
        return [
            {
                "接报编号": one.code,
                "接报时间": when(one.called_at),
                "行政区划代码": one.town.code,
                "火情地点": f"{one.town.name}模拟林地",
                "报警人": "模拟群众",
                "起火原因": "" if one.is_false else "模拟：农事用火",
                "是否误报": yes_no(one.is_false),
                "出动时间": when(one.dispatched_at),
                "到达时间": when(one.arrived_at),
                "扑灭时间": when(one.out_at),
                "过火面积": one.burnt_ha,
                "更新时间": when(one.out_at),
            }
            for one in self._happened(self.management.fire_calls, "out_at", since, until)
        ]

    def findings(self, since: datetime, until: datetime) -> list[Row]:
        """New findings, and those that somebody has judged or dealt with since."""
        rows: list[Row] = []
        for day in self._days(since - ENDS_WITHIN, until):
            for one in self.management.findings(day):
                changes = [t for t in (one.at, one.judged_at, one.handled_at) if t and t <= until]
                if not changes or changes[-1] <= since:
                    continue
                is_judged, is_handled = len(changes) > 1, len(changes) > 2
                rows.append(
                    {
                        "识别编号": one.code,
                        "摄像机编号": one.camera.code,
                        "识别类型": one.kind,
                        "识别时间": when(one.at),
                        "等级": "黄",
                        "置信度": 0.9,
                        "是否属实": yes_no(one.is_true) if is_judged else "",
                        "确认时间": when(one.judged_at if is_judged else None),
                        "确认人": "模拟责任人001" if is_judged else "",
                        "处置时间": when(one.handled_at if is_handled else None),
                        "处置措施": f"模拟：{one.treatment}" if is_handled else "",
                        "更新时间": when(changes[-1]),
                    }
                )
        return rows

    def receipts(self, since: datetime, until: datetime) -> list[Row]:
        """What became known of the enterprises' answers to warnings."""
        rows = []
        for message in self.bulletin.between(since - ANSWERS_COME, until):
            for receipt in self.answers.to(message):
                known = [t for t in receipt.changes_at if t <= until]
                if known and known[-1] > since:
                    rows.append(self._receipt(receipt, until, known[-1]))
        return rows

    def _receipt(self, receipt: Receipt, until: datetime, changed: datetime) -> Row:
        def by_now(moment: datetime | None) -> str:
            return when(moment if moment and moment <= until else None)

        acted = by_now(receipt.acted_at)
        is_stopped = bool(acted) and receipt.action == "停产撤人"
        return {
            "预警标识": receipt.message.identifier,
            "统一社会信用代码": receipt.enterprise.code,
            "企业名称": receipt.enterprise.name,
            "通知渠道": CHANNELS[receipt.channel],
            "发送时间": when(receipt.message.sent),
            "送达时间": by_now(receipt.delivered_at),
            "确认时间": by_now(receipt.acknowledged_at),
            "处置时间": acted,
            "处置措施": receipt.action if acted else "",
            "是否停工": yes_no(is_stopped) if acted else "",
            "转移人数": receipt.enterprise.employees // 3 if is_stopped else "",
            "更新时间": when(changed),
        }


def _turns(case: Case) -> list[datetime]:
    """Opened, decided, closed: at five in the afternoon of their days."""
    days = [case.opened, case.opened + timedelta(days=10)]
    days += [case.closed] if case.closed else []
    like = datetime.min.time().replace(hour=17)
    return [datetime.combine(day, like, BEIJING) for day in days]
