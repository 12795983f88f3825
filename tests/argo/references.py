"""What a manifest refers to: does it all exist, is it all used, may it be named so."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from argo.documents import Payload, load, workflow_template

# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_DNS_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
# Argo's workflow/validate/validate.go.
_FIELD_NAME = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]{0,127}")
_PARAMETER_NAME = re.compile(r"[-a-zA-Z0-9_]+")
_REFERENCE = re.compile(r"\{\{(.*?)\}\}")


def reference_errors(text: str) -> list[str]:
    """Whatever in a manifest dangles, goes unused or has a name that Argo or Kubernetes refuses."""
    documents = load(text)
    config_maps = [d["metadata"]["name"] for d in documents if d["kind"] == "ConfigMap"]
    manifest = _Manifest(workflow_template(documents)["spec"])
    return [
        *_object_names(documents),
        *_schedule_errors(documents),
        *_volume_errors(manifest, config_maps),
        *_parameter_errors(manifest),
        *_template_errors(manifest),
        *(
            error
            for template in manifest.templates.values()
            for error in _inner(manifest, template)
        ),
    ]


def _schedule_errors(documents: list[Payload]) -> Iterator[str]:
    started = workflow_template(documents)["metadata"]["name"]
    for document in documents:
        if document["kind"] == "CronWorkflow":
            wanted = document["spec"]["workflowSpec"]["workflowTemplateRef"]["name"]
            if wanted != started:
                yield f"a schedule starts {wanted}, which is not there"
            if len(document["metadata"]["name"]) > 52:
                yield f"a cron workflow cannot be named {document['metadata']['name']}"


class _Manifest:
    def __init__(self, spec: Payload) -> None:
        self.spec = spec
        self.names = [template["name"] for template in spec["templates"]]
        self.templates = {template["name"]: template for template in spec["templates"]}
        self.defaults: Payload = spec.get("templateDefaults", {}).get("container", {})
        self.parameters = [
            entry["name"] for entry in spec.get("arguments", {}).get("parameters", [])
        ]

    def steps(self) -> Iterator[Payload]:
        for template in self.templates.values():
            for group in template.get("steps", []):
                yield from group


def _object_names(documents: Iterable[Payload]) -> Iterator[str]:
    for document in documents:
        name = document["metadata"]["name"]
        label = document["kind"] == "WorkflowTemplate"
        # Argo labels workflows with it, and pods are called after them.
        if label and not (_DNS_SUBDOMAIN.fullmatch(name) and len(name) <= 63):
            yield f"a workflow template cannot be named {name}"
        if not (_DNS_SUBDOMAIN.fullmatch(name) and len(name) <= 253):
            yield f"an object cannot be named {name}"


def _volume_errors(manifest: _Manifest, config_maps: list[str]) -> Iterator[str]:
    common = _names(manifest.spec.get("volumes", []))
    mounted = set(_names(manifest.defaults.get("volumeMounts", [])))
    yield from _volume_names(common)
    yield from (f"no volume {name}" for name in mounted - set(common))
    for template in manifest.templates.values():
        own = _names(template.get("volumes", []))
        there = set(_names(template.get("container", {}).get("volumeMounts", [])))
        yield from _volume_names([*common, *own] if own else [])
        yield from (f"no volume {name}" for name in there - {*common, *own})
        yield from (f"volume {name} is mounted nowhere" for name in set(own) - there)
        mounted |= there & set(common)
    yield from (f"volume {name} is mounted nowhere" for name in set(common) - mounted)
    used = [v["configMap"]["name"] for v in manifest.spec.get("volumes", []) if "configMap" in v]
    yield from (f"no config map {name}" for name in set(used) - set(config_maps))
    yield from (f"config map {name} is unused" for name in set(config_maps) - set(used))


def _names(entries: list[Payload]) -> list[str]:
    return [entry["name"] for entry in entries]


def _volume_names(volumes: list[str]) -> Iterator[str]:
    yield from (f"two volumes named {name}" for name in _repeated(volumes))
    yield from (f"a volume cannot be named {n}" for n in volumes if not _DNS_LABEL.fullmatch(n))


def _parameter_errors(manifest: _Manifest) -> Iterator[str]:
    text = str([manifest.spec.get("templateDefaults"), manifest.spec["templates"]])
    yield from (f"two parameters named {name}" for name in _repeated(manifest.parameters))
    for name in manifest.parameters:
        if not _PARAMETER_NAME.fullmatch(name):
            yield f"a parameter cannot be named {name}"
        if f"{{{{workflow.parameters.{name}}}}}" not in text:
            yield f"parameter {name} is unused"


def _template_errors(manifest: _Manifest) -> Iterator[str]:
    yield from (f"two templates named {name}" for name in _repeated(manifest.names))
    for name in manifest.names:
        # Argo allows capitals here, but pods are named after their templates.
        if not (_FIELD_NAME.fullmatch(name) and _DNS_LABEL.fullmatch(name) and len(name) <= 63):
            yield f"a template cannot be named {name}"
    if manifest.spec["entrypoint"] not in manifest.templates:
        yield f"no entrypoint {manifest.spec['entrypoint']}"
    called = {step["template"] for step in manifest.steps()} | {manifest.spec["entrypoint"]}
    yield from (f"no template {name}" for name in called - manifest.templates.keys())
    unused = manifest.templates.keys() - _reachable(manifest)
    yield from (f"template {name} is unused" for name in unused)


def _reachable(manifest: _Manifest) -> set[str]:
    reached: set[str] = set()
    waiting = [manifest.spec["entrypoint"]]
    while waiting:
        name = waiting.pop()
        if name in manifest.templates and name not in reached:
            reached.add(name)
            groups = manifest.templates[name].get("steps", [])
            waiting += [step["template"] for group in groups for step in group]
    return reached


def _inner(manifest: _Manifest, template: Payload) -> Iterator[str]:
    found = _steps_errors if "steps" in template else _container_errors
    yield from (f"{template['name']}: {error}" for error in found(manifest, template))


def _container_errors(manifest: _Manifest, template: Payload) -> Iterator[str]:
    container = {**manifest.defaults, **template["container"]}
    yield from (f"no {key}" for key in ("image", "command") if not container.get(key))
    known = _known(manifest, template) | ({"retries"} if "retryStrategy" in template else set())
    yield from _dangling([manifest.defaults, template], known)
    mounts = [
        mount["mountPath"]
        for mounting in (manifest.defaults, template["container"])
        for mount in mounting.get("volumeMounts", [])
    ]
    yield from (f"two volumes at {path}" for path in _repeated(mounts))
    for entry in template.get("outputs", {}).get("parameters", []):
        path = entry["valueFrom"]["path"]
        if not any(path.startswith(f"{mount}/") for mount in mounts):
            yield f"output {path} is in no volume"


def _steps_errors(manifest: _Manifest, template: Payload) -> Iterator[str]:
    names = [step["name"] for group in template["steps"] for step in group]
    yield from (f"two steps named {name}" for name in _repeated(names))
    yield from (f"a step cannot be named {n}" for n in names if not _FIELD_NAME.fullmatch(n))
    yield from ("a group is empty" for group in template["steps"] if not group)
    known = _known(manifest, template)
    for group in template["steps"]:
        for step in group:
            yield from _dangling([step], known | ({"item"} if "withSequence" in step else set()))
            yield from _argument_errors(manifest, step)
        for step in group:
            known |= _available(manifest, step)


def _known(manifest: _Manifest, template: Payload) -> set[str]:
    inputs = template.get("inputs", {}).get("parameters", [])
    return {
        "workflow.name",
        *(f"workflow.parameters.{name}" for name in manifest.parameters),
        *(f"inputs.parameters.{entry['name']}" for entry in inputs),
    }


def _available(manifest: _Manifest, step: Payload) -> set[str]:
    """What later groups may read of a step: nothing if it may be skipped or runs many times."""
    if "when" in step or "withSequence" in step or step["template"] not in manifest.templates:
        return set()
    outputs = manifest.templates[step["template"]].get("outputs", {}).get("parameters", [])
    return {f"steps.{step['name']}.outputs.parameters.{entry['name']}" for entry in outputs}


def _argument_errors(manifest: _Manifest, step: Payload) -> Iterator[str]:
    callee = manifest.templates.get(step["template"], {})
    needed = {entry["name"] for entry in callee.get("inputs", {}).get("parameters", [])}
    given = [entry["name"] for entry in step.get("arguments", {}).get("parameters", [])]
    yield from (f"{step['name']} is given {name} twice" for name in _repeated(given))
    yield from (f"{step['name']} lacks argument {name}" for name in needed - set(given))
    yield from (f"{step['name']} takes no argument {name}" for name in set(given) - needed)


def _dangling(values: list[Payload], known: set[str]) -> Iterator[str]:
    for text in _texts(values):
        for reference in _REFERENCE.findall(text):
            if reference not in known:
                yield f"nothing is behind {{{{{reference}}}}}"


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, member in value.items():
                yield from (key, *_texts(member))
        case list():
            for member in value:
                yield from _texts(member)


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, times in Counter(names).items() if times > 1]
