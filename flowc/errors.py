"""What flowc raises; a mistake in a flow is never raised, it is a `Diagnostic`.

FlowcError             told in one line; exit code 2
├── UsageError         the command line or the environment asks for something impossible
├── EngineError        an engine refuses, or cannot be reached
└── InternalError      an invariant of flowc's own is broken
"""

from __future__ import annotations


class FlowcError(Exception):
    """Told to the user in one line, with what to do about it."""


class UsageError(FlowcError):
    """The command line or the environment asks for something impossible."""


class EngineError(FlowcError):
    """An engine that a flow is deployed to refuses something, or cannot be reached."""


class InternalError(FlowcError):
    """An invariant of flowc's own is broken: a bug, whatever the flow."""
