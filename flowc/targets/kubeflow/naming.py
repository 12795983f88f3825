"""What Kubeflow Pipelines calls a flow's pipeline, and what it can be found by."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from flowc.ir.flow import Flow
from flowc.names import flow_label, project_label, shortened
from flowc.targets.target import CompileOptions

# https://github.com/kubeflow/pipelines/blob/master/backend/src/apiserver/common/utils.go
VALID_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,126}[a-z0-9])?")

# Placeholders have the names of parameters between quotes.
VALID_PARAMETER = re.compile(r"[A-Za-z0-9_.-]+")

# https://github.com/kubeflow/pipelines/blob/master/backend/src/apiserver/model/pipeline_tags.go
_TAG_LIMIT = 63
_MOST_TAGS = 20


def pipeline_name(flow: Flow, chosen: str) -> str:
    """The name that was chosen, or that of the flow in its project."""
    project, branch = project_words(flow)
    if chosen or not project:
        return chosen or flow_label(flow.name)
    # A pipeline's name has no dots.
    return project_label(project, branch, flow.name).replace(".", "--")


def project_words(flow: Flow) -> tuple[str, str]:
    """The flow's project and branch, empty without one."""
    if flow.project is None:
        return "", ""
    from flowc.ir.project import branch_name  # noqa: PLC0415 (few flows are of a project)

    return flow.project.name, branch_name(flow.project, flow.project.user)


def tags(flow: Flow, options: CompileOptions) -> dict[str, str]:
    """The tags of the pipeline and its versions, those that were given last."""
    project, branch = project_words(flow)
    own = {"flowc-flow": flow.name, "flowc-project": project, "flowc-branch": branch}
    named = {key: shortened(text, _TAG_LIMIT) for key, text in own.items() if text}
    return named | dict(options.tags)


def refused_tags(given: Mapping[str, str]) -> Iterator[str]:
    """Those of the given tags that the server refuses, as `key=value`."""
    for number, (key, text) in enumerate(given.items(), 1):
        is_short = len(key) <= _TAG_LIMIT and len(text) <= _TAG_LIMIT
        # Three are flowc's own.
        if not key or "." in key or not is_short or number > _MOST_TAGS - 3:
            yield f"{key}={text}"
