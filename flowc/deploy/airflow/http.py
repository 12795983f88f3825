"""HTTP with bounded waits, by the proxies that the environment names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

# Seconds until a connection stands, and until the next bytes come.
TIMEOUT = (10.0, 60.0)
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server has answered."""

    status: int
    content: bytes = field(repr=False)


def retries() -> urllib3.Retry:
    """What is asked again: what was lost on its way, or a server has no time for.

    Nothing that flowc asks does more when it is asked twice.
    """
    return _Retry(
        total=4,
        connect=3,
        backoff_factor=0.5,
        status_forcelist=(429, 502, 503, 504),
        allowed_methods=None,
        raise_on_status=False,
    )


class _Retry(urllib3.Retry):
    """Waits as long as a server asks for, but not for ever."""

    def get_retry_after(self, response: urllib3.BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return None if asked is None else min(asked, _LONGEST_PAUSE)


def pool(url: str) -> urllib3.PoolManager:
    """What keeps the connections to a server."""
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    timeout = urllib3.Timeout(*TIMEOUT)
    if proxy and not proxy_bypass(parts.hostname or ""):
        return urllib3.ProxyManager(proxy, retries=retries(), timeout=timeout)
    return urllib3.PoolManager(retries=retries(), timeout=timeout)


def ask(
    connections: urllib3.PoolManager,
    method: str,
    url: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """What a server answers to a request; a body is sent as JSON."""
    sent = {"Accept": "application/json", "User-Agent": "flowc", **(headers or {})}
    if body is None:
        found = connections.request(method, url, headers=sent)
    else:
        found = connections.request(method, url, headers=sent, json=body)
    return Answer(found.status, found.data)
