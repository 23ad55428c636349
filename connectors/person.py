"""Persons without their names: salted hashes, the same person the same hash within one installation.

Names, card numbers and telephones never leave a parser. The salt is a secret of the installation (``${PERSON_SALT}``):
without one a hash of a name could be undone by trying all names, so there is no hash without a salt.
The parser option is called ``salt``.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from connectors.errors import ConfigurationError

_PERSONAL = re.compile(
    r"(?:人|人员)$|姓名|电话|手机|联系方式|身份证|责任人|联系人|负责人|监测人|监测员|群测群防员"
    r"|phone|mobile|id_?card|contact_?(?:person|name)|legal_?(?:person|representative)",
    re.IGNORECASE,
)
_SHORTEST_SALT = 16
_LENGTH = 32  # hex digits: 128 bits, no two persons of a city alike


def salt_of(options: Mapping[str, Any]) -> str | None:
    """The option ``salt``; None if the contract names none or its variable is not set (then no person is landed).

    Raises ConfigurationError for one that is too short to keep anybody from trying all names.
    """
    salt = options.get("salt")
    if not isinstance(salt, str) or not salt or "${" in salt:
        return None
    if len(salt) < _SHORTEST_SALT:
        raise ConfigurationError(
            "The salt that names of persons are hashed with is too short",
            remedy=f"set PERSON_SALT to a random text of at least {_SHORTEST_SALT} characters and keep it for good",
        )
    return salt


def is_personal(header: str) -> bool:
    """True for a column, unknown to its format, that holds names, numbers or telephones of persons by its header.

    Such a column is told as drift by its name alone, and kept nowhere: neither landed nor quarantined.
    """
    return bool(_PERSONAL.search(header))


def hashed(text: str | None, salt: str | None) -> str | None:
    """The hash of a name or number; None for an empty one, and where there is no salt (a caller tells that as drift).

    Blanks and full-width spellings of the same text give the same hash.
    """
    plain = "".join(unicodedata.normalize("NFKC", text or "").split())
    if not plain or salt is None:
        return None
    return hmac.new(salt.encode(), plain.encode(), hashlib.sha256).hexdigest()[:_LENGTH]
