"""The one family of errors a connector raises.

Every error answers the same three questions, so that a caller never has to look at a class name or a
status code to decide what to do: may it be retried (``retryable``), when at the earliest (``retry_after``,
seconds), and what should a person do (``remedy``). ``str(error)`` is one sentence plus the remedy and never
holds a secret: addresses are redacted before they get here (``connectors.transport.redaction``).
"""

from __future__ import annotations


class ConnectorError(Exception):
    """Root of everything that can go wrong between a source system and parsed records."""

    retryable: bool = False

    def __init__(
        self,
        what: str,
        *,
        remedy: str,
        source: str | None = None,
        retry_after: float | None = None,
        status_code: int | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.source = source
        self.retry_after = retry_after
        self.status_code = status_code

    def __str__(self) -> str:
        where = f" [{self.source}]" if self.source else ""
        return f"{self.what}{where}. To recover: {self.remedy}"

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders (Airflow workers); keyword-only arguments need help to be pickled.
        return (_rebuild, (type(self), self.what, self.remedy, self.source, self.retry_after, self.status_code))


def _rebuild(  # noqa: PLR0917 - pickle hands them over by position
    kind: type[ConnectorError],
    what: str,
    remedy: str,
    source: str | None,
    retry_after: float | None,
    status_code: int | None,
) -> ConnectorError:
    return kind(what, remedy=remedy, source=source, retry_after=retry_after, status_code=status_code)


class ConfigurationError(ConnectorError):
    """We are set up wrong: bad address, refused login, unknown option. Retrying cannot help."""


class ContractError(ConnectorError):
    """The source answered, but not with what its contract says: HTML for XML, a page that breaks off."""


class TransientError(ConnectorError):
    """The source or the network is ill for now: time-outs, 5xx, a refused connection."""

    retryable = True


class RateLimitedError(TransientError):
    """The source asked us to come back later (429); ``retry_after`` holds its wish when it named one."""
