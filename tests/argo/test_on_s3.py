"""Manifests whose store is a bucket."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from argo.interpreter import submit
from argo.pods import Exit, Process, spawn
from promises import promised
from s3_server import settings

import flowc
from flowc.driver import read_flow
from flowc.targets import get_target
from flowc.targets.target import CompileOptions

if TYPE_CHECKING:
    import pytest
    from s3_server import Server

FLOW = Path(__file__).parents[2] / "fixtures" / "flows" / "switch_in_foreach" / "flow.py"


def test_pods_meet_in_a_bucket(tmp_path: Path, s3: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = s3.bucket()
    url = f"s3://{bucket}/runs"
    flow = read_flow(str(FLOW)).flow
    assert flow
    manifest, diagnostics = get_target("argo").emit(flow, CompileOptions(image="i", store=url))
    assert manifest, diagnostics

    def with_credentials(process: Process) -> Exit:
        # On a cluster a role or a secret gives them to the pod.
        return spawn(replace(process, variables={**settings(s3.endpoint), **process.variables}))

    workflow = submit(
        manifest.text, source=FLOW.parent, store=tmp_path, run="argo", runner=with_credentials
    )

    assert workflow.phase == "Succeeded", workflow.message
    assert "persistentVolumeClaim" not in manifest.text
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv("FLOWC_STORE", url)
    found = flowc.Run(f"{flow.name}/argo").data
    promise = promised(FLOW)
    assert promise
    assert {name: getattr(found, name) for name in promise} == promise
