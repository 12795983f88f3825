"""The decorators. They say what the compiler has read; when a task runs, they do nothing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Decorator:
    """A decorator, with or without arguments, that gives back what it decorates."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, target: Any = None, **arguments: Any) -> Any:
        return _same if target is None else target

    def __repr__(self) -> str:
        return f"@{self.name}"


def _same(target: Any) -> Any:
    return target


batch = Decorator("batch")
card = Decorator("card")
catch = Decorator("catch")
conda = Decorator("conda")
conda_base = Decorator("conda_base")
environment = Decorator("environment")
exit_hook = Decorator("exit_hook")
kubernetes = Decorator("kubernetes")
parallel = Decorator("parallel")
project = Decorator("project")
pypi = Decorator("pypi")
pypi_base = Decorator("pypi_base")
resources = Decorator("resources")
retry = Decorator("retry")
schedule = Decorator("schedule")
secrets = Decorator("secrets")
timeout = Decorator("timeout")
trigger = Decorator("trigger")
trigger_on_finish = Decorator("trigger_on_finish")
