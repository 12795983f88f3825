"""The decorators. They say what the compiler has read; when a task runs, they do nothing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol, TypeVar, overload

    T = TypeVar("T", bound=Callable[..., Any])

    class Mark(Protocol):
        """What can stand above a step or a flow, with or without arguments."""

        @overload
        def __call__(self, target: T, /) -> T: ...
        @overload
        def __call__(self, **arguments: Any) -> Callable[[T], T]: ...


# Where `@secrets` leaves its sources with the step that it decorates.
SOURCES = "flowc_secret_sources"


class Decorator:
    """A decorator, with or without arguments, that gives back what it decorates."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, target: Any = None, **arguments: Any) -> Any:
        return _same if target is None else target

    def __repr__(self) -> str:
        return f"@{self.name}"


class Secrets(Decorator):
    """`@secrets`, which leaves its sources with the step: those in the source are in no plan."""

    def __call__(self, target: Any = None, **arguments: Any) -> Any:
        if target is not None:
            return target

        def mark(method: Any) -> Any:
            setattr(method, SOURCES, arguments.get("sources") or ())
            return method

        return mark


def _same(target: Any) -> Any:
    return target


airflow_external_task_sensor: Mark = Decorator("airflow_external_task_sensor")
airflow_s3_key_sensor: Mark = Decorator("airflow_s3_key_sensor")
batch: Mark = Decorator("batch")
card: Mark = Decorator("card")
catch: Mark = Decorator("catch")
conda: Mark = Decorator("conda")
conda_base: Mark = Decorator("conda_base")
environment: Mark = Decorator("environment")
exit_hook: Mark = Decorator("exit_hook")
kubernetes: Mark = Decorator("kubernetes")
parallel: Mark = Decorator("parallel")
project: Mark = Decorator("project")
pypi: Mark = Decorator("pypi")
pypi_base: Mark = Decorator("pypi_base")
resources: Mark = Decorator("resources")
retry: Mark = Decorator("retry")
schedule: Mark = Decorator("schedule")
secrets: Mark = Secrets("secrets")
step: Mark = Decorator("step")
timeout: Mark = Decorator("timeout")
trigger: Mark = Decorator("trigger")
trigger_on_finish: Mark = Decorator("trigger_on_finish")
