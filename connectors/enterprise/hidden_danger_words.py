"""The words of hidden-danger exports: headers in Chinese and English, states, grades, ways of handling."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """One kind of export: our column -> header texts (compared without blanks, brackets and case)."""

    table: str
    headers: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]


_DANGER_CODE = ("dangerId", "danger_id", "隐患编号", "隐患编码", "隐患ID", "隐患id")
_ENTERPRISE = ("enterpriseCode", "enterprise_code", "企业编码", "单位编码", "统一社会信用代码", "社会信用代码")
_MINE = ("mineCode", "mine_code", "煤矿编码", "矿井编码")

DANGER = Kind(
    "hidden_danger",
    {
        "danger_code": (*_DANGER_CODE, "编号"),
        "enterprise_code": _ENTERPRISE,
        "mine_code": _MINE,
        "danger_name": ("dangerName", "danger_name", "隐患名称"),
        "grade": ("dangerGrade", "danger_grade", "dangerLevel", "danger_level", "隐患等级", "隐患级别", "等级"),
        "category": ("type", "dangerType", "category", "隐患类型", "隐患类别", "类别", "专业"),
        "source_kind": ("dangerSource", "source_kind", "隐患来源", "检查类型", "排查类型"),
        "check_unit": ("checkUnit", "check_unit", "检查单位", "检查部门", "排查单位"),
        "shift": ("classType", "class_type", "班次"),
        "place": ("address", "place", "隐患地点", "地点", "隐患部位", "部位", "检查地点"),
        "description": ("content", "description", "dangerDesc", "隐患内容", "隐患描述", "问题描述", "内容"),
        "reason": ("reason", "dangerReason", "隐患原因", "原因分析", "产生原因"),
        "found_at": ("findTime", "find_time", "found_at", "发现时间", "排查时间", "检查时间", "检查日期", "发现日期"),
        "registered_at": ("registTime", "registered_at", "登记时间", "录入时间"),
        "deadline_at": ("deadline", "deadline_at", "整改期限", "整改时限", "限期", "要求完成时间"),
        "rectified_at": ("rectified_at", "整改完成时间", "整改时间", "完成时间"),
        "accepted_at": ("accepted_at", "验收时间", "复查时间"),
        "closed_at": ("closed_at", "销号时间", "闭合时间"),
        "state": ("dangerStatus", "danger_status", "state", "status", "隐患状态", "状态"),
        "state_number": ("dangerStatusNum", "danger_status_num", "状态编号"),
        "responsible_unit": ("unit", "responsible_unit", "责任单位", "整改单位", "责任部门", "责任区队"),
        "responsible_person": ("manager", "dutyPerson", "责任人", "整改责任人", "整改人"),
        "found_by": ("findPerson", "find_person", "发现人", "检查人", "检查人员", "排查人员"),
        "accepted_by": ("acceptPerson", "验收人", "复查人"),
        "cost_cny": ("cost_cny", "整改资金（元）", "整改资金", "资金（元）"),
        "control_measure": ("controlMeasure", "整改措施", "管控措施", "防范措施"),
        "acceptance_comment": ("acceptComment", "验收意见", "复查意见"),
        "is_supervised": ("isSupervised", "挂牌督办", "是否挂牌督办"),
        "report": ("dangerReport", "danger_report", "隐患报告"),
        "updated_at": ("updateTime", "update_time", "updated_at", "更新时间", "修改时间"),
    },
    ("danger_code", "found_at", "description"),
)
ORDER = Kind(
    "rectification_order",
    {
        "order_code": (
            "sidingId",
            "siding_id",
            "order_id",
            "四定编号",
            "四定表编号",
            "五定编号",
            "整改单编号",
            "指令编号",
        ),
        "danger_code": _DANGER_CODE,
        "enterprise_code": _ENTERPRISE,
        "mine_code": _MINE,
        "ordered_at": ("sidingTime", "siding_time", "ordered_at", "四定时间", "五定时间", "下达时间", "下发时间"),
        "deadline_at": ("rectificationTime", "rectification_time", "deadline_at", "整改时间", "整改期限", "整改时限"),
        "measure": ("rectificationMeasure", "rectification_measure", "measure", "整改措施", "措施"),
        "cost_cny": ("cost_cny", "整改资金（元）", "整改资金", "资金"),
        "contingency_plan": ("contingency_plan", "应急预案", "预案"),
        "responsible_person": ("dutyPerson", "duty_person", "责任人", "整改责任人"),
        "supervisor": ("supervisor", "督办人", "监督人", "验收人"),
    },
    ("order_code", "danger_code", "deadline_at"),
)
DISPOSAL = Kind(
    "spot_disposal",
    {
        "disposal_code": ("disposeId", "dispose_id", "disposal_id", "处理编号", "处置编号", "现场处理编号"),
        "danger_code": _DANGER_CODE,
        "enterprise_code": _ENTERPRISE,
        "mine_code": _MINE,
        "has_safety_measure": ("hasSafeMeasure", "has_safe_measure", "安全措施", "有无安全措施", "是否有安全措施"),
        "measure": ("disposeMeasure", "dispose_measure", "处理措施", "处置措施", "现场处理措施"),
        "disposed_at": ("disposeDate", "dispose_date", "处理时间", "处置时间", "处理日期", "现场处理时间"),
        "disposed_by": ("disposePerson", "dispose_person", "处理人", "处置人", "现场处理人"),
    },
    ("disposal_code", "danger_code", "disposed_at"),
)
KINDS = (ORDER, DISPOSAL, DANGER)
"""The more particular ones first: a danger's id stands in all of them."""

PERSONS = frozenset({"responsible_person", "found_by", "accepted_by", "supervisor", "disposed_by"})

_STATE_WORDS = {
    "found": ("未五定", "未四定", "已发现", "已登记", "待整改", "未整改", "found", "registered"),
    "rectifying": ("已五定", "已四定", "整改中", "正在整改", "rectifying"),
    "awaiting_acceptance": ("已整改", "整改完成", "待验收", "待复查", "awaiting_acceptance", "rectified"),
    "accepted": ("已复查", "已验收", "验收合格", "复查合格", "accepted"),
    "closed": ("已现场处理", "现场处理", "已销号", "销号", "已闭合", "已关闭", "closed"),
}
STATES = {word: state for state, words in _STATE_WORDS.items() for word in words}
STATE_NUMBERS = {"10": "rectifying", "11": "awaiting_acceptance", "12": "accepted"}
"""For rows without a word only: 00 stands for the open and for what was mended on the spot."""

LEVELS = {
    **dict.fromkeys(("重大", "重大隐患", "重大事故隐患", "A", "A级", "major"), "major"),
    **dict.fromkeys(("一般", "一般隐患", "较大", "B", "C", "D", "B级", "C级", "D级", "general"), "general"),
    "无": None,
}

MANAGE_TYPES = {
    **dict.fromkeys(("已现场处理", "现场处理"), "at_once"),
    **dict.fromkeys(("未五定", "未四定", "已五定", "已四定"), "by_deadline"),
}
