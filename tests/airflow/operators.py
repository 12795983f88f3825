"""The operators of flows, as an Airflow of this machine has them once it has read the DAG file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from flowc.targets import get_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow.installed import Airflow

    from flowc.ir.flow import Flow
    from flowc.targets.target import CompileOptions

Payload: TypeAlias = dict[str, Any]

_BUILT = Path(__file__).with_name("built.py")
_NO_CLUSTER = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "none",
    "clusters": [{"name": "none", "cluster": {"server": "http://127.0.0.1:9"}}],
    "contexts": [{"name": "none", "context": {"cluster": "none", "user": "none"}}],
    "users": [{"name": "none", "user": {}}],
}


def compiled(flow: Flow, options: CompileOptions) -> str:
    """The text of a flow's DAG file; Airflow has no error to tell of it."""
    manifest, diagnostics = get_target("airflow").emit(flow, options)
    assert manifest, diagnostics
    return manifest.text


def started(airflow: Airflow, texts: Mapping[str, str]) -> dict[str, dict[str, Payload]]:
    """What the tasks of DAG files would start; the texts of the files are by their names."""
    for name, text in texts.items():
        (airflow.dags / f"{name}.py").write_text(text)
    cluster = airflow.home / "cluster.json"
    cluster.write_text(json.dumps(_NO_CLUSTER))
    own = {
        "KUBECONFIG": str(cluster),
        "AIRFLOW_CONN_KUBERNETES_DEFAULT": '{"conn_type": "kubernetes"}',
    }
    files = [str(airflow.dags / f"{name}.py") for name in texts]
    done = subprocess.run(
        [airflow.python, _BUILT, *files],
        env=airflow.environment() | own,
        cwd=airflow.home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return {Path(file).stem: tasks for file, tasks in json.loads(done.stdout).items()}
