"""Configurations: where they are read from, and what decorators and parameters make of them."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from flowc.driver import Reading, read_flow
from flowc.ir.config import ConfigChoices
from flowc.ir.flow import Flow, Unknown
from flowc.ir.plan import render_plan
from flowc.ir.values import plain
from flowc.syntax.parse import parse_flow
from flowc.syntax.project import Project
from flowc.syntax.roots import SourceRoots
from flowc.syntax.source import Source

FLOW = """
import json
import tomllib

import yaml
from yaml import safe_load
from metaflow import *

FACTOR = 2


def mine(text):
    return {{"cpu": len(text)}}


def doubled(settings, factor=FACTOR):
    'What is small, twice.'
    cpu = settings.small.cpu
    return cpu * factor


def dynamic(settings):
    import random

    return random.random()


class TestFlow(FlowSpec):
    {body}

    {decorator}
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""
BODY = 'config = Config("config", default="config.json")'
SETTINGS = {
    "cpu": 2,
    "name": "joe",
    "tags": ["a", "b"],
    "small": {"cpu": 0.5, "memory": 512},
    "with-dash": 1,
    "none": None,
}


def write(folder: Path, body: str, decorator: str) -> Path:
    (folder / "config.json").write_text(json.dumps(SETTINGS))
    file = folder / "flow.py"
    file.write_text(FLOW.format(body=textwrap.indent(body, "    ").strip(), decorator=decorator))
    return file


def read(
    folder: Path,
    body: str,
    decorator: str = "@resources()",
    choices: ConfigChoices = ConfigChoices(),  # noqa: B008
) -> Reading:
    return read_flow(str(write(folder, body, decorator)), (), choices)


def codes(reading: Reading) -> list[str]:
    return [each.code for each in reading.diagnostics]


def arguments(reading: Reading) -> dict[str, Any]:
    assert reading.flow is not None, codes(reading)
    (decorator,) = reading.flow.steps["start"].decorators
    return {name: plain(value) for name, value in decorator.arguments.items()}


USES: dict[str, dict[str, Any]] = {
    "@resources(cpu=config.cpu)": {"cpu": 2},
    '@resources(cpu=config["cpu"])': {"cpu": 2},
    "@resources(cpu=config.small.cpu, memory=config.small['memory'])": {"cpu": 0.5, "memory": 512},
    "@resources(**config.small)": {"cpu": 0.5, "memory": 512},
    '@resources(**config_expr("config").small)': {"cpu": 0.5, "memory": 512},
    '@resources(cpu=config_expr("config.cpu * FACTOR"))': {"cpu": 4},
    '@resources(cpu=config_expr("config").cpu)': {"cpu": 2},
    '@resources(cpu=config_expr("doubled(config)"))': {"cpu": 1.0},
    "@resources(cpu=config_expr(\"config.get('gpu', 1)\"))": {"cpu": 1},
    "@resources(cpu=config_expr(\"config['with-dash']\"))": {"cpu": 1},
    '@resources(cpu=config_expr("config.cpu if config.none is None else 9"))': {"cpu": 2},
    '@resources(cpu=config_expr("len(config.tags)"))': {"cpu": 2},
    '@environment(vars={"A": config.tags, "B": [config.small.cpu]})': {
        "vars": {"A": ["a", "b"], "B": [0.5]}
    },
    '@environment(vars=config_expr("{key: str(config.small[key]) for key in config.small}"))': {
        "vars": {"cpu": "0.5", "memory": "512"}
    },
    '@environment(vars={"A": config_expr("config.name.upper() + config.tags[-1]")})': {
        "vars": {"A": "JOEb"}
    },
    # `name` is an attribute of `Config` itself.
    '@environment(vars={"A": config.name, "B": config["name"]})': {
        "vars": {"A": "config", "B": "joe"}
    },
    "@environment(vars={'A': config_expr('config.small.to_dict()')})": {
        "vars": {"A": {"cpu": 0.5, "memory": 512}}
    },
}


def parsed(folder: Path, decorator: str) -> Flow:
    """The flow before the passes look at its decorators."""
    file = write(folder, BODY, decorator)
    source = Source(str(file), file.read_text())
    flow, diagnostics = parse_flow(source, "", Project(source, SourceRoots(str(file))))
    assert flow is not None
    assert diagnostics == []
    return flow


@pytest.mark.parametrize("decorator", USES)
def test_decorators_take_values_from_configurations(tmp_path: Path, decorator: str) -> None:
    (found,) = parsed(tmp_path, decorator).steps["start"].decorators

    assert {name: plain(value) for name, value in found.arguments.items()} == USES[decorator]


METAFLOW = """
import json, sys
import metaflow
from metaflow.parameters import flow_context
from metaflow.user_configs.config_options import ConfigInput

exec(compile(open("flow.py").read(), "flow.py", "exec"))
with flow_context(TestFlow):
    configs = [each for _, each in TestFlow._get_parameters() if each.IS_CONFIG_PARAMETER]
    defaults = {each.name: (each.kwargs["default"], each._default_is_file) for each in configs}
    parsers = {each.name: (each.parser, each.kwargs["plain"]) for each in configs}
    reader = ConfigInput([], defaults, parsers)
    reader.process_configs("TestFlow", "config", {}, True, "local")
    TestFlow._process_config_decorators(
        reader.process_configs("TestFlow", "config_value", {}, True, "local")
    )
    (decorator,) = TestFlow.start.decorators
    decorator.external_init()
    print(json.dumps(decorator.attributes))
"""


# Before Python 3.12, what a comprehension of Metaflow's expressions repeats sees no configuration.
COMPARED = [decorator for decorator in USES if " for " not in decorator]


@pytest.mark.parametrize("decorator", COMPARED)
def test_metaflow_gives_decorators_the_same_values(tmp_path: Path, decorator: str) -> None:
    write(tmp_path, BODY, decorator)

    done = subprocess.run(
        [sys.executable, "-c", METAFLOW],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": "", "METAFLOW_USER": "tester"},
        capture_output=True,
        text=True,
        check=True,
    )

    seen = json.loads(done.stdout.splitlines()[-1])
    assert {name: seen[name] for name in USES[decorator]} == USES[decorator]


def test_parameters_take_their_defaults_from_configurations(tmp_path: Path) -> None:
    p = 'p = Parameter("p", default=config.small.cpu)'
    q = 'q = Parameter("q", default=config_expr("config.tags"))'

    reading = read(tmp_path, f"{BODY}\n{p}\n{q}")

    assert reading.flow is not None
    assert [(each.kind, each.default) for each in reading.flow.parameters] == [
        ("float", 0.5),
        ("json", ("a", "b")),
    ]


TEXTS = {
    'Config("config", default_value={"cpu": 3})': 3,
    "Config('config', default_value='{\"cpu\": 3}')": 3,
    'Config("config", default_value="cpu: 3", parser=yaml.safe_load)': 3,
    'Config("config", default_value="cpu: 3", parser=safe_load)': 3,
    'Config("config", default_value="cpu: 3", parser="yaml.safe_load")': 3,
    'Config("config", default_value="cpu: 3", parser=yaml_parser)': 3,
    'Config("config", default_value="cpu = 3", parser=tomllib.loads)': 3,
    "Config('config', default_value='{\"cpu\": 3}', parser=json.loads)": 3,
    'Config("config", "config.json")': 2,
    'Config(name="config", default="config.json")': 2,
}


@pytest.mark.parametrize("declared", TEXTS)
def test_a_text_is_parsed_as_the_flow_says(tmp_path: Path, declared: str) -> None:
    reading = read(tmp_path, f"config = {declared}", "@resources(cpu=config.cpu)")

    assert arguments(reading) == {"cpu": TEXTS[declared]}


def test_the_command_line_comes_before_the_default(tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('{"cpu": 7}')
    use = "@resources(cpu=config.cpu)"

    by_file = read(tmp_path, BODY, use, ConfigChoices(files={"config": str(other)}))
    by_value = read(tmp_path, BODY, use, ConfigChoices(values={"config": '{"cpu": 8}'}))

    assert arguments(by_file) == {"cpu": 7}
    assert arguments(by_value) == {"cpu": 8}


def test_a_chosen_value_serves_where_the_default_must_be_run(tmp_path: Path) -> None:
    body = 'config = Config("config", default_value=mine)'
    choices = ConfigChoices(values={"config": '{"cpu": 8}'})

    reading = read(tmp_path, body, "@resources(cpu=config.cpu)", choices)

    assert arguments(reading) == {"cpu": 8}


def test_a_name_that_the_flow_lacks_is_told(tmp_path: Path) -> None:
    reading = read(tmp_path, BODY, choices=ConfigChoices(values={"confg": "{}"}))

    assert codes(reading) == ["FC013"]


def test_what_a_user_s_own_parser_makes_is_unknown(tmp_path: Path) -> None:
    body = 'config = Config("config", default_value="abc", parser=mine)'

    reading = read(tmp_path, body, "@resources(cpu=config.cpu)")

    (found,) = [each for each in reading.diagnostics if each.code == "FC401"]
    assert "`config.cpu`, which only running would tell" in found.message
    assert read(tmp_path, body).flow is not None


def test_a_function_that_does_more_than_reckon_is_not_called(tmp_path: Path) -> None:
    reading = read(tmp_path, BODY, '@resources(cpu=config_expr("dynamic(config)"))')

    assert codes(reading) == ["FC401"]


def test_a_failure_is_told_once(tmp_path: Path) -> None:
    body = 'config = Config("config", default="nowhere.json")\np = Parameter("p", default=config.a)'
    decorators = "@resources(cpu=config.cpu, **config.more)\n    @environment(vars={'A': config.a})"

    assert codes(read(tmp_path, body, decorators)) == ["FC010"]


def test_a_malformed_file_is_told_at_its_place(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{\n  "cpu": 2,,\n}\n')

    reading = read(tmp_path, BODY, choices=ConfigChoices(files={"config": str(broken)}))

    (found,) = reading.diagnostics
    assert (found.code, found.span.path, found.span.line, found.span.column) == (
        *("FC012", str(broken)),
        *(2, 12),
    )
    assert reading.lines[str(broken)][1] == '  "cpu": 2,,'


def test_a_flow_has_the_configurations_of_its_bases(tmp_path: Path) -> None:
    (tmp_path / "base.py").write_text(
        "from metaflow import *\n\n\nclass Base(FlowSpec):\n"
        '    config = Config("config", default_value={"cpu": 5})\n'
        '    gone = Config("gone", required=True)\n'
    )
    file = tmp_path / "flow.py"
    file.write_text(
        "from metaflow import *\nfrom base import Base\n\n\n"
        "@project(name=config_expr(\"config.cpu and 'five'\"))\n"
        "class TestFlow(Base):\n    gone = None\n\n"
        '    @resources(cpu=config_expr("config.cpu"))\n    @step\n'
        "    def start(self):\n        self.next(self.end)\n\n"
        "    @step\n    def end(self):\n        pass\n"
    )

    reading = read_flow(str(file))

    assert arguments(reading) == {"cpu": 5}
    assert reading.flow is not None
    assert reading.flow.decorators[0].arguments == {"name": "five"}
    assert [config.attribute for config in reading.flow.configs] == ["config"]


def test_an_operation_on_what_is_not_yet_read_has_no_value(tmp_path: Path) -> None:
    for expression in ("config.cpu + 1", "config.cpu or 1", "f'{config.cpu}'", "str(config.cpu)"):
        reading = read(tmp_path, f'{BODY}\np = Parameter("p", default={expression})')

        assert reading.flow is not None
        assert isinstance(reading.flow.parameters[0].default, Unknown)


SWITCH = """
from metaflow import *


class TestFlow(FlowSpec):
    config = Config("config", default_value={{"a": "x", "b": "y", "c": "x"}})

    @step
    def start(self):
        self.kind = "x"
        self.next({{{cases}}}, condition="kind")

    @step
    def one(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


@pytest.mark.parametrize(
    ("cases", "found"),
    [
        ("self.config.a: self.one, self.config.b: self.end", []),
        ("self.config.a: self.one, 'y': self.end", []),
        ("self.config.a: self.one, self.config.c: self.end", ["FC108"]),
        ("self.config.a: self.one, 'x': self.end", ["FC108"]),
        ("self.config.a: self.one, self.config.d: self.end", ["FC402"]),
        ("self.other.a: self.one, self.other.d: self.end", []),
    ],
)
def test_cases_are_compared_by_what_configurations_hold(
    tmp_path: Path, cases: str, found: list[str]
) -> None:
    file = tmp_path / "flow.py"
    file.write_text(SWITCH.format(cases=cases))

    assert codes(read_flow(str(file))) == found


PLACES = {
    "os.path.join(os.path.dirname(__file__), 'config.json')": True,
    "os.path.join(HERE, 'config.json')": True,
    "str(Path(__file__).parent / 'config.json')": True,
    "Path(__file__).resolve().parent.joinpath('config.json')": True,
    "os.path.join(os.getcwd(), 'config.json')": False,
    "os.path.join(CHANGED, 'config.json')": False,
    "os.path.join()": False,
}


@pytest.mark.parametrize("place", PLACES)
def test_a_path_may_start_from_the_flow_s_own_place(tmp_path: Path, place: str) -> None:
    file = write(tmp_path, f"config = Config('config', default={place})", "@resources()")
    before = (
        "import os\nfrom pathlib import Path\n\n"
        "HERE = os.path.dirname(os.path.abspath(__file__))\nCHANGED = HERE\nCHANGED = '/'\n"
    )
    file.write_text(before + file.read_text())

    reading = read_flow(str(file))

    assert codes(reading) == ([] if PLACES[place] else ["FC403"])
    assert not reading.flow or str(tmp_path) not in render_plan(reading.flow)
