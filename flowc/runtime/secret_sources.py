"""The secrets of a step, put into its environment before it runs. Nothing here tells their values.

Where they come from is in the plan; what they are is fetched by the task itself, and kept nowhere.
"""

from __future__ import annotations

import os
import re

from flowc.runtime.decorators import SOURCES
from flowc.runtime.errors import RefusalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from flowc.runtime.plan import Step

AWS = "aws-secrets-manager"
ENVIRONMENT = "environment"
INLINE = "inline"
_FILE = "FLOWC_SECRETS_FILE"
_DEFAULT_BACKEND = "METAFLOW_DEFAULT_SECRETS_BACKEND_TYPE"
_DEFAULT_ROLE = "METAFLOW_DEFAULT_SECRETS_ROLE"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_METAFLOW = "METAFLOW_"
_QUOTES = "\"'"


class Secret:
    """A secret that a step asks for: which one, where it is kept, and in which role it is read."""

    def __init__(self, step: str, entry: Mapping[str, Any], role: str) -> None:
        self.step = step
        self.id: str = entry["id"]
        self.options: Mapping[str, Any] = entry.get("options", {})
        self.role: str = entry.get("role") or role or os.environ.get(_DEFAULT_ROLE, "")
        self.backend: str = entry.get("type") or os.environ.get(_DEFAULT_BACKEND, "")
        if not self.backend:
            raise self.refusal(
                f"nothing says where it is kept; set `{_DEFAULT_BACKEND}`, or write "
                f"`{AWS}.{self.id}` or `{ENVIRONMENT}.{self.id}`"
            )

    def refusal(self, why: str) -> RefusalError:
        """What to raise where the secret cannot be had."""
        return RefusalError(f"secret `{self.id}` of step `{self.step}`: {why}")


def provide(step: Step, method: object) -> None:
    """Put the secrets of a step, whose method that is, into the environment of this process."""
    entries: Mapping[str, Any] = step.secrets
    found: dict[str, str] = {}
    owners: dict[str, str] = {}
    for entry in entries.get("sources", ()):
        secret = Secret(step.name, entry, entries.get("role", ""))
        for name, text in _variables(secret, method).items():
            _check(secret, name, text)
            if name in found:
                raise secret.refusal(f"`{name}` also comes from secret `{owners[name]}`")
            if name in os.environ and os.environ[name] != text and not entries.get("override"):
                raise secret.refusal(
                    f"variable `{name}` is already set; take it away, or allow it with "
                    "`@secrets(…, allow_override=True)`"
                )
            found[name], owners[name] = text, secret.id
    os.environ.update(found)


def _variables(secret: Secret, method: object) -> Mapping[str, str]:
    if secret.backend == AWS:
        return _of_aws(secret)
    if secret.backend == ENVIRONMENT:
        return _of_environment(secret)
    if secret.backend == INLINE:
        return _of_source(secret, method)
    raise secret.refusal(
        f"flowc's native runtime reads no secrets from `{secret.backend}`, only from `{AWS}` and "
        f"`{ENVIRONMENT}`"
    )


def _of_aws(secret: Secret) -> Mapping[str, str]:
    try:
        from flowc.runtime.aws_secrets import fetch  # noqa: PLC0415 (boto3 is slow to import)
    except ModuleNotFoundError as error:
        raise secret.refusal(f"there is no module `{error.name}`; install boto3") from None
    return fetch(secret)


def _of_environment(secret: Secret) -> Mapping[str, str]:
    names = secret.options.get("variables") or [secret.id]
    file = os.environ.get(_FILE, "")
    kept = {**(_read(secret, file) if file else {}), **os.environ}
    missing = [f"`{name}`" for name in names if name not in kept]
    if missing:
        them = f"variables {', '.join(missing)} are" if missing[1:] else f"variable {missing[0]} is"
        places = f"`{file}`" if file else f"a file that `{_FILE}` names"
        raise secret.refusal(f"{them} not set; set it in the environment, or in {places}")
    renamed = secret.options.get("env_var_name")
    return {renamed if renamed and len(names) == 1 else name: kept[name] for name in names}


def _of_source(secret: Secret, method: object) -> Mapping[str, str]:
    for source in getattr(method, SOURCES, ()):
        if isinstance(source, dict) and source.get("id") == secret.id:
            found: Mapping[str, str] = source.get("options", {}).get("env_vars", {})
            return found
    raise secret.refusal("a secret of type `inline` must stand in the decorator of the step itself")


def _check(secret: Secret, name: object, text: object) -> None:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise secret.refusal(f"`{name}` cannot be the name of a variable")
    if name.startswith(_OF_METAFLOW):
        raise secret.refusal(f"`{name}` is a variable of Metaflow's own")
    if not isinstance(text, str) or "\0" in text:
        raise secret.refusal(f"the value of `{name}` is no text")


def _read(secret: Secret, file: str) -> dict[str, str]:
    """The variables in a file of lines `NAME=VALUE`, perhaps quoted or behind `export`."""
    try:
        with open(file, encoding="utf-8") as lines:  # noqa: PTH123 (pathlib is slow to import)
            return dict(map(_pair, filter(_is_pair, lines)))
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise secret.refusal(f"cannot read `{file}`: {why}") from None


def _is_pair(line: str) -> bool:
    return "=" in line and not line.lstrip().startswith("#")


def _pair(line: str) -> tuple[str, str]:
    name, _, text = line.strip().partition("=")
    text = text.strip()
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES
    words = name.split()
    return words[-1] if words else "", text[1:-1] if quoted else text
