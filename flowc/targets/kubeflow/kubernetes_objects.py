"""A pipeline as objects of Kubernetes, for those who deploy by what is in a repository.

A server that keeps pipelines in Kubernetes' own API reads them:
https://www.kubeflow.org/docs/components/pipelines/operator-guides/configure-pipeline-store/
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from flowc.fingerprint import sha256
from flowc.targets.kubeflow.parts import Part

_API = "pipelines.kubeflow.org/v2beta1"
_LABELS = {"app.kubernetes.io/managed-by": "flowc"}


def kubernetes_objects(documents: Sequence[Part], tags: Mapping[str, str]) -> tuple[Part, ...]:
    """The pipeline and one version of it, which is named by its content and never changes."""
    pipeline, *platforms = documents
    info = pipeline["pipelineInfo"]
    name, description = info["name"], info["description"]
    content = json.dumps(documents, sort_keys=True, separators=(",", ":"))
    version = f"{name}-{sha256(content)[:16]}"
    common = {"description": description, "tags": dict(tags)}
    spec = {
        "pipelineName": name,
        "displayName": version,
        **common,
        "pipelineSpec": pipeline,
        **({"platformSpec": platforms[0]} if platforms else {}),
    }
    return (
        _object("Pipeline", name, {"displayName": name, **common}),
        _object("PipelineVersion", version, spec),
    )


def _object(kind: str, name: str, spec: Part) -> Part:
    metadata = {"name": name, "labels": dict(_LABELS)}
    return {"apiVersion": _API, "kind": kind, "metadata": metadata, "spec": spec}
