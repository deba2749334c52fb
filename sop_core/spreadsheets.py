"""What spreadsheets make of a text: whoever writes a file for them asks here, and nowhere else."""

from __future__ import annotations

from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20")
"""What they take for the beginning of a formula, full-width forms too.

https://owasp.org/www-community/attacks/CSV_Injection
"""
PASSED_OVER: Final = " \u00a0\ufeff\"'"
"""What they may drop before they look."""


def begins_a_formula(text: str) -> bool:
    """Return whether a spreadsheet might compute a cell that holds this text."""
    return text.lstrip(PASSED_OVER).startswith(FORMULA)
