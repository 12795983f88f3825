"""The flow as its source says it: steps, transitions, parameters, decorators, with spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from flowc.diagnostics import Span
from flowc.ir.region import Block

if TYPE_CHECKING:
    # These are loaded only for a flow that has such a decorator.
    from flowc.ir.cron import Schedule
    from flowc.ir.events import Trigger
    from flowc.ir.exit_hooks import ExitHook
    from flowc.ir.packages import Packages
    from flowc.ir.project import Project
    from flowc.ir.sensors import Sensor


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only running the flow would tell, as it stands in the source."""

    span: Span
    text: str


Value: TypeAlias = (
    bool | int | float | str | tuple["Value", ...] | Mapping[str, "Value"] | Unknown | None
)


class Kind(StrEnum):
    """What a step's transition does."""

    LINEAR = "linear"
    SPLIT = "split"
    FOREACH = "foreach"
    GANG = "gang"
    SWITCH = "switch"
    END = "end"


@dataclass(frozen=True, slots=True)
class Target:
    """A step named in a transition; several cases of a switch may name the same."""

    step: str
    span: Span


@dataclass(frozen=True, slots=True)
class Transition:
    """A `self.next(…)`. `artifact` is the foreach or condition artifact, or empty.

    `size` is how many tasks a gang has.
    """

    kind: Kind
    targets: tuple[Target, ...]
    span: Span
    artifact: str = ""
    size: Value = None

    @property
    def steps(self) -> tuple[str, ...]:
        """The names of the steps that may come next, each once, in order."""
        return tuple(dict.fromkeys(target.step for target in self.targets))


@dataclass(frozen=True, slots=True)
class Decorator:
    """A decorator of a flow or step; `name` is its last word (`retry` of `@mf.retry(…)`).

    A decorator of the user's own has no name; `own` is what stands in the source. `places` says
    where arguments stand that are written out by name.
    """

    name: str
    arguments: Mapping[str, Value]
    span: Span
    positional: tuple[Value, ...] = ()
    own: str = ""
    places: Mapping[str, Span] = field(default_factory=dict)

    def at(self, argument: str) -> Decorator:
        """The decorator, its place being that of the argument."""
        return replace(self, span=self.places.get(argument, self.span))


@dataclass(frozen=True, slots=True)
class Compute:
    """What a step's container gets; `memory_mb` in MB (10^6 bytes); image empty: the default."""

    cpu: float = 1
    memory_mb: int = 4096
    gpu: int = 0
    gpu_vendor: str = "nvidia"
    image: str = ""


@dataclass(frozen=True, slots=True)
class Catch:
    """`@catch`: the flow goes on after the last failure; the artifact, if named, tells of it."""

    artifact: str = ""
    print_exception: bool = True


@dataclass(frozen=True, slots=True)
class Policy:
    """What happens when a step fails or takes too long. Times are in seconds."""

    retries: int = 0
    retry_delay: float = 0
    catch: Catch | None = None
    timeout: int | None = None

    @property
    def attempts(self) -> int:
        """How often an orchestrator starts the task: once, each retry, and a catch's fallback."""
        return 1 + self.retries + (self.catch is not None)


@dataclass(frozen=True, slots=True)
class Step:
    """A `@step` method. `arguments` are its parameter names, `self` first.

    `file` is where it is written, as the flow's folder sees it, or empty for the flow's own file.
    """

    name: str
    span: Span
    transition: Transition | None
    arguments: tuple[str, ...] = ("self",)
    decorators: tuple[Decorator, ...] = ()
    marks: frozenset[str] = frozenset()
    doc: str = ""
    compute: Compute = Compute()
    policy: Policy = Policy()
    environment: Mapping[str, str] = field(default_factory=dict)
    file: str = ""

    @property
    def joins(self) -> bool:
        """Whether the step takes `inputs`, and so closes a split or foreach."""
        return len(self.arguments) > 1

    @property
    def kind(self) -> Kind:
        return self.transition.kind if self.transition else Kind.END

    @property
    def next_steps(self) -> tuple[str, ...]:
        return self.transition.steps if self.transition else ()


class ParameterKind(StrEnum):
    """How a parameter's text becomes its value."""

    STR = "str"
    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    JSON = "json"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A flow parameter: `name` as the user gives it, `attribute` as steps read it."""

    name: str
    attribute: str
    kind: ParameterKind
    span: Span
    default: Value = None
    required: bool = False
    help: str = ""
    separator: str = ""


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow class. `file` is its file's name; `body` is empty until the passes have run."""

    name: str
    file: str
    span: Span
    steps: Mapping[str, Step]
    start: str = "start"
    end: str = "end"
    parameters: tuple[Parameter, ...] = ()
    decorators: tuple[Decorator, ...] = ()
    doc: str = ""
    schedule: Schedule | None = None
    project: Project | None = None
    triggers: tuple[Trigger, ...] = ()
    exit_hooks: tuple[ExitHook, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    packages: tuple[Packages, ...] = ()
    body: Block = ()
