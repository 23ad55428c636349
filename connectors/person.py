"""Persons without their names: salted hashes, the same person the same hash within one installation.

Names, card numbers and telephones never leave a parser. The salt is a secret of the installation (``${PERSON_SALT}``):
without one a hash of a name could be undone by trying all names, so there is no hash without a salt.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

from connectors.errors import ConfigurationError

_SHORTEST_SALT = 16
_LENGTH = 32  # hex digits: 128 bits, no two persons of a city alike


def hashed(text: str | None, salt: str | None) -> str | None:
    """The hash of a name or number; None for an empty one.

    Blanks and full-width spellings of the same text give the same hash. Raises ConfigurationError if there is a text
    and no salt of at least 16 characters.
    """
    plain = "".join(unicodedata.normalize("NFKC", text or "").split())
    if not plain:
        return None
    if not salt or len(salt) < _SHORTEST_SALT:
        raise ConfigurationError(
            "The records name persons and there is no salt to hash the names with",
            remedy=f"set PERSON_SALT to a random text of at least {_SHORTEST_SALT} characters and keep it for good",
        )
    return hmac.new(salt.encode(), plain.encode(), hashlib.sha256).hexdigest()[:_LENGTH]
