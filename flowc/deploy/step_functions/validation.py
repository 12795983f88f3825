"""What AWS itself says against a definition, before anything is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped]

from flowc.deploy.step_functions.location import state_at
from flowc.deploy.step_functions.state_machines import compact
from flowc.deploy.step_functions.waiting import code

# Who may not ask, or asks an endpoint that does not know the question, is told later: when the
# state machine is made, or a job is started.
_UNASKED = {
    "AccessDenied",
    "AccessDeniedException",
    "InternalFailure",
    "NotImplemented",
    "UnknownOperation",
    "UnknownOperationException",
}
_FROM_HERE_THE_SERVER = 500


def complaints(client: Any, machine: Mapping[str, Any]) -> list[str]:
    """A line for each mistake, with the state that it is in; none where this cannot be asked."""
    definition = compact(machine["definition"])
    try:
        answer = client.validate_state_machine_definition(
            definition=definition, type=machine["type"]
        )
    except ClientError as error:
        if is_unasked(error):
            return []
        raise
    if answer["result"] == "OK":
        return []
    return [_line(each) for each in answer["diagnostics"]] or ["AWS finds the definition invalid"]


def is_unasked(error: ClientError) -> bool:
    """Whether AWS has not even looked at what it was asked."""
    return code(error) in _UNASKED or _status(error) >= _FROM_HERE_THE_SERVER


def _line(diagnostic: Mapping[str, str]) -> str:
    location = diagnostic.get("location", "")
    state = state_at(location)
    where = f"state `{state}`: " if state else f"{location}: " if location else ""
    return f"{where}{diagnostic['message']} ({diagnostic['code']})"


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
