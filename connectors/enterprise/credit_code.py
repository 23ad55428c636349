"""The unified social credit code (GB 32100): 18 characters, the last one checks the others.

Only the writing is repaired (full-width, lower case, blanks). O for 0 or I for 1 is not: the check character finds
one wrong character, it does not tell which code was meant.
"""

from __future__ import annotations

import re
import unicodedata

from stdnum.cn.uscc import calc_check_digit

from connectors.refusal import RefusedError

_SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+?\d+")


def credit_code(text: str) -> str:
    """The code in its one spelling. Raises RefusedError.

    The check is not ``stdnum.cn.uscc.validate``: that also wants digits in the first eight places, where the
    standard allows letters (registrars A, N, Y).
    """
    code = unicodedata.normalize("NFKC", text).strip().upper()
    if not code:
        raise RefusedError("enterprise.credit_code.empty", "the row has no credit code")
    if _SCIENTIFIC.fullmatch(code):
        raise RefusedError(
            "enterprise.credit_code.scientific",
            f"{text!r} was made a number by a spreadsheet and has lost its last digits: format the column as text",
        )
    if not _SHAPE.fullmatch(code):
        raise RefusedError(
            "enterprise.credit_code.format", f"{text!r} is not 18 digits and letters (without I, O, S, V, Z)"
        )
    if calc_check_digit(code[:17]) != code[17]:
        raise RefusedError(
            "enterprise.credit_code.check", f"{text!r} does not fit its check character: one character is wrong"
        )
    return code
