"""What Metaflow's own check refuses flowc refuses, too; where flowc is stricter, its page says why.

Metaflow looks at live classes, so the fixtures are imported, in a process of their own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flowc.diagnostics import Severity
from flowc.driver import structure
from flowc.syntax.source import Source

FIXTURES = Path(__file__).parents[2] / "fixtures" / "lint"

# Metaflow's check passes over these: some of them fail in its runs, others are wrong and run all
# the same, and some only flowc cannot read. The page of each says what is wrong.
STRICTER = {
    *("FC003", "FC004", "FC006", "FC007", "FC103", "FC105", "FC106", "FC108", "FC109"),
    *("FC233", "FC234", "FC301", "FC303", "FC304", "FC305", "FC306", "FC307", "FC308", "FC310"),
    *("FC311", "FC312", "FC313", "FC314", "FC315", "FC320", "FC321", "FC322", "FC325", "FC329"),
    *("FC352", "FC355", "FC356", "FC364", "FC401", "FC405"),
    # Configurations are read by Metaflow's command line alone.
    *("FC010", "FC011", "FC012", "FC015", "FC316", "FC402", "FC403"),
    *("FC331", "FC332", "FC333", "FC334", "FC335", "FC337", "FC338", "FC339", "FC341", "FC342"),
    *("FC343", "FC344"),
}
# Metaflow has loops of a single step only.
LOOP = "There is a loop in your flow"

Refusals = dict[str, str]

CHECK = """
import contextlib, importlib.util, io, json, os, sys, warnings
from pathlib import Path

import metaflow
from metaflow.graph import FlowGraph
from metaflow.lint import linter

warnings.simplefilter("ignore")
sys.modules["flowc"] = metaflow


def refusal(path):
    try:
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for flow in vars(module).values():
            if isinstance(flow, type) and flow is not metaflow.FlowSpec:
                if issubclass(flow, metaflow.FlowSpec):
                    linter.run_checks(FlowGraph(flow))
    except ImportError:
        return "unloadable"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


with contextlib.redirect_stdout(io.StringIO()):
    found = {path.stem: refusal(path) for path in sorted(Path(sys.argv[1]).glob("*.py"))}
print(json.dumps(found))
"""


def cases() -> dict[str, str]:
    return {
        f"{path.stem}_{number}": snippet
        for path in sorted(FIXTURES.glob("*.py"))
        for number, snippet in enumerate(path.read_text().split("# ---\n"))
    }


def errors(snippet: str) -> list[str]:
    _, diagnostics = structure(Source("flow.py", snippet))
    return [each.code for each in diagnostics if each.severity is Severity.ERROR]


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> Refusals:
    folder = tmp_path_factory.mktemp("metaflow")
    for name, snippet in cases().items():
        (folder / f"{name}.py").write_text(snippet)
    command = [sys.executable, "-c", CHECK, str(folder)]
    environment = {"METAFLOW_USER": "tester", "HOME": str(folder), "PATH": ""}
    answer = subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, check=True, timeout=60
    )
    return dict(json.loads(answer.stdout))


def test_what_metaflow_refuses_is_refused(refusals: Refusals) -> None:
    snippets = cases()
    passed = {name: why for name, why in refusals.items() if why and not errors(snippets[name])}
    refused = {name: why for name, why in passed.items() if why != "unloadable"}

    assert {name: why for name, why in refused.items() if LOOP not in why} == {}


def test_flowc_is_stricter_in_known_ways_only(refusals: Refusals) -> None:
    snippets = cases()
    taken = [name for name, why in refusals.items() if not why]
    codes = {code for name in taken for code in errors(snippets[name])}

    assert codes == STRICTER
