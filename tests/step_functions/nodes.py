"""Multi-node jobs on that AWS: a process for each node, with what Batch tells each.

https://docs.aws.amazon.com/batch/latest/userguide/mnp-env-vars.html
"""

from __future__ import annotations

import functools
import json
import sys
import threading
from typing import Any

import moto.batch.models as batch
from moto.batch import responses
from step_functions.jobs import run_container

_asked = threading.local()


def mend() -> None:
    """Let jobs have as many nodes as they ask for, which moto does not read."""
    submit, create = responses.BatchResponse.submitjob, batch.Job.__init__

    def submitjob(self: Any) -> Any:
        _asked.nodes = self._get_param("nodeOverrides") or {}
        return submit(self)

    def init(self: Any, *given: Any, **rest: Any) -> None:
        create(self, *given, **rest)
        properties = self.job_definition.node_properties
        if properties:
            self.nodes = _asked.nodes.get("numNodes", properties["numNodes"])
            self.node_variables = _overrides(_asked.nodes)
            (nodes,) = properties["nodeRangeProperties"]
            assert nodes["targetNodes"] == "0:"
            assert properties["mainNode"] == 0

    responses.BatchResponse.listjobs = _by_pages(responses.BatchResponse.listjobs)
    responses.BatchResponse.submitjob = submitjob
    batch.Job.__init__ = init


def _by_pages(plain: Any) -> Any:
    """AWS lists jobs by pages, here of one job each where it is asked by name; moto all at once."""

    def listjobs(self: Any) -> str:
        answer = json.loads(plain(self))
        if not self._get_param("filters"):
            return json.dumps(answer)
        found = answer["jobSummaryList"]
        place = int(self._get_param("nextToken") or 0)
        more = {"nextToken": str(place + 1)} if place + 1 < len(found) else {}
        return json.dumps({"jobSummaryList": found[place : place + 1], **more})

    return listjobs


def run_nodes(job: Any) -> int:
    """Run all nodes of a job to the end of its main node; the exit code of that.

    Batch takes down the other nodes then: a main node that does not wait for them has failed.
    """
    (nodes,) = job.job_definition.node_properties["nodeRangeProperties"]
    container = nodes["container"]
    words = job._add_parameters_to_command(list(container["command"]))
    own = _named(container["environment"]) | job.node_variables
    others = [
        threading.Thread(
            target=run_container,
            args=(container["image"], words, {**own, **_told(index, job.nodes)}),
            daemon=True,
        )
        for index in range(1, job.nodes)
    ]
    for other in others:
        other.start()
    # Who ends the job ends its main node.
    tell = functools.partial(setattr, job, "process")
    told = {**own, **_told(0, job.nodes)}
    code = run_container(container["image"], words, told, tell).code
    # What follows a commit has a moment.
    for other in others:
        other.join(2)
    if code == 0 and any(other.is_alive() for other in others):
        sys.stderr.write("the main node has left others behind\n")
        return 137
    return code


def _overrides(asked: dict[str, Any]) -> dict[str, str]:
    """What all nodes are told besides their definition."""
    told = [each["containerOverrides"] for each in asked.get("nodePropertyOverrides", ())]
    return {name: text for each in told for name, text in _named(each["environment"]).items()}


def _named(entries: list[dict[str, str]]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in entries}


def _told(index: int, nodes: int) -> dict[str, str]:
    main = {"AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS": "127.0.0.1"} if index else {}
    return {
        **main,
        "AWS_BATCH_JOB_MAIN_NODE_INDEX": "0",
        "AWS_BATCH_JOB_NODE_INDEX": str(index),
        "AWS_BATCH_JOB_NUM_NODES": str(nodes),
    }
