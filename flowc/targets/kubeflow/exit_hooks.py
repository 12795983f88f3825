"""What `@exit_hook` names as tasks around a flow's other ones; loaded where there is any.

The backend starts one task after another one has ended, however it has: so there is a component
around all before it for each image that hooks need, and a task calls all of the hooks in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flowc.ir.compute import Compute
from flowc.ir.exit_hooks import ExitHook, Outcome, hook_tasks
from flowc.ir.flow import Flow, Step
from flowc.names import Names
from flowc.targets.command import Option, words
from flowc.targets.kubeflow.leaves import RUN, Leaves
from flowc.targets.kubeflow.parameters import parameter_inputs
from flowc.targets.kubeflow.parts import STRING, Part, constant, definitions, given, task

_ALWAYS = {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
_STATUS: Part = {"parameterType": "TASK_FINAL_STATUS"}

# What the component around all other tasks is called as a task.
_FLOW = "flow"


def with_hooks(root: Part, flow: Flow, leaves: Leaves, path: str) -> tuple[Part, dict[str, Part]]:
    """The component of a flow with its hooks around it, and the components inside of that."""
    components: dict[str, Part] = {}
    parameters = parameter_inputs(flow)
    for number, (label, step) in enumerate(_steps(flow, leaves), 1):
        inner = leaves.names.take(f"comp-{_FLOW}-{number}")
        inputs = {"inputDefinitions": definitions(parameters)} if parameters else {}
        components[inner] = {**inputs, **root}
        leaves.add(label, step, {"run": STRING, "status": _STATUS}, _words(step, path))
        tasks = {
            _FLOW: task(_FLOW, inner, (), {name: given(name) for name in parameters}),
            label: _exit_task(label),
        }
        root = {"dag": {"tasks": tasks}}
    return root, components


def _exit_task(label: str) -> Part:
    inputs = {"run": constant(RUN), "status": {"taskFinalStatus": {"producerTask": _FLOW}}}
    return task(label, f"comp-step-{label}", (_FLOW,), inputs, triggerPolicy=_ALWAYS)


def _steps(flow: Flow, leaves: Leaves) -> Iterator[tuple[str, Step]]:
    """A step for each image, with what it is to be called; its name is those of its hooks."""
    tasks: dict[str, list[str]] = {}
    hooks: dict[str, ExitHook] = {}
    for outcome in Outcome:
        for name, hook in hook_tasks(flow.exit_hooks, outcome):
            tasks.setdefault(hook.image, []).append(name)
            hooks.setdefault(hook.image, hook)
    names = Names()
    for step in flow.steps:
        names.take(leaves.label(step))
    for image, called in tasks.items():
        yield names.take("on-exit"), _step(",".join(called), hooks[image], flow)


def _step(name: str, hook: ExitHook, flow: Flow) -> Step:
    """A step that runs where the first one does, and asks for nothing that this one does."""
    start = flow.steps[flow.start]
    pod = start.pod
    return Step(
        name,
        hook.span,
        None,
        compute=Compute(image=hook.image or start.compute.image),
        pod=replace(pod, port=None, extended_resources={}, qos=None) if pod else None,
    )


def _words(step: Step, path: str) -> tuple[str, ...]:
    options = {
        Option.PATH: path,
        Option.RUN: "{{$.inputs.parameters['run']}}",
        Option.ENDED: "{{$.inputs.parameters['status']}}",
    }
    return words(step.name, options, {}, {})
