"""The words of the report. A sentence names the figures that it tells, and is left out where one of them is not known.

``{accidents}`` is the figure with its unit, ``{accidents:yoy}`` what became of it within a year, or nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Language = Literal["zh", "en"]

SECTIONS: Mapping[str, Mapping[Language, str]] = {
    "inspection": {"zh": "监督检查", "en": "Checks"},
    "danger": {"zh": "隐患治理", "en": "Hidden dangers"},
    "enforcement": {"zh": "行政执法与信用", "en": "Enforcement and credit"},
    "incident": {"zh": "生产安全事故", "en": "Accidents"},
    "warning": {"zh": "监测预警与响应", "en": "Warnings and response"},
    "monitoring": {"zh": "分级管控与监测感知", "en": "Grades and monitoring"},
    "mine": {"zh": "煤矿安全", "en": "Coal mines"},
    "plan_drill": {"zh": "预案与演练", "en": "Plans and drills"},
    "resource": {"zh": "救援队伍与物资", "en": "Teams and reserves"},
    "training": {"zh": "培训与会商", "en": "Training and meetings"},
    "data": {"zh": "数据汇聚", "en": "Data of departments"},
}
"""Sections in their order."""

SENTENCES: Mapping[Language, Mapping[str, tuple[str, ...]]] = {
    "zh": {
        "inspection": (
            "开展执法检查{inspections}{inspections:yoy}，其中综合检查{inspections_general}、专项检查{inspections_special}、"
            "季节性检查{inspections_seasonal}、日常检查{inspections_daily}。",
            "形成现场检查记录{site_records}、责令限期整改指令书{rectification_orders}、整改复查意见书{recheck_notes}、"
            "联合检查文书{joint_documents}。",
            "应复查的检查完成复查{rechecks_made_pct}。",
            "受检企业占在营企业的{enterprises_checked_pct}，每名检查人员对应企业{enterprises_per_inspector}。",
        ),
        "danger": (
            "排查隐患{dangers}{dangers:yoy}，其中重大隐患{dangers_major}。",
            "已整改{dangers_rectified}，整改率{dangers_rectified_pct}；期限已到的按期整改率{dangers_in_time_pct}，"
            "逾期未整改{dangers_overdue}。",
            "挂牌督办{dangers_supervised}。",
            "重大隐患回头看完成率{dangers_looked_back_pct}。",
        ),
        "enforcement": (
            "立案{cases_filed}，结案{cases_closed}，罚款{fines_cny}{fines_cny:yoy}。",
            "责令停产停业{enterprises_stopped}。",
            "安全信用红榜企业{credit_red}，黑榜企业{credit_black}。",
        ),
        "incident": (
            "发生生产安全事故{accidents}{accidents:yoy}，死亡{deaths}{deaths:yoy}，受伤{injuries}；伤亡未报的{tolls_unknown}。",
            "零事故村占{zero_accident_villages_pct}。",
            "零事故单位占{zero_accident_enterprises_pct}。",
        ),
        "warning": (
            "发布预警{warnings_sent}{warnings_sent:yoy}，其中橙色、红色{warnings_sent_grave}。",
            "应触达重点企业{enterprises_warned}，触达率{warnings_reached_pct}，按时触达率{warnings_in_time_pct}，"
            "不经人工的触达率{warnings_by_machine_pct}，处置率{warnings_acted_pct}。",
            "预警停工{work_stopped}，转移人员{people_moved}。",
            "暴雨橙、红预警提前量达标率{warnings_rainstorm_ahead_pct}。",
            "森林火情接报{forest_fire_calls}{forest_fire_calls:yoy}，确认火情{forest_fires}。",
        ),
        "monitoring": (
            "在营企业按四色分级：红色{enterprises_red}、橙色{enterprises_orange}、黄色{enterprises_yellow}、"
            "蓝色{enterprises_blue}，未定级{enterprises_ungraded}；重点企业{key_enterprises}。",
            "重点企业按行业要求监测全覆盖的占{key_enterprises_watched_pct}。",
            "在用视频监控点位{cameras}。",
            "在用监测传感点位{sensors}。",
            "监测数据到报率{slots_received_pct}。",
            "异常报警{alarms}{alarms:yoy}。",
            "由读数判出越限过程{exceedances}{exceedances:yoy}。",
            "来源报警准确率{alarms_confirmed_pct}。",
            "视频识别发现{video_findings}{video_findings:yoy}，准确率{video_confirmed_pct}。",
        ),
        "mine": (
            "煤矿安全监控、人员定位、视频三系统联网率{mines_connected_pct}。",
            "煤矿异常{mine_alarms}，其中瓦斯超限{gas_over_limit}。",
        ),
        "plan_drill": (
            "现行总体预案{plans_general}、专项预案{plans_special}、企业预案{plans_enterprise}；"
            "超期未更新的占{plans_outdated_pct}。",
            "新编预案{plans_issued}，备案{plans_filed}，评审{plans_reviewed}。",
            "举行演练{drills}{drills:yoy}，其中综合演练{drills_comprehensive}、专项演练{drills_special}、"
            "企业演练{drills_of_enterprises}，参加{drill_person_times}。",
            "可比演练中{drills_faster_pct}用时缩短。",
        ),
        "resource": (
            "综合与专业救援队{teams_full_time}、企业兼职队{teams_part_time}、社会与志愿队{teams_voluntary}，"
            "共{team_members}，车辆{team_vehicles}。",
            "已考核队伍达标率{teams_qualified_pct}。",
            "救援机器人{rescue_robots}、排水泵{rescue_pumps}。",
            "储备库{depots}，储备物资{reserve_kinds}、{reserve_pieces}，过期比例{reserve_expired_pct}。",
            "储备覆盖率{villages_covered_pct}，村到最近储备库平均{depot_distance_km}。",
        ),
        "training": ("举办培训{courses}{courses:yoy}，参加{training_person_times}，取证{certificates}。",),
        "data": (
            "已供数部门{departments_connected}，按承诺全部供数的部门占{departments_delivering_pct}。",
            "数据按时入图率{records_in_time_pct}。",
        ),
    },
    "en": {
        "inspection": (
            "{inspections} checks were made{inspections:yoy}: {inspections_general} general, {inspections_special} "
            "special, {inspections_seasonal} seasonal and {inspections_daily} daily ones among them.",
            "They left {site_records} on-site records, {rectification_orders} rectification orders, "
            "{recheck_notes} re-check notes and {joint_documents} documents of joint checks.",
            "Of the re-checks that were due {rechecks_made_pct} were made.",
            "{enterprises_checked_pct} of the enterprises in operation were checked; there are "
            "{enterprises_per_inspector} of them for each inspector.",
        ),
        "danger": (
            "{dangers} hidden dangers were found{dangers:yoy}, {dangers_major} of them major.",
            "{dangers_rectified} are rectified ({dangers_rectified_pct}); of those whose deadline is over "
            "{dangers_in_time_pct} were in time, and {dangers_overdue} are overdue.",
            "{dangers_supervised} were listed for supervision.",
            "{dangers_looked_back_pct} of the major dangers that had ended were looked back at.",
        ),
        "enforcement": (
            "{cases_filed} cases were opened and {cases_closed} closed; fines came to {fines_cny}{fines_cny:yoy}.",
            "Work was stopped {enterprises_stopped} times.",
            "{credit_red} enterprises stand on the red list and {credit_black} on the black list.",
        ),
        "incident": (
            "There were {accidents} accidents{accidents:yoy} with {deaths} dead{deaths:yoy} and {injuries} injured; "
            "of {tolls_unknown} accidents nobody told the toll.",
            "{zero_accident_villages_pct} of the villages had no accident.",
            "{zero_accident_enterprises_pct} of the enterprises had no accident.",
        ),
        "warning": (
            "{warnings_sent} warnings were sent{warnings_sent:yoy}, {warnings_sent_grave} of them orange or red.",
            "Of {enterprises_warned} of warning and key enterprise {warnings_reached_pct} were reached, "
            "{warnings_in_time_pct} in time, {warnings_by_machine_pct} without a call by hand; "
            "{warnings_acted_pct} were acted on.",
            "Work was stopped for {work_stopped}; {people_moved} were moved.",
            "{warnings_rainstorm_ahead_pct} of the grave rainstorm warnings came as far ahead as they should.",
            "There were {forest_fire_calls} forest-fire calls{forest_fire_calls:yoy}, {forest_fires} of them fires.",
        ),
        "monitoring": (
            "Enterprises in operation by their declared grade: {enterprises_red} red, {enterprises_orange} orange, "
            "{enterprises_yellow} yellow, {enterprises_blue} blue, {enterprises_ungraded} without a grade; "
            "{key_enterprises} are key enterprises.",
            "Of the key enterprises {key_enterprises_watched_pct} have everything watched that is asked of them.",
            "{cameras} cameras are in use.",
            "{sensors} sensors and stations are in use.",
            "{slots_received_pct} of the observations that were owed came.",
            "There were {alarms} abnormal events{alarms:yoy}.",
            "Readings show {exceedances} episodes beyond a limit{exceedances:yoy} that no source told.",
            "{alarms_confirmed_pct} of the alarms that sources told were confirmed.",
            "Image recognition found {video_findings} times{video_findings:yoy}; {video_confirmed_pct} were confirmed.",
        ),
        "mine": (
            "{mines_connected_pct} of the coal mines have safety monitoring, personnel positioning and video.",
            "Coal mines had {mine_alarms} anomalies, {gas_over_limit} of them gas over the limit.",
        ),
        "plan_drill": (
            "{plans_general} general, {plans_special} special and {plans_enterprise} enterprise plans are in force; "
            "{plans_outdated_pct} were not updated for too long.",
            "{plans_issued} plans were issued, {plans_filed} filed and {plans_reviewed} reviewed.",
            "{drills} drills were held{drills:yoy}: {drills_comprehensive} comprehensive, {drills_special} special, "
            "{drills_of_enterprises} by enterprises, with {drill_person_times}.",
            "Of those that can be compared {drills_faster_pct} were faster than before.",
        ),
        "resource": (
            "There are {teams_full_time} comprehensive and special teams, {teams_part_time} part-time and "
            "{teams_voluntary} voluntary ones, with {team_members} and {team_vehicles} vehicles.",
            "{teams_qualified_pct} of the assessed teams are up to standard.",
            "There are {rescue_robots} robots and {rescue_pumps} pumps.",
            "{depots} depots hold {reserve_kinds} kinds of goods, {reserve_pieces} pieces; "
            "{reserve_expired_pct} are expired.",
            "{villages_covered_pct} of villages and hazards have the right stock in reach; the nearest depot is "
            "{depot_distance_km} away on average.",
        ),
        "training": (
            "{courses} courses were held{courses:yoy} with {training_person_times} and {certificates} certificates.",
        ),
        "data": (
            "The data of {departments_connected} departments come; {departments_delivering_pct} of those with a "
            "promise that is due deliver all of it.",
            "{records_in_time_pct} of the records were in the marts in time.",
        ),
    },
}

WORDS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "title": "{region}{year}年度应急管理工作数据报告",
        "simulated_title": "【模拟】{title}",
        "mark": "模拟数据",
        "as_of": "数据截至{as_of}（北京时间），统计期{first}至{last}。",
        "simulated": "本报告所引数据源均为模拟系统，不描述任何真实的地点、企业或人员。",
        "partly_simulated": "下列数据源为模拟系统，其数据不描述任何真实的地点、企业或人员：{feeds}。",
        "counts": "共{n}项指标：{known}项有数，{unknown}项无证据；{compared}项可与上年同期比较。无证据不等于零。",
        "overview": "概述",
        "table": "{section}指标",
        "figure": "指标",
        "value": "数值",
        "unit": "单位",
        "last_year": "上年同期",
        "change": "同比",
        "period": "统计期",
        "no": "序号",
        "unknown": "无证据",
        "points": "{change:+.2f}个百分点",
        "up": "，同比上升{pct}%",
        "down": "，同比下降{pct}%",
        "same": "，同比持平",
        "chart_change": "与上年同期相比的变化（%）",
        "chart_grades": "在营企业静态风险等级（家）",
        "chart_dangers": "隐患闭环各环节（项）",
        "chart_warnings": "预警闭环各环节（企次）",
        "no_comparison": "没有指标可与上年同期比较：记录未回溯到上年同期之前，或口径不宜比较。",
        "unknown_title": "尚不掌握的情况",
        "unknown_table": "无证据的指标及原因",
        "reason": "原因",
        "late": "下列指标的记录晚于年初：{figures}。",
        "none_unknown": "所有指标都有数据来源。",
        "appendix": "口径与来源",
        "definition": "口径",
        "fraction": "分子 / 分母",
        "sources": "数据源",
        "joint": "、",
    },
    "en": {
        "title": "{region}: emergency management in {year}, the figures",
        "simulated_title": "[simulated 模拟] {title}",
        "mark": "SYNTHETIC DATA 模拟",
        "as_of": "Data as of {as_of} (Beijing time), of {first} to {last}.",
        "simulated": "All sources of this report are simulated 模拟: it describes no real place, enterprise or person.",
        "partly_simulated": "These sources are simulated 模拟, and their data describe no real place, enterprise or "
        "person: {feeds}.",
        "counts": "{n} figures: {known} are known, {unknown} have no evidence; {compared} can be compared with the "
        "same days a year before. No evidence is not zero.",
        "overview": "Overview",
        "table": "Figures: {section}",
        "figure": "Figure",
        "value": "Value",
        "unit": "Unit",
        "last_year": "Last year",
        "change": "Change",
        "period": "Period",
        "no": "No.",
        "unknown": "no evidence",
        "points": "{change:+.2f} points",
        "up": " ({pct} % up on the year)",
        "down": " ({pct} % down on the year)",
        "same": " (as in the year before)",
        "chart_change": "Change against the same days a year before (%)",
        "chart_grades": "Enterprises in operation by declared grade",
        "chart_dangers": "Hidden dangers by stage",
        "chart_warnings": "Warnings to key enterprises by stage (pairs)",
        "no_comparison": "No figure can be compared with the year before: records do not reach back to before the same "
        "days, or what is counted goes on changing.",
        "unknown_title": "What is not known",
        "unknown_table": "Figures without evidence, and why",
        "reason": "Reason",
        "late": "The records of these figures begin after the year did: {figures}.",
        "none_unknown": "There is evidence of every figure.",
        "appendix": "Definitions and sources",
        "definition": "Definition",
        "fraction": "Numerator / denominator",
        "sources": "Feeds",
        "joint": ", ",
    },
}

REASONS: Mapping[Language, Mapping[str, str]] = {
    "zh": {
        "no_feed": "没有已接通并应答过的数据源报送",
        "before_records": "该年度早于已有记录",
        "not_by_region": "数据源不区分到这一级行政区划",
        "not_kept": "数据源只保留现状，未留该年末数据",
        "nothing_to_divide": "分母为零：没有可计算的对象",
    },
    "en": {
        "no_feed": "no feed that tells of it was switched on and answered",
        "before_records": "the year lies before the records",
        "not_by_region": "the source names no regions of this level",
        "not_kept": "the source keeps only its present state, and not that of the end of this year",
        "nothing_to_divide": "there was nothing to divide by",
    },
}

STAGES: Mapping[str, Mapping[Language, str]] = {
    "dangers": {"zh": "排查", "en": "found"},
    "dangers_registered": {"zh": "登记", "en": "registered"},
    "dangers_rectified": {"zh": "整改", "en": "rectified"},
    "dangers_accepted": {"zh": "验收", "en": "accepted"},
    "dangers_closed": {"zh": "销号", "en": "closed"},
    "enterprises_warned": {"zh": "应触达", "en": "to be reached"},
    "warnings_reached_pct": {"zh": "触达", "en": "reached"},
    "warnings_acknowledged_pct": {"zh": "确认", "en": "acknowledged"},
    "warnings_acted_pct": {"zh": "处置", "en": "acted on"},
    "enterprises_red": {"zh": "红", "en": "red"},
    "enterprises_orange": {"zh": "橙", "en": "orange"},
    "enterprises_yellow": {"zh": "黄", "en": "yellow"},
    "enterprises_blue": {"zh": "蓝", "en": "blue"},
    "enterprises_ungraded": {"zh": "未定级", "en": "no grade"},
}
"""Bars of charts by their figure; of a share its numerator is drawn."""

HEADLINES = (
    *("inspections", "rectification_orders", "dangers", "enterprises_stopped", "cases_filed", "fines_cny"),
    *("accidents", "deaths", "warnings_sent", "forest_fire_calls", "alarms", "video_findings"),
    *("drills", "drill_person_times", "courses", "training_person_times", "certificates"),
)
"""Figures whose change within a year is drawn: what can stand by itself, and no more than a page holds."""

COLOURS: Mapping[str, str] = {
    "enterprises_red": "#c62828",
    "enterprises_orange": "#ef7d00",
    "enterprises_yellow": "#f2c400",
    "enterprises_blue": "#1e66c8",
    "enterprises_ungraded": "#9aa0a6",
}
"""Colours of grades; everything else is drawn in one."""
