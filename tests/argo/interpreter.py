"""Argo's `steps` templates, interpreted: each container's command runs as a process.

After workflow/controller/steps.go and operator.go of Argo Workflows 4.1, for what flowc emits.
Only what has no cap runs side by side; steps of one group cannot see each other's outputs.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from argo.documents import load, workflow_template
from argo.pods import Exit, Payload, Pod, Runner, spawn, started

Scope: TypeAlias = Mapping[str, str]

# A template at this depth is refused: operator.go compares after it has counted.
MAX_DEPTH = 100

_MERGED_BY = {"env": "name", "volumeMounts": "mountPath"}


class ManifestError(Exception):
    """The manifest asks for something that Argo would refuse or that is not emitted by flowc."""


class SubmissionError(Exception):
    """The workflow cannot be submitted with these parameters."""


@dataclass(frozen=True, slots=True)
class TaskRun:
    """A container template that ran: its inputs, and the exit code of each attempt."""

    template: str
    inputs: Scope
    exit_codes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WorkflowResult:
    """How a workflow ended. `phase` is Succeeded, Failed or Error; `tasks` are in running order."""

    phase: str
    message: str
    tasks: tuple[TaskRun, ...]
    depth: int


class _NodeError(Exception):
    """A node failed or could not run; carries the phase that Argo would show."""

    def __init__(self, phase: str, message: str) -> None:
        super().__init__(message)
        self.phase = phase


def submit(  # noqa: PLR0913 (each is named where it is called)
    text: str,
    *,
    source: Path,
    store: Path,
    run: str,
    parameters: Mapping[str, str] | None = None,
    runner: Runner = spawn,
) -> WorkflowResult:
    """Run the manifest's workflow to its end.

    `source` is the working directory of every container, `store` the folder behind the volume
    claim, `run` the workflow's name, `parameters` what `argo submit -p` would be given.
    """
    documents = load(text)
    spec = workflow_template(documents)["spec"]
    with ExitStack() as stack:
        volumes = _volumes(spec, _config_maps(documents), store, stack)
        workflow = _Workflow(spec, _globals(spec, run, parameters or {}), volumes, source, runner)
        return workflow.run()


def _config_maps(documents: list[Payload]) -> dict[str, Payload]:
    maps = (document for document in documents if document["kind"] == "ConfigMap")
    return {document["metadata"]["name"]: document["data"] for document in maps}


def _volumes(
    spec: Payload, config_maps: Mapping[str, Payload], claimed: Path | None, stack: ExitStack
) -> dict[str, Path | None]:
    """The folder of each volume; none for one that is empty, and that each pod has anew.

    `claimed` is the folder behind persistent volume claims.
    """
    volumes: dict[str, Path | None] = {}
    for volume in spec.get("volumes", []):
        match volume:
            case {"name": name, "configMap": {"name": config_map}}:
                scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="configmap-"))
                for key, content in config_maps[config_map].items():
                    (Path(scratch) / key).write_text(content, encoding="utf-8")
                volumes[name] = Path(scratch)
            case {"name": name, "persistentVolumeClaim": _}:
                volumes[name] = claimed
            case {"name": name, "emptyDir": _}:
                volumes[name] = None
            case _:
                raise ManifestError(f"unknown kind of volume: {volume}")
    return volumes


def _globals(spec: Payload, run: str, given: Mapping[str, str]) -> dict[str, str]:
    declared = spec.get("arguments", {}).get("parameters", [])
    values = {entry["name"]: given.get(entry["name"], entry.get("value")) for entry in declared}
    if unknown := given.keys() - values.keys():
        raise SubmissionError(f"no such parameter: {', '.join(sorted(unknown))}")
    for name, value in values.items():
        if value is None:
            raise SubmissionError(f"spec.arguments.{name}.value is required")
        if not isinstance(value, str) or "{{" in value:
            raise SubmissionError(f"spec.arguments.{name}.value is not plain text: {value!r}")
    named = {f"workflow.parameters.{name}": str(value) for name, value in values.items()}
    return {"workflow.name": run, **named}


@dataclass
class _Workflow:
    spec: Payload
    scope: Scope
    volumes: Mapping[str, Path | None]
    source: Path
    runner: Runner
    tasks: list[TaskRun] = field(default_factory=list)
    deepest: int = 0

    def run(self) -> WorkflowResult:
        phase, message = "Succeeded", ""
        try:
            self._execute(self.spec["entrypoint"], {}, 1)
        except _NodeError as failure:
            phase, message = failure.phase, str(failure)
        return WorkflowResult(phase, message, tuple(self.tasks), self.deepest)

    def _execute(self, name: str, arguments: Scope, depth: int) -> dict[str, str]:
        """Run a template; returns its output parameters."""
        if depth >= MAX_DEPTH:
            raise _NodeError("Error", "Maximum recursion depth exceeded")
        self.deepest = max(self.deepest, depth)
        template = self._template(name)
        inputs = _inputs(template, arguments)
        scope = {**self.scope, **{f"inputs.parameters.{key}": inputs[key] for key in inputs}}
        if "steps" in template:
            self._steps(template, scope, depth)
            return {}
        return self._container(template, inputs, scope)

    def _template(self, name: str) -> Payload:
        (template,) = (entry for entry in self.spec["templates"] if entry["name"] == name)
        defaults = self.spec.get("templateDefaults", {})
        kind = "steps" if "steps" in template else "container"
        other = {"steps", "container"} - {kind}
        merged: Payload = _merged({k: v for k, v in defaults.items() if k not in other}, template)
        return merged

    def _steps(self, template: Payload, outer: Scope, depth: int) -> None:
        scope = dict(outer)
        # Those that a sequence starts without a cap may wait for each other, as gangs do.
        side_by_side = "parallelism" not in template
        for group in template["steps"]:
            outputs: dict[str, str] = {}
            failures: list[_NodeError] = []
            steps = [expanded for member in group for expanded in _expanded(member, scope)]
            is_gang = side_by_side and any("withSequence" in member for member in group)
            for step, found in self._executed(steps, depth + 1, len(steps) if is_gang else 1):
                if isinstance(found, _NodeError):
                    failures.append(found)
                else:
                    prefix = f"steps.{step['name']}.outputs.parameters."
                    outputs |= {prefix + name: value for name, value in found.items()}
            if failures:
                raise failures[0]
            scope |= outputs

    def _executed(
        self, steps: list[Payload], depth: int, width: int
    ) -> list[tuple[Payload, dict[str, str] | _NodeError]]:
        def execute(step: Payload) -> dict[str, str] | _NodeError:
            try:
                return self._execute(step["template"], _arguments(step), depth)
            except _NodeError as failure:
                return failure

        if width == 1:
            return [(step, execute(step)) for step in steps]
        with ThreadPoolExecutor(width) as threads:
            return list(zip(steps, threads.map(execute, steps), strict=True))

    def _container(self, template: Payload, inputs: Scope, scope: Scope) -> dict[str, str]:
        exit_codes: list[int] = []
        try:
            while True:
                ended, outputs = self._attempt(template, scope, len(exit_codes))
                exit_codes.append(ended.code)
                if ended.code == 0:
                    return outputs
                if not _again(template, exit_codes):
                    raise _NodeError("Failed", _failure(template, inputs, ended))
        finally:
            self.tasks.append(TaskRun(template["name"], inputs, tuple(exit_codes)))

    def _attempt(self, template: Payload, scope: Scope, number: int) -> tuple[Exit, dict[str, str]]:
        known = {**scope, "retries": str(number)} if "retryStrategy" in template else scope
        resolved = _substituted(template, known)
        container = resolved["container"]
        if not container.get("image") or not container.get("command"):
            raise ManifestError(f"template {template['name']} has no image or no command")
        with ExitStack() as stack:
            # The claims of one step alone are empty here: what they hold is not in the manifest.
            own = _volumes(resolved, {}, None, stack)
            folders = stack.enter_context(started(container, {**self.volumes, **own}))
            pod = Pod(container, folders, resolved.get("activeDeadlineSeconds"))
            ended = self.runner(pod.process(self.source))
            return ended, _outputs(resolved, pod) if ended.code == 0 else {}


def _inputs(template: Payload, arguments: Scope) -> dict[str, str]:
    declared = template.get("inputs", {}).get("parameters", [])
    inputs = {entry["name"]: arguments.get(entry["name"], entry.get("value")) for entry in declared}
    if unknown := arguments.keys() - inputs.keys():
        raise ManifestError(f"template {template['name']} has no inputs {sorted(unknown)}")
    for name, value in inputs.items():
        if value is None:
            raise ManifestError(f"template {template['name']} needs input {name}")
    return {name: str(value) for name, value in inputs.items()}


def _arguments(step: Payload) -> dict[str, str]:
    entries = step.get("arguments", {}).get("parameters", [])
    return {entry["name"]: entry["value"] for entry in entries}


def _expanded(step: Payload, scope: Scope) -> list[Payload]:
    """What Argo starts for a step: nothing, itself, or a copy for each number of its sequence."""
    if "when" in step and not _holds(_substituted(step["when"], scope)):
        return []
    if "withSequence" not in step:
        return [_substituted(step, scope)]
    count = int(_substituted(step["withSequence"]["count"], scope))
    once = {key: value for key, value in step.items() if key != "withSequence"}
    return [
        {
            **_substituted(once, {**scope, "item": str(item)}),
            "name": f"{step['name']}({item}:{item})",
        }
        for item in range(count)
    ]


def _holds(when: str) -> bool:
    comparison = re.fullmatch(r'"([^"]*)" == "([^"]*)"', when)
    if comparison is None:
        raise ManifestError(f"cannot evaluate `when: {when}`")
    return comparison[1] == comparison[2]


def _again(template: Payload, exit_codes: list[int]) -> bool:
    strategy = template.get("retryStrategy")
    if strategy is None or len(exit_codes) > int(strategy["limit"]):
        return False
    if strategy["retryPolicy"] != "Always":
        raise ManifestError("only `retryPolicy: Always` also retries evicted pods")
    _check_backoff(strategy.get("backoff"))
    comparison = re.fullmatch(r"lastRetry\.exitCode != '(\d+)'", strategy["expression"])
    if comparison is None:
        raise ManifestError(f"cannot evaluate `expression: {strategy['expression']}`")
    return str(exit_codes[-1]) != comparison[1]


def _check_backoff(backoff: Payload | None) -> None:
    if backoff is not None and not re.fullmatch(r"[0-9]+(\.[0-9]+)?s", backoff["duration"]):
        raise ManifestError(f"not a duration in seconds: {backoff['duration']}")


def _outputs(template: Payload, pod: Pod) -> dict[str, str]:
    outputs: dict[str, str] = {}
    for entry in template.get("outputs", {}).get("parameters", []):
        file = pod.file(entry["valueFrom"]["path"])
        if not file.exists():
            raise _NodeError("Error", f"{template['name']} did not write {file.name}")
        outputs[entry["name"]] = file.read_text(encoding="utf-8").removesuffix("\n")
    return outputs


def _failure(template: Payload, inputs: Scope, ended: Exit) -> str:
    place = ", ".join(f"{name} {value}" for name, value in inputs.items())
    return f"{template['name']} ({place}) ended with exit code {ended.code}\n{ended.output}"


def _merged(defaults: Any, own: Any, key: str = "") -> Any:
    """Kubernetes' strategic merge, for the lists that flowc has in defaults."""
    match defaults, own:
        case dict(), dict():
            both = {
                name: _merged(defaults[name], own[name], name) for name in defaults if name in own
            }
            return {**defaults, **own, **both}
        case list(), list() if key in _MERGED_BY:
            by = _MERGED_BY[key]
            members = {member[by]: member for member in defaults}
            for member in own:
                members[member[by]] = _merged(members.get(member[by], {}), member)
            return list(members.values())
        case _:
            return own


def _substituted(value: Any, scope: Scope) -> Any:
    """The value with each `{{…}}` replaced; one that means nothing here is an error."""
    match value:
        case str():
            return re.sub(r"\{\{(.*?)\}\}", lambda found: _resolved(found[1], scope), value)
        case dict():
            return {key: _substituted(member, scope) for key, member in value.items()}
        case list():
            return [_substituted(member, scope) for member in value]
        case _:
            return value


def _resolved(reference: str, scope: Scope) -> str:
    if reference.strip() not in scope:
        raise ManifestError(f"unresolved {{{{{reference}}}}}")
    return scope[reference.strip()]
