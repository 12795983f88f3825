"""Documents of Kubernetes' platform, as the messages of kfp-kubernetes read them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

PYTHON = Path(__file__).parents[2] / ".venv" / "kubeflow" / "bin" / "python"
needs_kfp = pytest.mark.skipif(not PYTHON.exists(), reason="`make kubeflow` sets it up")

_PROGRAM = """
import json, sys
from google.protobuf import json_format
from kfp.kubernetes import kubernetes_executor_config_pb2 as kubernetes
from kfp.pipeline_spec import pipeline_spec_pb2 as spec
asked = json.load(sys.stdin)
json_format.ParseDict(asked["platform"], spec.PlatformSpec())
json_format.ParseDict(asked["deployment"], spec.PipelineDeploymentConfig())
found = {
    name: json_format.ParseDict(config, kubernetes.KubernetesExecutorConfig())
    for name, config in asked["configs"].items()
}
json.dump({name: json_format.MessageToDict(config) for name, config in found.items()}, sys.stdout)
"""


def read_back(documents: tuple[Any, ...]) -> dict[str, Any]:
    """What the messages hold of the executors' configurations; an error is of an unknown field."""
    pipeline, platform = documents
    asked = {
        "platform": platform,
        "deployment": pipeline["deploymentSpec"],
        "configs": platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"],
    }
    done = subprocess.run(
        [PYTHON, "-c", _PROGRAM],
        check=False,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found
