"""The flow as its source says it: steps, transitions, parameters, decorators, with spans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

from flowc.diagnostics import Span
from flowc.ir.compute import Compute
from flowc.ir.config import Config
from flowc.ir.known_decorators import CORE, GANG, IN_NO_MANIFEST, MAKERS
from flowc.ir.region import Block

if TYPE_CHECKING:
    # What only some flows have is loaded only for one that asks for it.
    from flowc.ir.batch_job import BatchJob
    from flowc.ir.cron import Schedule
    from flowc.ir.events import Trigger
    from flowc.ir.exit_hooks import ExitHook
    from flowc.ir.packages import Packages, StepPackages
    from flowc.ir.pod import Pod
    from flowc.ir.project import Project
    from flowc.ir.secret_sources import Secrets
    from flowc.ir.sensors import Sensor


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that only running the flow would tell, as it stands in the source.

    `told` says that there is a finding on it, so that nobody need tell of it again.
    """

    span: Span
    text: str
    told: bool = field(default=False, kw_only=True)


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
    """A step named in a transition; several cases of a switch may name the same.

    `case` is the case of a switch: a text as it is, anything else as it stands in the source.
    """

    step: str
    span: Span
    case: str | None = None


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


class Origin(StrEnum):
    """What a decorator is, as far as its source tells.

    A user step decorator runs around a step; a mutator may change the decorators and parameters
    of a step or flow before it starts. A function is any other of Python's; of an unseen one
    flowc has no source.
    """

    CORE = "core"
    EXTENSION = "extension"
    USER_STEP_DECORATOR = "user-step-decorator"
    STEP_MUTATOR = "step-mutator"
    FLOW_MUTATOR = "flow-mutator"
    FUNCTION = "function"
    UNSEEN = "unseen"


def api_origin(name: str) -> Origin:
    """The origin of a decorator that is imported from Metaflow or flowc."""
    return Origin.CORE if name in CORE else Origin.EXTENSION


@dataclass(frozen=True, slots=True)
class Decorator:
    """A decorator of a flow or step; `name` is its last word (`retry` of `@mf.retry(…)`).

    `hides` are decorators of Metaflow's that it may add, as its code names them. `places` says
    where arguments stand that are written out by name.
    """

    name: str
    arguments: Mapping[str, Value]
    span: Span
    positional: tuple[Value, ...] = ()
    origin: Origin = Origin.CORE
    hides: tuple[str, ...] = ()
    places: Mapping[str, Span] = field(default_factory=dict)

    def at(self, argument: str) -> Decorator:
        """The decorator, its place being that of the argument."""
        return replace(self, span=self.places.get(argument, self.span))

    @property
    def core(self) -> str:
        """The name of one of Metaflow's own; empty for any other, whatever it is called."""
        return self.name if self.origin is Origin.CORE else ""

    @property
    def hides_needed(self) -> bool:
        """Whether it may add decorators that a manifest cannot do without."""
        return not (CORE | GANG | MAKERS).difference(IN_NO_MANIFEST).isdisjoint(self.hides)

    @property
    def makes_gang(self) -> bool:
        """Whether it says that the step runs as a gang."""
        return self.name in GANG and self.origin in {Origin.CORE, Origin.EXTENSION}

    @property
    def may_add(self) -> bool:
        """Whether there may be more decorators than flowc sees."""
        unknown = {Origin.STEP_MUTATOR, Origin.FLOW_MUTATOR, Origin.UNSEEN}
        return self.origin in unknown or bool(self.hides)


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
    `pod`, `batch`, `secrets` and `pypi` are None where nothing of the kind is asked for.
    """

    name: str
    span: Span
    transition: Transition | None
    arguments: tuple[str, ...] = ("self",)
    decorators: tuple[Decorator, ...] = ()
    marks: frozenset[str] = frozenset()
    doc: str = ""
    compute: Compute = field(default_factory=Compute)
    policy: Policy = Policy()
    environment: Mapping[str, str] = field(default_factory=dict)
    pod: Pod | None = None
    batch: BatchJob | None = None
    secrets: Secrets | None = None
    pypi: StepPackages | None = None
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
class Content:
    """How the file of a parameter becomes its value; `parser` is as it stands in the source."""

    is_text: Value = True
    encoding: Value = "utf-8"
    parser: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A flow parameter: `name` as the user gives it, `attribute` as steps read it.

    `computed` says that the default is a function, which is called when a run starts. Only a
    `kind` of FILE has `content`.
    """

    name: str
    attribute: str
    kind: ParameterKind
    span: Span
    default: Value = None
    required: bool = False
    help: str = ""
    separator: str = ""
    computed: bool = False
    show_default: bool = True
    content: Content | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """A name that the flow's file takes from flowc or Metaflow, such as `metaflow.cards.Image`."""

    name: str
    span: Span


class Runtime(StrEnum):
    """What runs the steps inside of tasks: flowc's own runtime, or the installed Metaflow."""

    NATIVE = "native"
    METAFLOW = "metaflow"


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow class. `file` is its file's name; `body` is empty until the passes have run.

    `source_roots` are folders besides the flow's own that it imports from, as its folder sees them.
    `module` is where the file takes the class from, if it does not stand there itself. `given` are
    the decorators that the command line gives to all steps.
    """

    name: str
    file: str
    span: Span
    steps: Mapping[str, Step]
    start: str = "start"
    end: str = "end"
    parameters: tuple[Parameter, ...] = ()
    configs: tuple[Config, ...] = ()
    decorators: tuple[Decorator, ...] = ()
    doc: str = ""
    source_roots: tuple[str, ...] = ()
    schedule: Schedule | None = None
    module: str = ""
    project: Project | None = None
    triggers: tuple[Trigger, ...] = ()
    exit_hooks: tuple[ExitHook, ...] = ()
    sensors: tuple[Sensor, ...] = ()
    packages: tuple[Packages, ...] = ()
    imports: tuple[Import, ...] = ()
    given: tuple[Decorator, ...] = ()
    runtime: Runtime = Runtime.NATIVE
    body: Block = ()
