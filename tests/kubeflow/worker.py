"""A process under a Python that has kfp, which runs pipelines by kfp.local and checks them.

Each line that it reads is a request in JSON, each line that it writes an answer:

    {"run": ID, "file": F, "arguments": {…}, "folder": D, "environment": {…}}
                          runs a pipeline to its end, its tasks in that folder:
                          {"state": "succeeded"|"failed"[, "error": TEXT]}
    {"check": [F, …]}     what the messages of the API and the SDK refuse: {"errors": {F: TEXT}}
    {"compile": NAME}     a pipeline of `written.py`, as the SDK compiles it: {"text": YAML}

What goes wrong in another manner is `{"raised": TRACEBACK}`. All else that is printed goes to
standard error.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import yaml
from google.protobuf.json_format import ParseDict, ParseError
from kfp import components, local
from kfp.kubernetes import kubernetes_executor_config_pb2 as kubernetes
from kfp.local import logging_utils, pipeline_orchestrator, subprocess_task_handler
from kfp.local.orchestrator import enhanced_dag_orchestrator
from kfp.pipeline_spec import pipeline_spec_pb2 as spec

if TYPE_CHECKING:
    from collections.abc import Mapping

# More than a random flow ever has at once.
_MOST_AT_ONCE = 64


def patch() -> None:
    """Make of kfp.local what runs any container as a process, and as many at once as there are."""
    handler = subprocess_task_handler.SubprocessTaskHandler
    # It would take components only whose program is a function's text in the pipeline.
    handler.validate_not_container_component = lambda *_: None
    # It would write the path of an interpreter over each `python3` of a task's words.
    subprocess_task_handler.replace_python_executable = lambda words, _: words
    # Threads that indent each other's printing and put back each other's logging end up with both
    # of all that have been there.
    logging_utils.indented_print = nullcontext
    logging_utils.local_logger_context = nullcontext
    # Iterations are two at once by default, where a gang waits for all of its members.
    executor = enhanced_dag_orchestrator.ParallelExecutor
    executor.__init__ = _with_many_threads


def _with_many_threads(self: Any) -> None:
    self.max_workers = self.conservative_max = _MOST_AT_ONCE


def answer(request: Mapping[str, Any]) -> Mapping[str, Any]:
    match request:
        case {"run": run}:
            return _run(request, run)
        case {"check": files}:
            return {"errors": {file: text for file in files if (text := _refused(Path(file)))}}
        case {"compile": name}:
            return {"text": _compile(name)}
    raise ValueError(request)


def _run(request: Mapping[str, Any], run: str) -> Mapping[str, Any]:
    # What stands for a backend's id of the run, which is random here.
    pipeline_orchestrator.placeholder_utils.make_random_id = lambda: run
    text = Path(request["file"]).read_text()
    with tempfile.TemporaryDirectory() as root, _surroundings(request):
        local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=root)
        try:
            component = components.load_component_from_text(text)
            component(**request["arguments"])
        except (RuntimeError, TypeError, ValueError) as error:
            return {"state": "failed", "error": str(error)}
    return {"state": "succeeded"}


@contextmanager
def _surroundings(request: Mapping[str, Any]) -> Iterator[None]:
    """The folder and the environment that tasks find, as their images would have them."""
    before, folder = dict(os.environ), Path.cwd()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    try:
        yield
    finally:
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(before)


def _refused(file: Path) -> str:
    """What is refused of a file's documents: fields and values that the messages do not have.

    What the pipeline takes as an unknown structure has a message of its own: the executors, and
    what Kubernetes is to know of each.
    """
    pipeline, *platforms = yaml.safe_load_all(file.read_text())
    try:
        ParseDict(pipeline, spec.PipelineSpec())
        ParseDict(pipeline["deploymentSpec"], spec.PipelineDeploymentConfig())
        for platform in platforms:
            ParseDict(platform, spec.PlatformSpec())
            for each in platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"].values():
                ParseDict(each, kubernetes.KubernetesExecutorConfig())
        components.load_component_from_text(file.read_text())
    except (ParseError, TypeError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _compile(name: str) -> str:
    from kfp import compiler

    sys.path.insert(0, str(Path(__file__).parent))
    import written

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pipeline.yaml"
        compiler.Compiler().compile(getattr(written, name), str(file))
        return file.read_text()


def serve(answers: TextIO) -> None:
    for line in sys.stdin:
        try:
            told = answer(json.loads(line))
        except BaseException:  # noqa: BLE001 (whoever asked is told, whatever it is)
            told = {"raised": traceback.format_exc()}
        answers.write(json.dumps(told) + "\n")
        answers.flush()


if __name__ == "__main__":
    own = os.fdopen(os.dup(1), "w")
    # What kfp and the tasks print must not come between the answers.
    os.dup2(2, 1)
    patch()
    serve(own)
