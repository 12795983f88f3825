"""Who asks an Airflow server; nothing of it is ever written down."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flowc.errors import UsageError

TOKEN = "FLOWC_AIRFLOW_TOKEN"  # noqa: S105 (the name of the variable)
USER = "FLOWC_AIRFLOW_USER"
PASSWORD = "FLOWC_AIRFLOW_PASSWORD"  # noqa: S105 (likewise)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token, or a user with a password; none where the environment has none."""

    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def expired(self) -> datetime | None:
        """When the token has expired, by what it says itself; nothing if it has not."""
        try:
            body = self.token.split(".")[1]
            claims = json.loads(base64.urlsafe_b64decode(f"{body}{'=' * (-len(body) % 4)}"))
            end = datetime.fromtimestamp(claims["exp"], UTC)
        except (ValueError, LookupError, TypeError, OverflowError, OSError):
            return None
        return end if end < datetime.now(UTC) else None


def from_environment(environment: Mapping[str, str] = os.environ) -> Credentials:
    """The credentials that variables have; a token goes before a user."""
    found = {name: environment.get(name, "").strip() for name in (TOKEN, USER, PASSWORD)}
    for name, text in found.items():
        if not text.isascii() or not text.isprintable():
            raise UsageError(f"{name} has letters that no header of HTTP can have")
    if found[TOKEN]:
        return Credentials(found[TOKEN])
    if bool(found[USER]) != bool(found[PASSWORD]):
        raise UsageError(f"set both {USER} and {PASSWORD}, or {TOKEN}")
    return Credentials("", found[USER], found[PASSWORD])
