"""GET over HTTP, done carefully: time-outs, retries, redirects by hand, secrets that stay with their host.

Every way to fail ends in a ConnectorError of connectors/errors.py whose text holds no secret. The original
exception is never chained: the texts of requests and urllib3 carry whole addresses.
"""

from __future__ import annotations

import logging
import re
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import requests

from connectors.errors import ConfigurationError, ConnectorError, ContractError, RateLimitedError, TransientError
from connectors.formats import Expect
from connectors.transport.auth import Signed, Signer, signer
from connectors.transport.network_errors import network_error
from connectors.transport.redaction import redact_url
from connectors.transport.retry import RetryPolicy, parse_retry_after

log = logging.getLogger(__name__)

USER_AGENT = "riskmap/0.1"
MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 1 << 16
_HTML = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class HttpOptions:
    """What differs between two HTTP sources. ``headers``: host[:port] -> header -> value, sent to that host only.

    ``sign``: how each request is signed anew (``connectors.transport.auth``), for the host that was asked for only.
    """

    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0
    max_bytes: int = 64 * 1024 * 1024
    min_interval_s: float = 0.0
    ca_bundle: str | None = None
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    sign: Mapping[str, Any] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if min(self.connect_timeout_s, self.read_timeout_s, self.max_bytes) <= 0:
            raise ValueError("time-outs and max_bytes must be above 0")
        if self.min_interval_s < 0:
            raise ValueError(f"min_interval_s must not be negative, got {self.min_interval_s}")


@dataclass(frozen=True)
class Validators:
    """What a source gave us to ask "anything new since?"."""

    etag: str | None = None
    last_modified: str | None = None

    def as_headers(self) -> dict[str, str]:
        pairs = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in pairs.items() if value}


@dataclass(frozen=True)
class Answer:
    """A good answer: 200 with a body, 204 without one, or 304. ``url`` and ``final_url`` hold no secret."""

    status: int
    url: str
    final_url: str
    body: bytes
    media_type: str | None
    validators: Validators
    fetched_at: datetime


class HttpClient:
    """GETs for one source; not shared between threads. ``sleep``, ``clock`` (seconds) and ``now`` are for tests."""

    def __init__(
        self,
        options: HttpOptions | None = None,
        retry: RetryPolicy | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.options = options or HttpOptions()
        self.retry = retry or RetryPolicy()
        self._sleep, self._clock, self._now = sleep, clock, now
        self._verify = _checked_bundle(self.options.ca_bundle)
        self._secrets = {key.lower(): dict(headers) for key, headers in self.options.headers.items()}
        self._signer = signer(self.options.sign)
        self._last_request: dict[str, float] = {}
        self._session = requests.Session()
        self._session.auth = _no_auth  # otherwise requests looks for logins in ~/.netrc on its own
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers["User-Agent"] = USER_AGENT

    def now(self) -> datetime:
        """The client's clock: the end of what can be asked for."""
        return self._now()

    def get(self, url: str, *, expect: Expect = "any", validators: Validators | None = None) -> Answer:
        """Fetch ``url``; 304 is possible only when ``validators`` were given.

        Raises ConfigurationError (address, login, certificate), ContractError (not what was expected),
        RateLimitedError or TransientError (after the retries of the policy).
        """
        url = self._keep_login(url)
        deadline = self._clock() + self.retry.budget_s
        failures = 0
        while True:
            try:
                return _not_html(self._follow(url, validators or Validators(), deadline), expect)
            except TransientError as error:
                failures += 1
                self._wait_or_raise(error, failures, deadline)

    def _keep_login(self, url: str) -> str:
        """Move ``user:password@`` out of the address into a header that only this host gets."""
        try:
            parts = urlsplit(url)
            user, password, key = parts.username, parts.password, host_key(url)
        except ValueError:
            raise _bad_address(url) from None
        if user is None:
            return url
        secrets = self._secrets.setdefault(key, {})
        login = f"{unquote(user)}:{unquote(password or '')}".encode()
        secrets.setdefault("Authorization", f"Basic {b64encode(login).decode()}")
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def _wait_or_raise(self, error: TransientError, failures: int, deadline: float) -> None:
        wish = error.retry_after
        if wish is not None and wish > self.retry.retry_after_cap_s:
            raise error
        delay = self.retry.delay_s(failures, wish)
        if failures >= self.retry.attempts or self._clock() + delay > deadline:
            tries = "once" if failures == 1 else f"{failures} times"
            raise type(error)(
                f"{error.what}, tried {tries}",
                remedy=error.remedy,
                source=error.source,
                retry_after=error.retry_after,
                status_code=error.status_code,
            ) from None
        log.warning("%s; trying again in %.1f s", error.what, delay)
        self._sleep(delay)

    def _follow(self, url: str, validators: Validators, deadline: float) -> Answer:
        """One try, redirects included. Headers are looked up anew for each hop, so no secret travels on."""
        target = url
        for _ in range(MAX_REDIRECTS + 1):
            proof = self._signer if host_key(target) == host_key(url) else None
            with self._send(target, validators.as_headers(), proof) as response:
                if response.status_code in _REDIRECTS:
                    target = _next_hop(target, response.headers.get("Location"))
                    continue
                self._check_status(response, validators, redact_url(url))
                body = self._read(response, redact_url(url), deadline) if response.status_code == 200 else b""
                return self._answer(response, body, url, target)
        raise ContractError(
            f"The source redirects more than {MAX_REDIRECTS} times",
            remedy="open the address in a browser and put the final address into the contract",
            source=redact_url(url),
        )

    def _send(self, url: str, headers: Mapping[str, str], proof: Signer | None) -> requests.Response:
        self._keep_interval(host_key(url))
        options = self.options
        asked = proof.sign(url, self._now()) if proof else Signed(url, {})
        try:
            return self._session.get(
                asked.url,
                headers={**headers, **self._secrets_for(url), **asked.headers},
                timeout=(options.connect_timeout_s, options.read_timeout_s),
                verify=self._verify,
                allow_redirects=False,
                stream=True,
            )
        except (requests.RequestException, ValueError, OSError) as error:
            raise network_error(error, url) from None

    def _secrets_for(self, url: str) -> Mapping[str, str]:
        """Headers declared for exactly this host and port; a declared host without port means the default port."""
        key = host_key(url)
        host, _, port = key.rpartition(":")
        default = "443" if urlsplit(url).scheme == "https" else "80"
        return {**(self._secrets.get(host, {}) if port == default else {}), **self._secrets.get(key, {})}

    def _keep_interval(self, key: str) -> None:
        if self.options.min_interval_s and key in self._last_request:
            wait = self._last_request[key] + self.options.min_interval_s - self._clock()
            if wait > 0:
                self._sleep(wait)
        self._last_request[key] = self._clock()

    def _check_status(self, response: requests.Response, validators: Validators, source: str) -> None:
        status = response.status_code
        if status not in {200, 204} and not (status == 304 and validators.as_headers()):
            raise _status_error(status, parse_retry_after(response.headers.get("Retry-After"), self._now()), source)

    def _answer(self, response: requests.Response, body: bytes, url: str, final_url: str) -> Answer:
        return Answer(
            status=response.status_code,
            url=redact_url(url),
            final_url=redact_url(final_url),
            body=body,
            media_type=response.headers.get("Content-Type"),
            validators=Validators(response.headers.get("ETag"), response.headers.get("Last-Modified")),
            fetched_at=self._now(),
        )

    def _read(self, response: requests.Response, source: str, deadline: float) -> bytes:
        """The whole body or an error: a body shorter than Content-Length raises, so does one that never ends."""
        body = bytearray()
        try:
            for chunk in response.iter_content(_CHUNK):
                body += chunk
                if len(body) > self.options.max_bytes:
                    raise ContractError(
                        f"The answer is larger than {self.options.max_bytes} bytes",
                        remedy="ask for less at a time (paging), or raise max_bytes of the connector",
                        source=source,
                    )
                if self._clock() > deadline:
                    raise TransientError(
                        f"The answer was not complete after {self.retry.budget_s:g} s",
                        remedy="nothing to do now: the next run tries again; if it lasts, ask its operator",
                        source=source,
                    )
        except (requests.RequestException, OSError) as error:
            raise network_error(error, source) from None
        return bytes(body)


def _not_html(answer: Answer, expect: Expect) -> Answer:
    if expect != "any" and _HTML.match(answer.body[:4096]):
        raise ContractError(
            f"The source sent an HTML page where {expect.upper()} was expected",
            remedy="open the address in a browser: a login or error page or a proxy answers instead",
            source=answer.url,
            status_code=answer.status,
        )
    return answer


def host_key(url: str) -> str:
    """``host:port`` in lower case with the default port filled in; what "the same host" means here."""
    parts = urlsplit(url)
    return f"{(parts.hostname or '').lower()}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def _next_hop(here: str, location: str | None) -> str:
    source = redact_url(here)
    if not location:
        raise ContractError(
            "The source redirects to nowhere", remedy="ask its operator for the right address", source=source
        )
    try:
        parts = urlsplit(urljoin(here, location))
        there = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))  # logins are ours to give
        host_key(there)
    except ValueError:
        raise _bad_address(location) from None
    if parts.scheme not in {"http", "https"} or (here.startswith("https:") and parts.scheme != "https"):
        raise ContractError(
            f"The source redirects to an address that is not safe to follow ({redact_url(there)})",
            remedy="ask its operator; if the new address is right, put it into the contract",
            source=source,
        )
    return there


def _status_error(status: int, retry_after: float | None, source: str) -> ConnectorError:
    """What a status code other than 200, 204 and an expected 304 means for us."""
    kind: type[ConnectorError]
    if status == 429 or (status == 503 and retry_after is not None):
        kind, what = RateLimitedError, f"The source asks us to come back later ({status})"
        remedy = "nothing to do now: a later run tries again; if it lasts, lower the frequency in the contract"
    elif status in {408, 425} or status >= 500:
        kind, what = TransientError, f"The source failed with status {status}"
        remedy = "nothing to do now: the next run tries again; if it lasts, ask the operator of the source"
    elif status in {401, 403, 407}:
        kind, what = ConfigurationError, f"The source refused us ({status})"
        remedy = (
            "check user, password or key of this host in the environment, and that the account may read this address"
        )
    elif status in {404, 410}:
        kind, what = ConfigurationError, f"There is nothing at this address ({status})"
        remedy = "check the address in the contract or its environment variable"
    else:
        kind, what = ContractError, f"The source answered with status {status}, which nothing in the contract explains"
        remedy = "try the address by hand; parameters or the interface of the source may have changed"
    return kind(what, remedy=remedy, source=source, retry_after=retry_after, status_code=status)


def _checked_bundle(path: str | None) -> str | bool:
    """The ``verify`` of requests: a CA bundle that was looked at, or the system's; never False."""
    if path is None:
        return True
    try:
        if not Path(path).is_file():
            raise FileNotFoundError(path)
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError):
        raise ConfigurationError(
            f"The CA bundle {path} cannot be read",
            remedy="give ca_bundle the path of a PEM file with the certificates of the source's authority",
        ) from None
    return path


def _bad_address(url: str) -> ConfigurationError:
    return ConfigurationError(
        "The address cannot be read",
        remedy="give a full http:// or https:// address in the contract or its environment variable",
        source=redact_url(url),
    )


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
