"""What a flow takes from Metaflow that flowc lacks is found wherever its files import it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from flowc.driver import read_flow
from flowc.graph.document import render_json
from flowc.ir.flow import Flow, Runtime

if TYPE_CHECKING:
    from pathlib import Path

FLOW = """
{before}
from metaflow import FlowSpec, step


class TestFlow(FlowSpec):
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        {inside}
"""


def read(folder: Path, before: str = "", inside: str = "pass") -> Flow:
    file = folder / "flow.py"
    file.write_text(FLOW.format(before=before, inside=inside))
    flow = read_flow(str(file)).flow
    assert flow
    return flow


@pytest.mark.parametrize(
    "before",
    [
        "from metaflow import S3",
        "from metaflow import S3 as Store",
        "import metaflow.cards",
        "import metaflow.plugins as plugins",
        "from metaflow.user_configs.config_parameters import ConfigValue",
        "import metaflow as mf\nstore = mf.S3",
        "import flowc\nstore = flowc.S3",
        "if True:\n    from metaflow import S3",
        "try:\n    from metaflow import S3\nfinally:\n    pass",
        "def later():\n    class Inner:\n        from metaflow import S3",
        "é = 'ü'; from metaflow import S3",
    ],
)
def test_what_only_metaflow_has_is_run_by_it(tmp_path: Path, before: str) -> None:
    assert read(tmp_path, before).runtime is Runtime.METAFLOW


@pytest.mark.parametrize(
    "before",
    [
        "",
        "from metaflow import *",
        "import metaflow",
        "import metaflow as mf\nnow = mf.current",
        "from metaflow.exception import MetaflowException",
        "import flowc.runtime.client\nhere = flowc.runtime.client",
        "import flowc\nversion = flowc.__version__",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from metaflow import S3",
        "try:\n    from metaflow import S3\nexcept (ImportError, OSError):\n    S3 = None",
        "text = '''\nfrom metaflow import S3\n'''",
        "from metaflow_extensions import S3",
        "from .metaflow import S3",
    ],
)
def test_what_flowc_has_runs_natively(tmp_path: Path, before: str) -> None:
    assert read(tmp_path, before).runtime is Runtime.NATIVE


def test_the_files_of_base_classes_count(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(
        "from metaflow import S3, FlowSpec\n\nclass Base(FlowSpec):\n    pass\n"
    )
    file = tmp_path / "flow.py"
    file.write_text(
        FLOW.format(before="from base import Base", inside="pass").replace(
            "TestFlow(FlowSpec)", "TestFlow(Base)"
        )
    )

    reading = read_flow(str(file))

    assert reading.flow
    assert reading.flow.runtime is Runtime.METAFLOW
    (found,) = reading.diagnostics
    assert (found.code, found.span.path, found.span.line, found.span.column) == (
        "FC353",
        str(tmp_path / "base.py"),
        1,
        22,
    )


def test_a_runtime_that_is_wanted_is_taken(tmp_path: Path) -> None:
    read(tmp_path, "from metaflow import S3")

    for wanted in Runtime:
        flow = read_flow(str(tmp_path / "flow.py"), runtime=wanted).flow
        assert flow
        assert flow.runtime is wanted


def test_programs_are_told_of_imports(tmp_path: Path) -> None:
    document = json.loads(render_json(read(tmp_path, "", "from metaflow.cards import Image")))

    (need,) = document["needs_metaflow"]
    assert (need["import"], need["line"], need["step"]) == ("metaflow.cards.Image", 13, "")
