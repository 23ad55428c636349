"""Values as PostgreSQL's text and jsonb can hold them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from typing import Any


def storable(value: Any) -> Any:
    """``value`` in what text and jsonb can hold; the payload in the archive keeps the original.

    U+0000 becomes its picture ␀, lone surrogates their escape, times ISO 8601, NaN and Infinity their names.
    """
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [storable(item) for item in value]
    text = value.isoformat() if isinstance(value, date) else str(value)
    return text.replace("\x00", "␀").encode("utf-8", "backslashreplace").decode("utf-8")
