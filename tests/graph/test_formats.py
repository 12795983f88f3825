"""Text, Mermaid, Graphviz and JSON: each says of a flow what the flow says."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import Golden
from graph.flows import FIXTURES, FLOWS, fixture, hostile, hostile_cases, large, read
from jsonschema import Draft202012Validator

from flowc.errors import UsageError
from flowc.graph.formats import RENDERERS, get_renderer
from flowc.ir.flow import Flow
from flowc.ir.region import Foreach, Loop, walk

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "flowc" / "graph" / "schema.json").read_text(encoding="utf-8"))
GOLDEN = {
    "deployment": {"json": "json"},
    "train": {"text": "txt", "mermaid": "mmd", "dot": "dot", "json": "json", "svg": "svg"},
    "loop_in_foreach": {"text": "txt", "mermaid": "mmd", "svg": "svg"},
    "shared_tail": {"text": "txt", "svg": "svg"},
}
GOLDENS = [(name, *pair) for name, formats in GOLDEN.items() for pair in formats.items()]


@pytest.fixture(params=[*FIXTURES, "hostile", "cases", "large"])
def flow(request: pytest.FixtureRequest, tmp_path: Path) -> Flow:
    match request.param:
        case "hostile":
            return hostile(tmp_path)
        case "cases":
            return hostile_cases(tmp_path)
        case "large":
            return large(tmp_path, 20)
        case name:
            return fixture(str(name))


def edges(flow: Flow) -> list[tuple[str, str]]:
    return sorted((name, to) for name, step in flow.steps.items() for to in step.next_steps)


def frames(flow: Flow) -> set[tuple[str, str]]:
    """The kind and the step of each foreach, gang and loop."""
    found = set()
    for region in walk(flow.body):
        match region:
            case Foreach(at, _, gang):
                found.add(("gang" if gang else "foreach", at))
            case Loop(at):
                found.add(("loop", at))
    return found


@pytest.mark.parametrize(("name", "form", "ending"), GOLDENS)
def test_graph_is_as_expected(name: str, form: str, ending: str, golden: Golden) -> None:
    golden.check(FLOWS / name / "expected" / f"graph.{ending}", RENDERERS[form](fixture(name)))


@pytest.mark.parametrize("form", RENDERERS)
def test_the_same_flow_gives_the_same_text(form: str, flow: Flow) -> None:
    text = RENDERERS[form](flow)

    assert text == RENDERERS[form](flow)
    assert text.encode("utf-8")
    assert str(ROOT) not in text
    assert text.endswith("\n")


def test_text_has_each_step_once_with_its_place(flow: Flow) -> None:
    text = RENDERERS["text"](flow)
    rows = re.findall(r"^[│├└─ ]*(\w+) +(\w+\.py):(\d+)(?:  .*)?$", text, re.MULTILINE)

    places = sorted(
        (name, Path(step.span.path).name, str(step.span.line)) for name, step in flow.steps.items()
    )
    assert sorted(row for row in rows if row[0] in flow.steps) == places


def test_text_is_for_terminals(flow: Flow) -> None:
    text = RENDERERS["text"](flow)

    assert all(line.isprintable() and line == line.rstrip() for line in text.splitlines())


def test_mermaid_has_the_steps_and_edges(flow: Flow) -> None:
    lines = [line.strip() for line in RENDERERS["mermaid"](flow).splitlines()]
    label = r'"[^"\\`<>]*(?:<br/>[^"\\`<>]*)*"'
    nodes = [
        re.fullmatch(rf"step_(\w+)(?:\[|\(\[|\{{\{{){label}(?:\]|\]\)|\}}\}})", line)
        for line in lines
    ]
    ways = [
        re.fullmatch(rf"step_(\w+) (?:-->|-\. {label} \.->) step_(\w+)", line) for line in lines
    ]
    opened = [re.fullmatch(rf"subgraph ([a-z]+)_(\w+)\[{label}\]", line) for line in lines]

    assert sorted(node[1] for node in nodes if node) == sorted(flow.steps)
    assert sorted((way[1], way[2]) for way in ways if way) == edges(flow)
    assert {(it[1], it[2]) for it in opened if it} == frames(flow)
    known = 4 + sum(map(bool, [*nodes, *ways, *opened])) + lines.count("end")
    assert (known, lines.count("end")) == (len(lines), len(frames(flow)))


def test_dot_has_the_steps_and_edges(flow: Flow) -> None:
    lines = [line.strip() for line in RENDERERS["dot"](flow).splitlines()]
    text = r'"((?:[^"\\]|\\.)*)"'
    entry = rf"[a-z]+={text}(?:, [a-z]+={text})*"
    nodes = [re.fullmatch(rf"{text} \[{entry}\];", line) for line in lines]
    ways = [re.fullmatch(rf"{text} -> {text}(?: \[{entry}\])?;", line) for line in lines]
    opened = [re.fullmatch(r'subgraph "cluster ([a-z]+) (\w+)" {', line) for line in lines]

    assert sorted(node[1] for node in nodes if node) == sorted(flow.steps)
    assert sorted((way[1], way[2]) for way in ways if way) == edges(flow)
    assert {(it[1], it[2]) for it in opened if it} == frames(flow)
    assert lines.count("}") == 1 + len(frames(flow))


@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
def test_graphviz_takes_dot(flow: Flow) -> None:
    done = subprocess.run(
        ["dot", "-Tcanon"],
        input=RENDERERS["dot"](flow),
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_json_fits_its_schema_and_equals_the_flow(flow: Flow) -> None:
    document = json.loads(RENDERERS["json"](flow))
    steps = {step["name"]: step for step in document["steps"]}

    Draft202012Validator(SCHEMA).validate(document)
    assert len(document["steps"]) == len(steps)
    assert steps.keys() == flow.steps.keys()
    for name, step in flow.steps.items():
        targets = [target.step for target in step.transition.targets] if step.transition else []
        assert [target["step"] for target in steps[name]["targets"]] == targets
        assert (steps[name]["kind"], steps[name]["join"]) == (step.kind, step.joins)
        assert (steps[name]["line"], steps[name]["doc"]) == (step.span.line, step.doc)
    assert document["steps"][0]["name"] == flow.start
    assert document["steps"][-1]["name"] == flow.end
    assert len(list(_regions(document["regions"]))) == len(list(walk(flow.body)))


def _regions(block: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for region in block:
        arms = [arm["body"] for arm in region.get("arms", ())]
        inner = [*region.get("branches", ()), region.get("body", []), *arms]
        found += [region, *(it for part in inner for it in _regions(part))]
    return found


def test_json_tells_values_from_source_text(tmp_path: Path) -> None:
    (tmp_path / "flow.py").write_text(
        "from os import environ\n"
        "from flowc import FlowSpec, Parameter, environment, step\n\n\n"
        "class F(FlowSpec):\n"
        '    big = Parameter("big", default=1e999)\n'
        '    here = Parameter("here", default=environ["HERE"])\n'
        "\n"
        '    @environment(vars={"A": "1"})\n'
        "    @step\n"
        "    def start(self):\n"
        "        self.next(self.end)\n\n"
        "    @step\n"
        "    def end(self):\n"
        "        pass\n"
    )
    document = json.loads(RENDERERS["json"](read(tmp_path / "flow.py")))

    assert [it["default"] for it in document["parameters"]] == [
        {"unknown": "inf"},
        {"unknown": 'environ["HERE"]'},
    ]
    assert document["steps"][0]["decorators"][0]["arguments"] == {"vars": {"A": "1"}}


USER_MADE = """
from company import audited
from flowc import FlowMutator, FlowSpec, StepMutator, card, retry, step, torchrun
from flowc import user_step_decorator


@user_step_decorator
def timing(step_name, flow, inputs, attributes):
    yield


class Robust(StepMutator):
    pass


class Linted(FlowMutator):
    pass


def plain(method):
    return method


@Linted(limit=3)
class F(FlowSpec):
    @Robust(2)
    @timing(at=now())
    @card
    @retry(times=2)
    @plain
    @audited
    @step
    def start(self):
        self.next(self.train, num_parallel=2)

    @torchrun
    @step
    def train(self):
        self.next(self.end)

    @step
    def end(self, inputs):
        pass
"""


def test_json_says_what_each_decorator_is_and_what_needs_metaflow(tmp_path: Path) -> None:
    source = USER_MADE.replace("self.end)", "self.join)").replace(
        "def end(self, inputs)",
        "def join(self, inputs):\n        self.next(self.end)\n\n    @step\n    def end(self)",
    )
    (tmp_path / "flow.py").write_text(source)
    document = json.loads(RENDERERS["json"](read(tmp_path / "flow.py")))
    steps = {step["name"]: step for step in document["steps"]}

    Draft202012Validator(SCHEMA).validate(document)
    assert [(it["name"], it["origin"]) for it in steps["start"]["decorators"]] == [
        ("Robust", "step-mutator"),
        ("timing", "user-step-decorator"),
        ("card", "core"),
        ("retry", "core"),
        ("plain", "function"),
        ("audited", "unseen"),
    ]
    assert steps["start"]["decorators"][1]["arguments"] == {"at": {"unknown": "now()"}}
    assert document["decorators"][0]["arguments"] == {"limit": 3}
    assert [(it["decorator"], it["step"], it["line"]) for it in document["needs_metaflow"]] == [
        ("Linted", "", 24),
        ("Robust", "start", 26),
        ("timing", "start", 27),
        ("card", "start", 28),
        ("torchrun", "train", 36),
    ]
    assert all(it["why"].startswith(f"`@{it['decorator']}`") for it in document["needs_metaflow"])


def test_text_names_what_metaflow_does_with_a_step(tmp_path: Path) -> None:
    source = USER_MADE.replace("num_parallel=2", "").replace("    @torchrun\n", "")
    (tmp_path / "flow.py").write_text(source.replace("def end(self, inputs)", "def end(self)"))

    (row,) = (
        line
        for line in RENDERERS["text"](read(tmp_path / "flow.py")).splitlines()
        if "start" in line and "flow.py" in line
    )

    assert "@Robust" in row
    assert "@timing" in row
    assert "@card" in row
    assert "@audited" in row
    assert "@plain" not in row


def test_json_says_which_case_leads_where(tmp_path: Path) -> None:
    document = json.loads(RENDERERS["json"](hostile_cases(tmp_path)))
    steps = {step["name"]: step for step in document["steps"]}
    cases = [(it["case"], it["step"]) for it in steps["b"]["targets"]]

    assert cases[:5] == [(it, "c") for it in ("", "\n", "intwo", "\ud800]]>", "True")]
    assert cases[5:] == [(it, "d") for it in ("2.50", "0x1F", "self.config.mode")]
    assert steps["start"]["targets"] == [{"step": "a", "line": 8}]


def test_edges_of_a_switch_are_called_by_its_cases(tmp_path: Path) -> None:
    text = RENDERERS["dot"](hostile_cases(tmp_path))
    labels = dict(re.findall(r'-> "(\w+)" \[label="((?:[^"\\]|\\.)*)"', text))

    assert labels == {
        "a": "again, a case of many words that goes on and o…, "
        "one_more_with_underscores_in_it_and_all, a fourth one that takes about a line, "
        "'', 3 more",
        "b": "out",
        "c": r"'', '\\n', intwo, �]]>, True",
        "d": "2.50, 0x1F, self.config.mode",
    }


def test_an_unknown_format_is_told_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="`png`; there are text, mermaid, dot, json, svg"):
        get_renderer("png")
