"""What a pipeline refers to: does it all exist, is it all used, may it be named so.

Neither the API's messages nor the SDK look at any of this.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

Part = Mapping[str, Any]

# Tasks and components are part of the names of Argo's templates and of pods.
_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# What the backend's templates and placeholders can name.
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_PLACEHOLDER = re.compile(r"\{\{\$\.(.*?)\}\}")
_INPUT = re.compile(r"inputs\.parameters\['([^']*)'\]")
_OUTPUT = re.compile(r"outputs\.parameters\['([^']*)'\]\.output_file")
_CONDITION = re.compile(r"inputs\.parameter_values\['([^']*)'\] == '[^'\\]*'")


def reference_errors(pipeline: Part, *platforms: Part) -> list[str]:
    """Whatever in a pipeline dangles, goes unused, leads in circles or is named as nothing may.

    Behind it is what its platforms are to know of its executors, if anything.
    """
    components: Part = {"root": pipeline["root"], **pipeline["components"]}
    executors: Part = pipeline["deploymentSpec"]["executors"]
    return [
        *_name_errors([*pipeline["components"], *executors]),
        *_use_errors(pipeline, components, executors),
        *(error for each in platforms for error in _platform_errors(each, executors)),
        *_cycle({name: _called(component) for name, component in components.items()}),
        *_iterated_errors(components.values()),
        *(
            f"{name}: {error}"
            for name, component in components.items()
            for error in _component_errors(component, components, executors)
        ),
    ]


def _name_errors(names: Iterable[str]) -> Iterator[str]:
    yield from (f"nothing can be named {name}" for name in names if not _DNS_LABEL.fullmatch(name))


def _use_errors(pipeline: Part, components: Part, executors: Part) -> Iterator[str]:
    if not _DNS_LABEL.fullmatch(pipeline["pipelineInfo"]["name"]):
        yield f"a pipeline cannot be named {pipeline['pipelineInfo']['name']}"
    called = {name for each in components.values() for name in _called(each)} | {"root"}
    yield from (f"component {name} is unused" for name in components.keys() - called)
    labels = {each["executorLabel"] for each in components.values() if "executorLabel" in each}
    yield from (f"executor {name} is unused" for name in executors.keys() - labels)


def _platform_errors(platform: Part, executors: Part) -> Iterator[str]:
    for name, each in platform["platforms"].items():
        known = each["deploymentSpec"]["executors"].keys()
        yield from (f"{name} knows of an executor {it}" for it in known - executors.keys())


def _called(component: Part) -> set[str]:
    return {task["componentRef"]["name"] for task in _tasks(component).values()}


def _iterated_errors(components: Iterable[Part]) -> Iterator[str]:
    """The backend names a template by the component alone for each task that iterates."""
    tasks = [task for component in components for task in _tasks(component).values()]
    iterated = Counter(
        task["componentRef"]["name"] for task in tasks if "parameterIterator" in task
    )
    yield from (f"{name} is iterated by several tasks" for name in iterated if iterated[name] > 1)


def _tasks(component: Part) -> Mapping[str, Part]:
    found: Mapping[str, Part] = component.get("dag", {}).get("tasks", {})
    return found


def _cycle(leads_to: Mapping[str, Iterable[str]]) -> Iterator[str]:
    try:
        TopologicalSorter(leads_to).prepare()
    except CycleError as error:
        yield f"a circle: {' '.join(error.args[1])}"


def _component_errors(component: Part, components: Part, executors: Part) -> Iterator[str]:
    inputs, outputs = _inputs(component), _outputs(component)
    for name in (*inputs, *outputs):
        if not _PARAMETER.fullmatch(name):
            yield f"a parameter cannot be named {name}"
    if "dag" not in component:
        label = component["executorLabel"]
        if label not in executors:
            yield f"no executor {label}"
        else:
            yield from _container_errors(executors[label]["container"], inputs, outputs)
        return
    tasks = _tasks(component)
    yield from _name_errors(tasks)
    # Of a task the backend makes two, but for one that iterates.
    drivers = {f"{name}-driver" for name, task in tasks.items() if "parameterIterator" not in task}
    yield from (f"{name} is called as a driver" for name in drivers & tasks.keys())
    yield from _cycle({name: task.get("dependentTasks", ()) for name, task in tasks.items()})
    for name, task in tasks.items():
        yield from (f"{name}: {error}" for error in _task_errors(task, tasks, inputs, components))
        if name != task["taskInfo"]["name"]:
            yield f"{name} is shown as {task['taskInfo']['name']}"
    yield from _told_errors(component, components)


def _inputs(component: Part) -> Mapping[str, Part]:
    found: Mapping[str, Part] = component.get("inputDefinitions", {}).get("parameters", {})
    return found


def _outputs(component: Part) -> Mapping[str, Part]:
    found: Mapping[str, Part] = component.get("outputDefinitions", {}).get("parameters", {})
    return found


def _container_errors(container: Part, inputs: Part, outputs: Part) -> Iterator[str]:
    yield from (f"no {key}" for key in ("image", "command") if not container.get(key))
    words = [*container["command"], *container.get("args", ())]
    for placeholder in (each for word in words for each in _PLACEHOLDER.findall(word)):
        taken, told = _INPUT.fullmatch(placeholder), _OUTPUT.fullmatch(placeholder)
        if not ((taken and taken[1] in inputs) or (told and told[1] in outputs)):
            yield f"nothing is behind {placeholder}"
    written = {found[1] for word in words for found in _OUTPUT.finditer(word)}
    yield from (f"output {name} is written nowhere" for name in outputs.keys() - written)


def _task_errors(
    task: Part, tasks: Mapping[str, Part], around: Part, components: Part
) -> Iterator[str]:
    called = task["componentRef"]["name"]
    if called not in components:
        yield f"no component {called}"
        return
    after = set(task.get("dependentTasks", ()))
    yield from (f"no task {name} to come after" for name in after - tasks.keys())
    # What depends on a task that may be skipped is skipped with it.
    for name in after & tasks.keys():
        if "triggerPolicy" in tasks[name]:
            yield f"it comes after {name}, which may be skipped"
    given: Part = task["inputs"].get("parameters", {})
    for name, value in given.items():
        yield from (f"{name}: {e}" for e in _value_errors(value, after, tasks, around, components))
    yield from _argument_errors(task, given, _inputs(components[called]))
    condition = task.get("triggerPolicy", {}).get("condition")
    if condition is not None:
        found = _CONDITION.fullmatch(condition)
        if not (found and found[1] in given):
            yield f"a condition is not over its inputs: {condition}"


def _argument_errors(task: Part, given: Part, wanted: Mapping[str, Part]) -> Iterator[str]:
    handed = set(given)
    if iterator := task.get("parameterIterator"):
        handed.add(iterator["itemInput"])
        if iterator["items"]["inputParameter"] not in given:
            yield "it iterates over what it is not given"
    needed = {name for name, each in wanted.items() if not each.get("isOptional")}
    yield from (f"{name} is needed and not given" for name in needed - handed)
    yield from (f"{name} is given and not an input" for name in handed - wanted.keys())


def _value_errors(
    value: Part, after: set[str], tasks: Mapping[str, Part], around: Part, components: Part
) -> Iterator[str]:
    match value:
        case {"componentInputParameter": name}:
            if name not in around:
                yield f"no input {name} around"
        case {"taskOutputParameter": {"producerTask": producer, "outputParameterKey": key}}:
            if producer not in after:
                yield f"it is of {producer}, which it does not come after"
            yield from _output_errors(producer, key, tasks, components)
        case {"taskFinalStatus": {"producerTask": producer}}:
            if producer not in after:
                yield f"it is the end of {producer}, which it does not come after"
        case {"runtimeValue": {"constant": constant}}:
            # The backend puts this in only where it is the whole value.
            if "{{" in str(constant) and constant != "{{$.pipeline_job_uuid}}":
                yield f"a reference inside of {constant}"
        case _:
            yield f"no value: {value}"


def _told_errors(component: Part, components: Part) -> Iterator[str]:
    told: Part = component["dag"].get("outputs", {}).get("parameters", {})
    for name in told.keys() ^ _outputs(component).keys():
        yield f"output {name} is defined or told, but not both"
    for each in told.values():
        source = each["valueFromParameter"]
        producer, key = source["producerSubtask"], source["outputParameterKey"]
        yield from _output_errors(producer, key, _tasks(component), components)


def _output_errors(
    producer: str, key: str, tasks: Mapping[str, Part], components: Part
) -> Iterator[str]:
    if producer not in tasks:
        yield f"no task {producer}"
    elif "parameterIterator" in tasks[producer] or "triggerPolicy" in tasks[producer]:
        yield f"{producer} tells nothing, or many times"
    elif key not in _outputs(components.get(tasks[producer]["componentRef"]["name"], {})):
        yield f"{producer} has no output {key}"
