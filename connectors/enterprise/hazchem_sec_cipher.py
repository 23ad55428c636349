"""``datas`` of a double-prevention message that is closed with AES, opened as the contract says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connectors.cipher import Cipher, CipherError
from connectors.errors import ConfigurationError
from connectors.refusal import RefusedError


@dataclass(frozen=True)
class Lock:
    """The option ``cipher``: that of connectors/cipher.py, and its ``key``."""

    cipher: Cipher
    key: str = field(repr=False)

    @classmethod
    def of(cls, declared: Mapping[str, Any] | None) -> Lock | None:
        """None where the contract names no cipher. Raises ConfigurationError for a declaration that cannot work."""
        if not declared:
            return None
        said = dict(declared)
        key = str(said.pop("key", ""))
        try:
            cipher = Cipher(**said)
            cipher.check_key(key)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(
                f"The cipher of hazchem_sec is declared wrong: {error}", remedy="correct the contract"
            ) from None
        return cls(cipher, key)

    def open(self, datas: str) -> bytes:
        """The plain bytes. Raises RefusedError: hazchem.cipher."""
        try:
            return self.cipher.decrypt(datas, self.key)
        except CipherError as error:
            raise RefusedError("hazchem.cipher", str(error)) from None
