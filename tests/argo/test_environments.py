"""Steps in environments of their own, in a workflow's pods: no template says anything of them."""

from __future__ import annotations

import os
from pathlib import Path

from argo.interpreter import submit
from stored import artifacts

from flowc.driver import read_flow
from flowc.targets import get_target
from flowc.targets.target import CompileOptions

FLOW = """
from metaflow import FlowSpec, environment, pypi, retry, step

VARIABLES = {variables}

class PackagesFlow(FlowSpec):
    @step
    def start(self):
        self.xs = [1, 2]
        self.next(self.fit, foreach="xs")

    @retry(times=1)
    @environment(vars=VARIABLES)
    @pypi(packages={{"six": "1.16.0"}})
    @step
    def fit(self):
        import six
        self.seen = six.__version__
        self.next(self.join)

    @environment(vars=VARIABLES)
    @pypi(packages={{"six": "1.15.0"}})
    @step
    def join(self, inputs):
        import six
        self.seen = [each.seen for each in inputs] + [six.__version__]
        self.next(self.end)

    @step
    def end(self):
        pass
"""


# What this machine needs to reach an index.
OF_NETWORK = ("HTTP", "NO_PROXY", "PIP_", "SSL_", "UV_")


def test_pods_make_what_their_steps_need(tmp_path: Path) -> None:
    reach = {name: text for name, text in os.environ.items() if name.startswith(OF_NETWORK)}
    variables = {**reach, "FLOWC_ENVIRONMENTS": str(tmp_path / "environments")}
    file = tmp_path / "flow.py"
    file.write_text(FLOW.format(variables=variables))
    flow = read_flow(str(file)).flow
    assert flow
    manifest, found = get_target("argo").emit(
        flow, CompileOptions(image="registry.example/flows:1")
    )
    assert manifest
    assert not found

    workflow = submit(manifest.text, source=tmp_path, store=tmp_path / "store", run="argo-1")

    assert workflow.phase == "Succeeded", workflow.message
    seen = artifacts(tmp_path / "store", flow.name, "argo-1", ("end", "t"))["seen"]
    assert seen == ["1.16.0", "1.16.0", "1.15.0"]
