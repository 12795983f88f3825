"""The plan: what the runtime must know of a flow, as JSON that travels with the run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, assert_never

from flowc.fingerprint import sha256
from flowc.ir.flow import Decorator, Flow, Parameter, Runtime, Step
from flowc.ir.region import Block, Foreach, Loop, Region, Split, Switch, Task

if TYPE_CHECKING:
    from flowc.ir.project import Project

VERSION = 1


def render_plan(flow: Flow) -> str:
    """The plan as one line of JSON with sorted keys: the same bytes for the same flow."""
    return json.dumps(_plan(flow), sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """The first 16 hexadecimal digits of the text's SHA-256."""
    return sha256(text)[:16]


def _plan(flow: Flow) -> dict[str, Any]:
    configs = {config.name: config.text for config in flow.configs if config.text is not None}
    return {
        "version": VERSION,
        "flow": flow.name,
        "file": flow.file,
        **({"module": flow.module} if flow.module else {}),
        **(_of_metaflow(flow) if flow.runtime is Runtime.METAFLOW else {}),
        "start": flow.start,
        "end": flow.end,
        "parameters": [_parameter(parameter) for parameter in flow.parameters],
        **({"project": _project(flow.project)} if flow.project else {}),
        **({"hooks": _hooks(flow)} if flow.exit_hooks else {}),
        **({"configs": configs} if configs else {}),
        **({"roots": list(flow.source_roots)} if flow.source_roots else {}),
        "steps": {step.name: _step(step, _packages(flow, step)) for step in flow.steps.values()},
        "body": _block(flow.body),
    }


def _hooks(flow: Flow) -> dict[str, list[str]]:
    from flowc.ir.exit_hooks import hook_names  # noqa: PLC0415 (few flows have any)

    return hook_names(flow.exit_hooks)


def _project(project: Project) -> dict[str, Any]:
    """The branch of a user who is not known before the run is left out."""
    from flowc.ir.project import branch_name  # noqa: PLC0415 (few flows are of a project)

    is_known = bool(project.user) or not project.is_user_branch
    return {
        "name": project.name,
        **({"branch": branch_name(project, project.user)} if is_known else {}),
        **({"user": True} if project.is_user_branch else {}),
        **({"production": True} if project.production else {}),
    }


def _of_metaflow(flow: Flow) -> dict[str, Any]:
    """What only Metaflow's runtime must be told."""
    given = [_decospec(decorator) for decorator in flow.given]
    environment = _environment(flow)
    return {
        "runtime": flow.runtime.value,
        **({"environment": environment} if environment else {}),
        **({"with": given} if given else {}),
    }


def _environment(flow: Flow) -> str:
    """What Metaflow calls the environment that its decorators for packages ask for."""
    steps = (decorator for step in flow.steps.values() for decorator in step.decorators)
    names = {decorator.core.removesuffix("_base") for decorator in (*flow.decorators, *steps)}
    return next((name for name in ("conda", "pypi") if name in names), "")


def _decospec(decorator: Decorator) -> str:
    """The decorator as `--with` has it."""
    arguments = ",".join(
        f"{name}={value if isinstance(value, str) else json.dumps(value, default=dict)}"
        for name, value in decorator.arguments.items()
    )
    return f"{decorator.name}:{arguments}" if arguments else decorator.name


def _parameter(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "attribute": parameter.attribute,
        "kind": parameter.kind.value,
    }


def _packages(flow: Flow, step: Step) -> dict[str, Any]:
    """What the step's environment is made of, unless Metaflow makes it, of conda's packages too."""
    by_metaflow = flow.runtime is Runtime.METAFLOW and _environment(flow) == "conda"
    return step.pypi.entries() if step.pypi and not by_metaflow else {}


def _step(step: Step, packages: dict[str, Any]) -> dict[str, Any]:
    catch = step.policy.catch
    entries = {
        "kind": step.kind.value,
        # The runtime shows it beside the name of the flow's own file.
        "line": 0 if step.file else step.span.line,
        "next": list(step.next_steps),
        "artifact": step.transition.artifact if step.transition else "",
        "join": step.joins,
        "retries": step.policy.retries,
        "delay": step.policy.retry_delay if step.policy.retries else 0,
        "timeout": step.policy.timeout,
        "environment": dict(step.environment),
        "secrets": step.secrets and step.secrets.entries(),
        "packages": packages,
        "catch": catch and {"artifact": catch.artifact, "print": catch.print_exception},
    }
    return {key: entry for key, entry in entries.items() if entry}


def _block(block: Block) -> list[dict[str, Any]]:
    return [_region(region) for region in block]


def _region(region: Region) -> dict[str, Any]:
    match region:
        case Task(step, emits):
            return {"task": step, "emits": emits.value} if emits else {"task": step}
        case Split(at, branches):
            return {"split": at, "branches": [_block(branch) for branch in branches]}
        case Foreach(at, body, gang):
            return {"foreach": at, "body": _block(body), **({"gang": True} if gang else {})}
        case Switch(at, arms):
            return {"switch": at, "arms": {arm.to: _block(arm.body) for arm in arms}}
        case Loop(at, to, body):
            return {"loop": at, "to": to, "body": _block(body)}
        case _:
            assert_never(region)
