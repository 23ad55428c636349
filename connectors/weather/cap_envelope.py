"""Documents that carry alerts and are no feed: EDXL-DE distributions, and lists such as ``<alerts>``.

An EDXL distribution (DE 1.0 and 2.0) holds its alerts in content objects, as elements or as text that is XML itself.
What the envelope says of its own sending changes with every delivery, so none of it goes into a warning.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree.ElementTree import Element

from connectors.weather.cap_feed import VERSIONS, is_alert
from connectors.xml import XmlError, local_name, namespace, parse_xml, text_of

_LIST = "alerts"
_EDXL = "EDXLDistribution"
_ALERT = re.compile(r"\A<.*?\balert\b", re.DOTALL)


class Content(NamedTuple):
    """One alert of an envelope, or why a part of it holds none."""

    where: str
    alert: Element | None
    lack: XmlError | None = None


def is_envelope(root: Element) -> bool:
    """An EDXL distribution, a list of alerts (an empty one is named in CAP's namespace), anything around an alert."""
    if local_name(root) == _EDXL or (local_name(root) == _LIST and namespace(root) in VERSIONS):
        return True
    return any(map(is_alert, root.iter()))


def contents(root: Element) -> Iterator[Content]:
    """Every alert in the order of the document; of an EDXL distribution also the objects that hold none."""
    if local_name(root) != _EDXL:
        yield from (Content(f"alert[{i}]", alert) for i, alert in enumerate(filter(is_alert, root.iter())))
        return
    for i, held in enumerate(child for child in root if local_name(child) in ("contentObject", "content")):
        where = f"contentObject[{i}]"
        try:
            alerts = list(filter(is_alert, held.iter())) or _written_out(held)
        except XmlError as error:
            yield Content(where, None, error)
            continue
        for j, alert in enumerate(alerts):
            yield Content(f"{where}/alert[{j}]", alert)
        if not alerts:
            yield Content(where, None, XmlError("cap.edxl.content", "the content object holds no CAP alert"))


def distribution_status(root: Element) -> str | None:
    """What an EDXL distribution says of itself: Actual, Exercise, System or Test."""
    child = next((child for child in root if local_name(child) == "distributionStatus"), None)
    return None if child is None else text_of(child) or None


def _written_out(held: Element) -> list[Element]:
    """Alerts that stand in an object as text (CDATA or escaped)."""
    texts = [element.text.strip() for element in held.iter() if element.text and not len(element)]
    roots = [parse_xml(text.encode()).root for text in texts if _ALERT.search(text)]
    return [alert for root in roots for alert in root.iter() if is_alert(alert)]
