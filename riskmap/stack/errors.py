"""What can go wrong while the embedded stack is started or stopped."""

from __future__ import annotations

from riskmap.errors import UserError


class StackError(UserError):
    """A part of the stack cannot run."""
