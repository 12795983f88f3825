"""What the runtime raises.

RefusalError              the shim stops with exit code 64: trying again is of no use
├── GraphError            the step did not do what its plan says
└── TaskMissingError      a record that an earlier task must have left behind is not there
FlowError                 the user's code asked for something impossible; fails like any exception
├── InvalidNextError      the values behind a `self.next(…)` do not allow it
├── ArtifactError         an artifact cannot be written or read
├── StoreError            the store does not answer, or not as it should; it may do so later
├── GangError             the members of a gang did not meet, or one of them is lost
├── InstallError          packages cannot be installed now; they may be later
├── SecretError           a secret cannot be fetched now; it may be later
├── MergeConflictError    `merge_artifacts` found different values
├── MergeMissingError     `merge_artifacts` did not find what it was told to include
├── NotFoundError         the store holds no such run, step or task
├── NamespaceMismatchError  it holds one, but not in the namespace that is set
├── TaggingError          a run cannot have such tags
├── InvalidPathspecError  a pathspec has the wrong number of parts
├── StepTimeoutError      `@timeout` ran out
└── FailedAttemptsError   `@catch` stands in for attempts that left no exception behind
OtherPythonError          the task is to go on under another Python
CaughtError               what `@catch` puts into its artifact
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class RefusalError(Exception):
    """Told in one line; the shim exits with 64."""


class GraphError(RefusalError):
    """The step did not do what its plan says."""


class TaskMissingError(RefusalError):
    """A record that an earlier task must have left behind is not there."""


class FlowError(Exception):
    """The user's code asked for something impossible."""


class InvalidNextError(FlowError):
    """The values behind a `self.next(…)` do not allow it."""


class ArtifactError(FlowError):
    """An artifact cannot be written or read."""


class StoreError(FlowError):
    """The store does not answer, or not as it should; it may do so later."""


class GangError(FlowError):
    """The members of a gang did not meet, or one of them is lost."""


class InstallError(FlowError):
    """Packages cannot be installed now; they may be later."""


class SecretError(FlowError):
    """A secret cannot be fetched now; it may be later."""


class _MergeError(FlowError):
    def __init__(self, message: str, artifact_names: Sequence[str] = ()) -> None:
        super().__init__(message, artifact_names)
        self.artifact_names = list(artifact_names)

    def __str__(self) -> str:
        return str(self.args[0])


class MergeConflictError(_MergeError):
    """Inputs hold different values; `artifact_names` says of which artifacts."""


class MergeMissingError(_MergeError):
    """No input holds an artifact to include; `artifact_names` says which."""


class NotFoundError(FlowError):
    """The store holds no such run, step or task."""


class NamespaceMismatchError(FlowError):
    """What the store holds is not in the namespace that is set."""


class TaggingError(FlowError):
    """A run cannot have such tags."""


class InvalidPathspecError(FlowError):
    """A pathspec has the wrong number of parts."""


class StepTimeoutError(FlowError):
    """`@timeout` ran out."""


class FailedAttemptsError(FlowError):
    """`@catch` stands in for attempts that left no exception behind."""


class OtherPythonError(Exception):
    """An attempt is to go on in the environment in the folder `place`.

    `seen` is the SHA-1 of the task's done record when it began, or nothing without one.
    """

    def __init__(self, place: str, attempt: int, seen: str) -> None:
        super().__init__(place, attempt, seen)
        self.place = place
        self.attempt = attempt
        self.seen = seen


class CaughtError(Exception):
    """An exception as an artifact: its text, type and traceback, whatever its class.

    `exception` is its message, `type` its full name, `stacktrace` its traceback as text.
    """

    exception: str
    type: str
    stacktrace: str | None

    def __init__(self, error: BaseException | None = None) -> None:
        super().__init__()
        if error is not None:
            self.exception = str(error)
            self.type = f"{type(error).__module__}.{type(error).__name__}"
            self.stacktrace = _stacktrace(error)

    def __reduce__(self) -> tuple[Any, ...]:
        return CaughtError, (), self.__dict__

    def __setstate__(self, state: dict[str, Any] | None) -> None:
        self.__dict__.update(state or {})

    def __str__(self) -> str:
        return self.stacktrace or f"[no stacktrace]\n{self.type}: {self.exception}"

    def __repr__(self) -> str:
        return str(self)


def _stacktrace(error: BaseException) -> str | None:
    if error.__traceback__ is None:
        return None
    import traceback  # noqa: PLC0415 (only a failure needs it, and it is slow to import)

    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def tell(message: str) -> None:
    """Say something about the task on stderr, where the user's own output is not disturbed."""
    print(f"flowc: {message}", file=sys.stderr, flush=True)  # noqa: T201 (a task's log is its stderr)
