"""What a server answers instead of what was asked, as errors of one line with what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from urllib3 import exceptions as http

from flowc.deploy.airflow.credentials import PASSWORD, TOKEN, USER, Credentials
from flowc.deploy.airflow.http import Answer
from flowc.errors import EngineError

_SHORT = 600
_LOOK = "look at --airflow-url (FLOWC_AIRFLOW_URL)"


@contextmanager
def reached(url: str, doing: str) -> Iterator[None]:
    """Where what does not come to an answer is an `EngineError`."""
    try:
        yield
    except http.HTTPError as error:
        raise EngineError(f"{_unreached(error, url)}, while {doing}") from None


def refusal(answer: Answer, url: str, credentials: Credentials, doing: str) -> EngineError:
    """What to raise for an answer that is none to what was asked."""
    said = said_in(answer)
    match answer.status:
        case 401:
            return EngineError(f"{_unknown(url, credentials)}, while {doing}")
        case 403 if "jwt" in said.lower() or (credentials.expired and credentials.token):
            return EngineError(f"{_unknown(url, credentials)}, while {doing}")
        case 403:
            return EngineError(_denied(url, credentials, doing, said))
        case 404 if not said:
            return EngineError(f"{url} knows no such address, while {doing}: {_LOOK}")
        case status if status >= 500 or status == 429:
            return EngineError(f"Airflow at {url} fails with {status} while {doing}: {said or '?'}")
        case status:
            return EngineError(f"Airflow refuses with {status} while {doing}: {said or '?'}")


def unreadable(url: str, doing: str) -> EngineError:
    """What to raise for an answer that is not Airflow's."""
    return EngineError(f"what answers at {url} is not Airflow, while {doing}: {_LOOK} and proxies")


def said_in(answer: Answer) -> str:
    """The reason in an answer, as a line; nothing where it has none."""
    try:
        found: Any = json.loads(answer.content)
    except ValueError:
        return ""
    said = (found.get("detail") or found.get("title") or "") if isinstance(found, dict) else ""
    if isinstance(said, list):
        said = "; ".join(str(each.get("msg", each)) for each in said if isinstance(each, dict))
    if isinstance(said, dict):
        said = said.get("reason") or said.get("message") or ""
    return _line(str(said))


def _unknown(url: str, credentials: Credentials) -> str:
    expired = credentials.expired
    if expired:
        when = expired.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        return f"the token in {TOKEN} expired at {when}: get a new one"
    if credentials.token:
        return (
            f"Airflow at {url} does not take the token in {TOKEN}: get a new one, "
            f"or set {USER} and {PASSWORD} in its place"
        )
    if credentials.user:
        return (
            f"Airflow at {url} does not take the user `{credentials.user}` with that password: "
            f"look at {USER} and {PASSWORD}; Airflow 2 takes them where its "
            "`[api] auth_backends` have basic_auth"
        )
    return f"Airflow at {url} wants to know who asks: set {TOKEN}, or {USER} and {PASSWORD}"


def _denied(url: str, credentials: Credentials, doing: str, said: str) -> str:
    """Airflow 2 denies a wrong password as it does what a role may not."""
    if not (credentials.token or credentials.user):
        return f"{_unknown(url, credentials)}, while {doing}"
    who = f"user `{credentials.user}`" if credentials.user else f"token in {TOKEN}"
    why = "" if said in {"", "Forbidden"} else f": {said}"
    password = "" if why or not credentials.user else ", or the password is wrong"
    return f"Airflow at {url} denies the {who} {doing}{why}; a role must allow it{password}"


def _unreached(error: http.HTTPError, url: str) -> str:
    reason = error.reason if isinstance(error, http.MaxRetryError) else error
    match reason:
        case http.NameResolutionError():
            return f"no machine is called as {url} says: {_LOOK}"
        # It is a kind of timeout to urllib3.
        case http.NewConnectionError():
            return f"nobody answers at {url}: {_LOOK}, and whether the server is up"
        case http.ConnectTimeoutError() | http.ReadTimeoutError():
            return f"Airflow at {url} does not answer in time"
        case http.SSLError():
            return f"{url} has a certificate that is not trusted ({_line(str(reason))}): {_LOOK}"
        case http.ProxyError():
            return f"the proxy before {url} fails: look at HTTPS_PROXY and NO_PROXY"
        case http.LocationValueError() | http.LocationParseError():
            return f"`{url}` is no address: {_LOOK}"
        case _:
            return f"the connection to {url} breaks off ({type(reason).__name__})"


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHORT else f"{line[: _SHORT - 1]}…"
