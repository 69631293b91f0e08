"""The client: asks as a polite guest does, and only whom it is told to ask.

One request at a time over one connection, with a name and a contact. A server that is busy is
asked again later: when it says (`Retry-After`), else after 1, 2, 4… seconds. A redirect is followed
only to a host on the list, over https. http is for this machine itself (loopback) alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit

import requests

from kg.errors import FetchFailed

ATTEMPTS = 6
LONGEST_WAIT = 600.0  # seconds; who asks for more is asked another day
REDIRECTS = 5
TIMEOUT = (20.0, 60.0)  # seconds to connect, and between two parts of an answer
BUSY = {408, 429, 500, 502, 503, 504}
MOVED = {301, 302, 303, 307, 308}


class Client:
    """Asks the hosts of one source. `sleep` waits so many seconds."""

    def __init__(
        self, hosts: frozenset[str], contact: str, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._hosts, self._sleep = hosts, sleep
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"ess-kg/{version('kg')} (+{contact})"

    @contextmanager
    def get(
        self,
        address: str,
        headers: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
    ) -> Iterator[requests.Response]:
        """The answer of a server, its body not read yet: 200, 206, 304 or 416.

        Raises `FetchFailed` for any other status, for a host that is not on the list, and for a
        server that does not answer although it was asked several times.
        """
        response = self._patiently(address, headers or {}, parameters or {})
        try:
            if response.status_code not in {200, 206, 304, 416}:
                raise FetchFailed(f"{address} answered {response.status_code} {response.reason}.")
            yield response
        finally:
            response.close()

    def reach(self, address: str) -> None:
        """`FetchFailed` if no server answers there, whatever it says; it is asked once."""
        self._check(address, address)
        try:
            self._session.get(address, stream=True, timeout=TIMEOUT, allow_redirects=False).close()
        except requests.RequestException as error:
            raise FetchFailed(f"{address} cannot be reached: {error}") from None

    def close(self) -> None:
        """Close the connections that are kept."""
        self._session.close()

    def read(self, address: str, parameters: Mapping[str, str] | None = None) -> requests.Response:
        """A whole answer, in memory: for what is small."""
        for attempt in range(ATTEMPTS):
            try:
                with self.get(address, parameters=parameters) as response:
                    assert response.content is not None  # reads it
                    return response
            except requests.RequestException as error:  # the connection broke within the body
                self.wait(attempt, f"{address} broke off: {error}")
        raise AssertionError

    def wait(self, attempt: int, problem: str, seconds: float | None = None) -> None:
        """Wait before the next attempt; `FetchFailed` with the problem if there is to be none."""
        pause = 2.0**attempt if seconds is None else seconds
        if attempt + 1 >= ATTEMPTS or pause > LONGEST_WAIT:
            later = f" It asks to come back in {pause:,.0f} s." if seconds is not None else ""
            raise FetchFailed(f"{problem}{later}")
        self._sleep(pause)

    def _patiently(
        self, address: str, headers: Mapping[str, str], parameters: Mapping[str, str]
    ) -> requests.Response:
        attempt = 0
        while True:
            try:
                response = self._follow(address, headers, parameters)
            except requests.RequestException as error:
                self.wait(attempt, f"{address} cannot be reached: {error}")
            else:
                if response.status_code not in BUSY:
                    return response
                response.close()
                problem = f"{address} answered {response.status_code} {response.reason}."
                self.wait(attempt, problem, _retry_after(response))
            attempt += 1

    def _follow(
        self, address: str, headers: Mapping[str, str], parameters: Mapping[str, str]
    ) -> requests.Response:
        here = address
        for _ in range(REDIRECTS + 1):
            self._check(here, address)
            response = self._session.get(
                here,
                headers=dict(headers),
                params=dict(parameters) if here == address else None,
                stream=True,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
            if response.status_code not in MOVED:
                return response
            response.close()
            here = urljoin(here, response.headers.get("Location", ""))
        raise FetchFailed(f"{address} is redirected more than {REDIRECTS} times.")

    def _check(self, here: str, address: str) -> None:
        """Raise for an address that is not to be asked."""
        parts = urlsplit(here)
        host = parts.hostname or ""
        led = "" if here == address else f", where {address} leads,"
        if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
            raise FetchFailed(f"{here}{led} is not asked: it is not https.")
        if host not in self._hosts:
            raise FetchFailed(
                f"{here}{led} is not asked: its host is not in the source's fetch.toml. "
                "If the publisher has moved there, add it to `hosts`."
            )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _retry_after(response: requests.Response) -> float | None:
    """The seconds that a server asks to wait (RFC 9110, section 10.2.3), if it does."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max(0.0, (then - datetime.now(UTC)).total_seconds())
