"""However the flow API is imported, its names are known; those of others are not taken for it."""

from __future__ import annotations

import pytest

from flowc.ir.flow import Flow
from flowc.syntax.parse import parse_flow
from flowc.syntax.source import Source

BODY = """

class TestFlow({base}):
    @{retry}
    @{step}
    def start(self):
        self.next(self.end)

    @{step}
    def end(self):
        pass
"""

SPELLINGS = {
    "from metaflow import FlowSpec as F, step as s, retry as r": ("F", "s", "r"),
    "import metaflow as mf": ("mf.FlowSpec", "mf.step", "mf.retry"),
    "import flowc": ("flowc.FlowSpec", "flowc.step", "flowc.retry"),
    "import os, metaflow": ("metaflow.FlowSpec", "metaflow.step", "metaflow.retry"),
    "import metaflow.cards": ("metaflow.FlowSpec", "metaflow.step", "metaflow.retry"),
    "from flowc import *": ("FlowSpec", "step", "retry"),
    "from flowc import (\n    FlowSpec,\n    step,\n    retry,\n)": ("FlowSpec", "step", "retry"),
    "from metaflow import FlowSpec; from flowc import step, retry": ("FlowSpec", "step", "retry"),
    "if True:\n    from flowc import FlowSpec, step, retry": ("FlowSpec", "step", "retry"),
    "try:\n    from metaflow import FlowSpec, step, retry\nexcept ImportError:\n"
    "    from other import FlowSpec, step, retry": ("FlowSpec", "step", "retry"),
    "if False:\n    pass\nelif True:\n    from flowc import *": ("FlowSpec", "step", "retry"),
}


def read(imports: str, base: str, step: str, retry: str) -> Flow | None:
    body = BODY.format(base=base, step=step, retry=retry)
    return parse_flow(Source("flow.py", f"{imports}\n{body}"))[0]


@pytest.mark.parametrize("imports", SPELLINGS)
def test_names_are_known_however_they_are_imported(imports: str) -> None:
    flow = read(imports, *SPELLINGS[imports])

    assert flow is not None
    assert list(flow.steps) == ["start", "end"]
    assert [each.name for each in flow.steps["start"].decorators] == ["retry"]


@pytest.mark.parametrize(
    "imports",
    [
        "from other import FlowSpec, step, retry",
        "from .metaflow import FlowSpec, step, retry",
        "import other as flowc\nfrom flows import *",
        "# from flowc import FlowSpec, step, retry",
        "'from flowc import FlowSpec, step, retry'",
        "def load():\n    from flowc import FlowSpec, step, retry",
        "from flowc import *\n\n\nclass FlowSpec:\n    pass",
    ],
)
def test_names_of_others_are_not_taken_for_the_api(imports: str) -> None:
    assert read(imports, "FlowSpec", "step", "retry") is None


@pytest.mark.parametrize(
    "imports",
    [
        "from tenacity import retry",
        "def retry(method):\n    return method",
        "from tenacity import retry as retry",
        "from metaflow import *\nfrom tenacity import retry",
    ],
)
def test_decorators_of_others_do_not_count(imports: str) -> None:
    flow = read(f"from flowc import FlowSpec, step\n{imports}", "FlowSpec", "step", "retry")

    assert flow is not None
    assert [(each.name, each.core) for each in flow.steps["start"].decorators] == [("retry", "")]


def test_marks_of_a_renamed_step_count() -> None:
    flow = read("from flowc import FlowSpec as F, step as s, retry", "F", "s(start=True)", "retry")

    assert flow is not None
    assert flow.steps["start"].marks == {"start"}
    assert flow.steps["start"].decorators[0].name == "retry"
