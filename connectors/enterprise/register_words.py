"""The words of enterprise registers, Chinese or English, and what they mean here."""

from __future__ import annotations

# column -> header texts, compared without blanks, brackets' content and case
HEADERS = {
    "credit_code": ("统一社会信用代码", "社会信用代码", "信用代码", "credit_code"),
    "enterprise_name": ("企业名称", "单位名称", "名称", "enterprise_name", "name"),
    "industry_code": ("行业代码", "industry_code"),
    "industry": ("行业类别", "行业", "所属行业", "industry"),
    "region_code": ("行政区划代码", "行政区划", "区划代码", "region_code"),
    "address": ("地址", "企业地址", "详细地址", "生产经营地址", "address"),
    "x": ("经度", "东经", "Y坐标", "longitude", "lon", "lng"),
    "y": ("纬度", "北纬", "X坐标", "latitude", "lat"),
    "crs": ("坐标系", "坐标系统", "坐标参考系", "crs", "source_crs"),
    "static_level": ("风险等级", "静态风险等级", "安全风险等级", "四色等级", "static_level", "risk_level", "level"),
    "is_key_enterprise": ("重点企业", "是否重点企业", "is_key_enterprise", "key_enterprise"),
    "mine_code": ("煤矿编码", "矿井编码", "mine_code"),
    "employees": ("从业人数", "从业人员", "职工人数", "员工人数", "employees"),
    "status": ("经营状态", "企业状态", "状态", "status"),
    "updated_at": ("更新时间", "更新日期", "修改时间", "updated_at"),
}
REQUIRED = ("credit_code", "enterprise_name", "industry", "static_level", "is_key_enterprise", "updated_at")

_LEVEL_WORDS = {
    "red": ("红", "红色", "重大", "重大风险", "一级", "I级", "Ⅰ级", "1级", "red"),
    "orange": ("橙", "橙色", "较大", "较大风险", "二级", "II级", "Ⅱ级", "2级", "orange"),
    "yellow": ("黄", "黄色", "一般", "一般风险", "三级", "III级", "Ⅲ级", "3级", "yellow"),
    "blue": ("蓝", "蓝色", "低", "低风险", "四级", "IV级", "Ⅳ级", "4级", "blue"),
    "unknown": ("", "未知", "未评估", "未评定", "unknown"),
}
_INDUSTRY_WORDS = {
    "coal_mine": ("煤矿", "煤炭", "煤矿企业", "coal_mine"),
    "non_coal_mine": ("非煤矿山", "金属非金属矿山", "non_coal_mine"),
    "hazchem": ("危化品", "危险化学品", "危化", "化工", "hazchem"),
    "metallurgy": ("冶金", "冶炼", "钢铁", "metallurgy"),
    "manufacturing": ("制造", "制造业", "工业", "manufacturing"),
    "commerce": ("商贸", "商业", "商贸服务", "commerce"),
    "tailings": ("尾矿库", "尾矿", "tailings"),
}
_STATUS_WORDS = {
    "active": ("在业", "存续", "开业", "正常", "在营", "生产", "active"),
    "stopped": ("停产", "停业", "停工", "歇业", "stopped"),
    "closed": ("关闭", "注销", "吊销", "关停", "closed"),
}

LEVELS = {word.lower(): level for level, words in _LEVEL_WORDS.items() for word in words}
INDUSTRIES = {word: industry for industry, words in _INDUSTRY_WORDS.items() for word in words}
STATUSES = {word: status for status, words in _STATUS_WORDS.items() for word in words}
