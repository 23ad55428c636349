"""What can go wrong with the warehouse, as one sentence and what to do about it."""

from __future__ import annotations


class WarehouseError(Exception):
    """Root of the errors of this package; ``retryable`` says whether trying again later can help."""

    def __init__(self, what: str, *, remedy: str, retryable: bool = False) -> None:
        super().__init__(what, remedy, retryable)
        self.what = what
        self.remedy = remedy
        self.retryable = retryable

    def __str__(self) -> str:
        return f"{self.what}. To recover: {self.remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders (Airflow workers); keyword-only arguments need help to be pickled.
        return (_rebuild, (type(self), self.what, self.remedy, self.retryable))


def _rebuild(kind: type[WarehouseError], what: str, remedy: str, retryable: bool) -> WarehouseError:
    return kind(what, remedy=remedy, retryable=retryable)


class MigrationError(WarehouseError):
    """The schema of the warehouse can't be brought to the state that this version needs."""


class LandingError(WarehouseError):
    """Contracts and landing tables don't fit together."""


class ArchiveError(WarehouseError):
    """Archived bytes are missing, or are not the bytes that were put in."""


class CommitError(WarehouseError):
    """A batch was refused; nothing of it was written."""
