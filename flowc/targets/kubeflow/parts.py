"""The pieces that a PipelineSpec is made of.

Their names and fields are those of the message:
https://github.com/kubeflow/pipelines/blob/master/api/v2alpha1/pipeline_spec.proto
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

# An object of the specification or a part of it.
Part: TypeAlias = dict[str, Any]

STRING: Part = {"parameterType": "STRING"}
LIST: Part = {"parameterType": "LIST"}

# What a step's task tells of what it decided. Loops are found by the first of these names where
# pipelines run locally.
OUTPUT, AT = "Output", "At"

# What the component of every step is given.
OWN_INPUTS = ("path", "run")


def definitions(parameters: Mapping[str, Part]) -> Part:
    """The inputs or outputs of a component."""
    return {"parameters": dict(parameters)}


def constant(value: object) -> Part:
    """A value that stands in the specification itself."""
    return {"runtimeValue": {"constant": value}}


def given(name: str) -> Part:
    """An input of the component around the task."""
    return {"componentInputParameter": name}


def output_of(task: str, name: str = OUTPUT) -> Part:
    """What another task of the same component told."""
    return {"taskOutputParameter": {"producerTask": task, "outputParameterKey": name}}


def task(
    name: str, component: str, after: Iterable[str], parameters: Mapping[str, Part], **more: Any
) -> Part:
    """A task of a component; none is taken from an earlier run, whose artifacts are its own."""
    dependencies = sorted(set(after))
    return {
        "taskInfo": {"name": name},
        "componentRef": {"name": component},
        **({"dependentTasks": dependencies} if dependencies else {}),
        "inputs": definitions(parameters),
        "cachingOptions": {},
        **more,
    }


def when_chosen(step: str) -> Part:
    """The condition of an arm, over its input `next`."""
    return {"condition": f"inputs.parameter_values['next'] == '{step}'"}
