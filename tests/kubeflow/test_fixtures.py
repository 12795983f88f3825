"""Every fixture flow as a pipeline of Kubeflow: the same tasks and artifacts as `flowc run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fixture_flows import FLOWS, NAMES, everything, given, keeps_promises, read, run_locally
from kubeflow.compiled import RUN, place, typed

if TYPE_CHECKING:
    from pathlib import Path

    from kubeflow.local_runs import Kfp


@pytest.mark.parametrize("name", NAMES)
def test_fixtures_run_as_locally(name: str, kfp: Kfp, tmp_path: Path) -> None:
    flow = read(name)
    placed = place(flow, FLOWS / name, tmp_path)

    ended = placed.run(kfp, typed(flow, given(name, flow)))

    assert ended.state == "succeeded", ended.error + kfp.log()
    found = everything(placed.store, flow, RUN)
    assert found == run_locally(name, flow, tmp_path / "local")
    assert keeps_promises(name, flow, found)
