"""Steps as components and their executors: one container for each task."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from flowc.ir.flow import Flow, Policy, Step
from flowc.ir.region import Block, Emits, Loop, Task, walk
from flowc.names import DNS_LABEL_LIMIT, Names, step_label
from flowc.targets.command import Option, variables, words
from flowc.targets.kubeflow.parameters import given_parameters, input_names, parameter_inputs
from flowc.targets.kubeflow.parts import (
    AT,
    LIST,
    OUTPUT,
    STRING,
    Part,
    constant,
    definitions,
    given,
    task,
)
from flowc.targets.kubeflow.platform import executor_config, gang_steps
from flowc.targets.kubeflow.resources import resources
from flowc.targets.pods import DEFAULT_IMAGE, environment, verbatim
from flowc.targets.start import shim_words, shortened
from flowc.targets.target import CompileOptions

# The id of the run, which the backend puts in only where it is all of a task's input.
RUN = "{{$.pipeline_job_uuid}}"

# What is longest around the label of a step, so that what is named by it is a label, too.
_LONGEST = "comp-{}-too-many-rounds"

# For how long after its first attempt a task is tried again: a year. Its attempts take any time,
# and a backend that is told nothing takes none for the limit.
_RETRIED_FOR = "31536000s"


@dataclass(slots=True)
class Leaves:
    """Makes the components of the steps, and the tasks that refer to them.

    `names` are those of all components, and `executor_names` those of all executors.
    """

    flow: Flow
    options: CompileOptions
    names: Names = field(default_factory=Names)
    executor_names: Names = field(default_factory=Names)
    components: dict[str, Part] = field(default_factory=dict)
    executors: dict[str, Part] = field(default_factory=dict)
    platform: dict[str, Part] = field(default_factory=dict)
    _labels: dict[str, str] = field(init=False)
    _decided: Mapping[str, Mapping[str, tuple[Option, Part]]] = field(init=False)
    _gangs: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self._gangs = gang_steps(self.flow)
        labels = Names(DNS_LABEL_LIMIT - len(_LONGEST.format("")))
        self._labels = {step: labels.take(step_label(step)) for step in self.flow.steps}
        self._decided = _decided(self.flow.body)
        for step in self.flow.steps.values():
            self._add(step)

    def label(self, step: str) -> str:
        """What the tasks of a step are called."""
        return self._labels[step]

    def task(self, name: str, step: str, after: tuple[str, ...], path: Part) -> Part:
        """A task of the step, at a path."""
        inputs = {"path": path, "run": constant(RUN)}
        if step == self.flow.start:
            names = input_names(self.flow)
            inputs |= {names[name]: given(name) for name in parameter_inputs(self.flow)}
        more = _retry_policy(self.flow.steps[step].policy)
        return task(name, f"comp-step-{self.label(step)}", after, inputs, **more)

    def too_many_rounds(self, latch: str, rounds: int) -> str:
        """A component that fails, and says that a loop has gone on for too long."""
        name = self.names.take(_LONGEST.format(self.label(latch)))
        executor = self.executor_names.take(f"exec-{self.label(latch)}-too-many-rounds")
        message = f"the loop of `{latch}` has not ended after {rounds} rounds"
        program = f"raise SystemExit({message!r})"
        self.components[name] = {
            "executorLabel": executor,
            "inputDefinitions": definitions({"path": STRING, "next": STRING}),
        }
        container = {"image": self._image(self.flow.steps[latch])}
        self.executors[executor] = {
            "container": {**container, "command": ["python", "-c"], "args": [program]}
        }
        return name

    def _add(self, step: Step) -> None:
        label = self.label(step.name)
        told = self._decided.get(step.name, {})
        inputs = {"path": STRING, "run": STRING}
        if step.name == self.flow.start:
            names = input_names(self.flow)
            inputs |= {names[name]: each for name, each in parameter_inputs(self.flow).items()}
        outputs = {name: kind for name, (_, kind) in told.items()}
        self.add(label, step, inputs, self._words(step))
        if outputs:
            self.components[f"comp-step-{label}"]["outputDefinitions"] = definitions(outputs)

    def add(self, label: str, step: Step, inputs: Part, arguments: tuple[str, ...]) -> None:
        """Add a component with that label, whose container runs the shim with those arguments."""
        self.components[self.names.take(f"comp-step-{label}")] = {
            "executorLabel": self.executor_names.take(f"exec-{label}"),
            "inputDefinitions": definitions(inputs),
        }
        self.executors[f"exec-{label}"] = {"container": self._container(step, arguments)}
        is_member = step.name in self._gangs
        config = executor_config(step, self.options.store, is_member=is_member)
        if config:
            self.platform[f"exec-{label}"] = config

    def _container(self, step: Step, arguments: tuple[str, ...]) -> Part:
        store = variables({Option.STORE: self.options.store})
        values = {**environment(step), **_secrets(step), **store}
        return {
            "image": self._image(step),
            "command": [verbatim(word) for word in shortened(shim_words(self.options.package))],
            "args": list(arguments),
            "env": [{"name": name, "value": verbatim(value)} for name, value in values.items()],
            "resources": resources(step),
        }

    def _image(self, step: Step) -> str:
        return step.compute.image or self.options.image or DEFAULT_IMAGE

    def _words(self, step: Step) -> tuple[str, ...]:
        files = {
            option: f"{{{{$.outputs.parameters['{name}'].output_file}}}}"
            for name, (option, _) in self._decided.get(step.name, {}).items()
        }
        options = {
            Option.PATH: "{{$.inputs.parameters['path']}}",
            Option.RUN: "{{$.inputs.parameters['run']}}",
            # Backends before 2.17 do not say which attempt it is.
            Option.ATTEMPT: "auto",
            **files,
        }
        parameters = given_parameters(self.flow) if step.name == self.flow.start else ({}, {})
        first, *rest = words(step.name, options, *parameters)
        return ("region" if step.name in step.next_steps else first, *rest)


def _secrets(step: Step) -> Mapping[str, str]:
    if step.pod is None:
        return {}
    from flowc.targets.kubeflow.pod import secret_variables  # noqa: PLC0415 (few steps have any)

    return secret_variables(step)


def _decided(body: Block) -> dict[str, dict[str, tuple[Option, Part]]]:
    """What a step's task tells by which option, for each step that decides something."""
    told: dict[str, dict[str, tuple[Option, Part]]] = {}
    for region in walk(body):
        match region:
            case Task(step, Emits.COUNT):
                told.setdefault(step, {})[OUTPUT] = (Option.ITEMS, LIST)
            case Task(step, Emits.NEXT):
                told.setdefault(step, {})[OUTPUT] = (Option.NEXT, STRING)
            case Loop(at):
                told.setdefault(at, {})[AT] = (Option.AT, STRING)
            case _:
                pass
    return told


def _retry_policy(policy: Policy) -> dict[str, Part]:
    if policy.attempts == 1:
        return {}
    backoff = {
        # Some whole seconds: the backend reads no exponents.
        "backoffDuration": f"{math.ceil(policy.retry_delay)}s",
        "backoffFactor": 1.0,
        "backoffMaxDuration": _RETRIED_FOR,
    }
    return {"retryPolicy": {"maxRetryCount": policy.attempts - 1, **backoff}}
