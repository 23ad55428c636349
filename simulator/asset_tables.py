"""What the county has, as rows for upload: depots, teams, plans, cameras, persons, villages, promises, links, credit.

A row is a mapping from the column's Chinese title to its value. All tables are as of a day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

from simulator.assets import DEPARTMENTS, cameras, depots, plans, stock, supplies, teams
from simulator.event_tables import Row, when, yes_no
from simulator.layout import Layout
from simulator.people import persons
from simulator.plants import hazard_sources
from simulator.world import dice

TEAM_KINDS = {"综合": "综合救援队", "专业": "专业救援队", "企业专职": "企业兼职队", "社会": "志愿者队伍"}
PLAN_KINDS = {"总体": "总体预案", "专项": "专项预案", "企业": "企业预案"}
ROLES = {
    "村级防汛责任人": ("包保责任人", "村"),
    "群测群防员": ("巡查责任人", "地灾点"),
    "易涝点责任人": ("行政责任人", "积水点"),
    "重大危险源主要负责人": ("主要负责人", "企业"),
    "重大危险源技术负责人": ("技术责任人", "企业"),
    "重大危险源操作负责人": ("安全管理人员", "企业"),
    "企业安全负责人": ("安全管理人员", "企业"),
}
EQUIPMENT = (("救援车", "车辆", 1), ("救援机器人", "机器人", 1), ("大流量排水泵", "排水泵", 1), ("灭火器", "灭火器", 8))
# Department, its source, seconds between deliveries, seconds it may be late.
PROMISES = (
    *(("气象", "met_station", "地面气象站", 3600, 900), ("气象", "weather_warning", "气象预警", 300, 300)),
    *(("水利", "water_regime", "实时雨水情", 300, 1200), ("水利", "hydro_rtu", "水文遥测站", 300, 1200)),
    *(("自然资源", "geohazard_monitoring", "地灾监测", 300, 600), ("地震", "earthquake", "地震速报", 60, 300)),
    *(("矿山", "coal_mine_safety", "煤矿安全监控", 60, 120), ("应急", "hazchem_tank", "危化品储罐", 300, 600)),
)
RISKS = {"滑坡": "中型", "崩塌": "小型", "不稳定斜坡": "小型", "泥石流": "中型", "地面塌陷": "大型"}


@dataclass(frozen=True)
class AssetTables:
    """The rows of one world."""

    seed: int
    layout: Layout

    def _town(self, lon: float, lat: float) -> str:
        return self.layout.town_of(lon, lat).code

    def _place(self, lon: float, lat: float) -> Row:
        return {"行政区划代码": self._town(lon, lat), "经度": lon, "纬度": lat}

    def depots(self, today: date) -> list[Row]:
        return [
            {
                "仓库编号": depot.code,
                "仓库名称": depot.name,
                "仓库级别": "县级" if i <= 5 else "乡镇级",
                "管理单位": "模拟县应急管理局" if i <= 5 else "模拟乡镇人民政府",
                **self._place(depot.lon, depot.lat),
                "覆盖半径": 8,
                "保管人": f"模拟责任人{i:03d}",
                "更新时间": when(today),
            }
            for i, depot in enumerate(depots(self.seed), 1)
        ]

    def stock(self, today: date) -> list[Row]:
        return [
            {
                "仓库编号": one.depot.code,
                "物资编码": f"MNWZ-{one.material}",
                "批次": f"{one.bought:%Y%m}",
                "物资名称": one.material,
                "物资类别": one.kind,
                "库存数量": one.pieces,
                "计量单位": one.unit,
                "最低储备量": max(1, one.pieces // 2),
                "生产日期": when(one.bought),
                "有效期至": when(one.expires),
                "盘点时间": when(today),
            }
            for one in stock(self.seed, today)
        ]

    def teams(self, today: date) -> list[Row]:
        return [
            {
                "队伍编号": team.code,
                "队伍名称": team.name,
                "队伍类型": TEAM_KINDS[team.kind],
                "主管单位": "模拟县应急管理局",
                **self._place(team.lon, team.lat),
                "队员人数": team.people,
                "车辆数": team.vehicles,
                "是否值守": yes_no(team.kind in ("综合", "专业")),
                "是否达标": yes_no(dice(self.seed, "qualified", team.code) < 0.92),
                "负责人": f"模拟责任人{100 + i:03d}",
                "考核时间": when(today - timedelta(days=60)),
                "更新时间": when(today),
            }
            for i, team in enumerate(teams(self.seed), 1)
        ]

    def equipment(self, today: date) -> list[Row]:
        """Few robots, and used in few call-outs, as the reports complain."""
        rows: list[Row] = []
        for team in teams(self.seed):
            for i, (name, kind, count) in enumerate(EQUIPMENT, 1):
                if kind in ("机器人", "排水泵") and team.kind not in ("综合", "专业"):
                    continue
                pieces = count + int(2 * dice(self.seed, "pieces", team.code, i))
                rows.append(
                    {
                        "装备编号": f"{team.code}-{i}",
                        "队伍编号": team.code,
                        "装备名称": name,
                        "装备类型": kind,
                        "数量": pieces,
                        "完好数量": pieces - (dice(self.seed, "broken", team.code, i) < 0.15),
                        "有效期至": when(today + timedelta(days=200)) if kind == "灭火器" else "",
                        "出动使用次数": int(8 * dice(self.seed, "used", team.code, i)) if kind != "机器人" else 1,
                        "更新时间": when(today),
                    }
                )
        return rows

    def plans(self, today: date) -> list[Row]:
        codes = {firm.code for firm in self.layout.enterprises}
        return [
            {
                "预案编号": plan.code,
                "预案名称": plan.name,
                "预案类型": PLAN_KINDS[plan.kind],
                "编制单位": "模拟编制单位",
                "统一社会信用代码": plan.owner_code if plan.owner_code in codes else "",
                "版本": "1",
                "发布日期": when(plan.updated),
                "备案日期": when(plan.filed),
                "修订日期": when(plan.updated),
                "预案状态": "有效",
                "更新时间": when(plan.filed),
            }
            for plan in plans(self.seed, today)
        ]

    def cameras(self, today: date) -> list[Row]:
        codes = {firm.code for firm in self.layout.enterprises}
        return [
            {
                "摄像机编号": one.code,
                "摄像机名称": one.name,
                "统一社会信用代码": one.object_code if one.object_code in codes else "",
                **self._place(one.lon, one.lat),
                "智能识别": yes_no(one.is_clever),
                "是否在线": yes_no(dice(self.seed, "online", one.code, today) > 0.04),
                "更新时间": when(today),
            }
            for one in cameras(self.seed)
        ]

    def persons(self, today: date) -> list[Row]:
        return [
            {
                "对象编码": one.object_code,
                "责任类型": ROLES[one.role][0],
                "责任人": one.name,
                "对象类型": ROLES[one.role][1],
                "对象名称": one.object_name,
                "所在单位": "模拟单位",
                "行政区划代码": one.region,
                "任职日期": when(today - timedelta(days=300)),
                "更新时间": when(today),
            }
            for one in persons(self.seed)
        ]

    def promises(self, today: date) -> list[Row]:
        """Two or so per department that shares; the others have promised nothing yet."""
        named = {department for department, *_ in PROMISES}
        rows: list[Row] = [
            {
                "部门": department,
                "数据源编号": feed,
                "数据源名称": name,
                "更新周期秒": every,
                "最大延迟秒": late,
                "生效日期": when(date(today.year, 1, 1)),
                "更新时间": when(today),
            }
            for department, feed, name, every, late in PROMISES
        ]
        waiting = [d for d in DEPARTMENTS if d not in named and not d.startswith(("应急", "能源", "矿山"))]
        for department in waiting:
            rows.append(
                {
                    **dict.fromkeys(rows[0], ""),
                    "部门": department,
                    "数据源编号": f"planned_{DEPARTMENTS.index(department):02d}",
                    "数据源名称": f"模拟{department}数据",
                    "更新周期秒": 86_400,
                    "生效日期": when(date(today.year + 1, 1, 1)),
                    "更新时间": when(today),
                }
            )
        return rows

    def supplies(self, today: date) -> list[Row]:
        return [
            {
                "供应商信用代码": one.supplier.code,
                "客户信用代码": one.customer.code,
                "产品名称": one.goods,
                "供应商名称": one.supplier.name,
                "客户名称": one.customer.name,
                "供应占比": round(100 * one.share),
                "是否关键": yes_no(one.share > 0.5),
                "库存天数": 2 + int(20 * dice(self.seed, "stock", one.supplier.code, one.customer.code)),
                "更新时间": when(today),
            }
            for one in supplies(self.seed)
        ]

    def villages(self, today: date) -> list[Row]:
        return [
            {
                "行政村代码": one.code,
                "年度": today.year,
                "行政村名称": one.name,
                "乡镇名称": one.town.name,
                "行政区划代码": one.town.code,
                "人口": one.people,
                "户数": math.ceil(one.people / 3.1),
                "需协助转移人数": int(0.06 * one.people),
                "经度": one.lon,
                "纬度": one.lat,
                "零事故村": yes_no(dice(self.seed, "no accident", one.code, today.year) < 0.913),
                "评定时间": when(today),
            }
            for one in self.layout.villages
        ]

    def waterlogging(self, today: date) -> list[Row]:
        kinds = ("下凹桥区", "低洼路段", "小区", "地下空间", "其他")
        return [
            {
                "积水点编号": one.code,
                "积水点名称": one.name,
                "类型": kinds[i % len(kinds)],
                **self._place(one.lon, one.lat),
                "警戒水深": 27,
                "历史最大水深": 30 + int(60 * dice(self.seed, "deepest", one.code)),
                "排水泵数": i % 3,
                "责任单位": "模拟住建局",
                "是否整治": yes_no(i % 5 == 0),
                "更新时间": when(today),
            }
            for i, one in enumerate(self.layout.waterlogging)
        ]

    def credit(self, today: date) -> list[Row]:
        """The red and the black list of the last quarter that ended."""
        year, quarter = (today.year, (today.month - 1) // 3) if today.month > 3 else (today.year - 1, 4)
        rows: list[Row] = []
        for firm in self.layout.key_enterprises:
            score = round(40 + 60 * dice(self.seed, "credit", firm.code, year, quarter) ** 0.5, 1)
            listed = "红榜" if score > 93 else "黑榜" if score < 55 else "未上榜"
            rows.append(
                {
                    "统一社会信用代码": firm.code,
                    "评定季度": f"{year}Q{quarter}",
                    "企业名称": firm.name,
                    "榜单": listed,
                    "信用得分": score,
                    "列入原因": "" if listed == "未上榜" else "模拟原因",
                    "列入时间": when(today),
                    "更新时间": when(today),
                }
            )
        return rows

    def inventories(self, today: date) -> list[Row]:
        """What the major hazard sources hold at most, as taken stock of at the beginning of the quarter."""
        quarter = date(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
        return [
            {
                "重大危险源编码": one.code,
                "物质名称": one.chemical,
                "盘点时间": when(quarter),
                "重大危险源名称": one.name,
                "统一社会信用代码": one.enterprise.code,
                "最大存量吨": one.holds_t,
                "外界暴露人数": one.people,
                "经度": one.points[0].lon,
                "纬度": one.points[0].lat,
                "更新时间": when(today),
            }
            for one in hazard_sources(self.seed)
        ]

    def hazard_sites(self, today: date) -> list[Row]:
        """The inventory of geological-hazard points, as the bureau of natural resources keeps it."""
        keepers = {one.object_code: one.name for one in persons(self.seed)}
        rows: list[Row] = []
        for slope in self.layout.hazard_points:
            people = slope.people
            level = "红" if people >= 60 else "橙" if people >= 25 else "黄" if people >= 10 else "蓝"
            rows.append(
                {
                    "统一编号": slope.code,
                    "名称": slope.name,
                    "灾害类型": slope.kind,
                    "行政区划代码": self._town(slope.lon, slope.lat),
                    "地理位置": "模拟位置",
                    "经度": slope.lon,
                    "纬度": slope.lat,
                    "坐标系": "EPSG:4490",
                    "规模等级": RISKS[slope.kind],
                    "体积": round(2 + 60 * dice(self.seed, "volume", slope.code), 1),
                    "稳定性": "欠稳定" if slope.strength_mm < 30 else "基本稳定",
                    "风险等级": level,
                    "威胁户数": math.ceil(people / 3.2),
                    "威胁人数": people,
                    "威胁财产": 20 * people,
                    "是否监测": "是",
                    "监测责任人": keepers[slope.code],
                    "管理单位": "模拟自然资源局",
                    "更新时间": when(today),
                }
            )
        return rows
