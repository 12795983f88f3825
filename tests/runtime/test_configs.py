"""Configurations as steps see them: from the plan, parsed by the first task."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from flowc.runtime.configs import Config, ConfigValue
from flowc.runtime.errors import FlowError

if TYPE_CHECKING:
    from runtime.conftest import Project

FLOW = """
{declared}

@step
def start(self):
    self.next(self.end)

@step
def end(self):
    self.seen = {seen}
"""


def seen(project: Project, declared: str, expression: str, **configs: str) -> object:
    project.configs = configs
    project.linear(FLOW.format(declared=declared, seen=expression), "start", "end")
    project.run()
    return project.artifact("seen", "end")


@pytest.mark.parametrize(
    ("declared", "text", "expression", "expected"),
    [
        ("Config('c')", '{"a": {"b": [1]}}', "self.c.a.b[0]", 1),
        ("Config('c')", '{"a": {"b": [1]}}', "self.c['a']['b'][0]", 1),
        ("Config('c')", '{"a": [{"b": 1}]}', "self.c.a[0].b", 1),
        ("Config('c')", '{"a": {"b": 1}}', "type(self.c.a.to_dict()).__name__", "dict"),
        ("Config('c', default='nowhere.json')", '{"a": 1}', "self.c.a", 1),
        ("Config('c', parser=lambda text: {'n': len(text)})", "abc", "self.c.n", 3),
        ("Config('c', parser='json.loads')", '{"n": 1}', "self.c.n", 1),
        ("Config('c', parser=yaml_parser)", "n: 1", "self.c.n", 1),
        ("Config('c', parser='.plugins.parsers.yaml_parser')", "n: 1", "self.c.n", 1),
        ("Config('c', plain=True)", '{"a": 1}', "self.c", '{"a": 1}'),
        ("Config('c', plain=True, parser=str.split)", "a b", "self.c", ["a", "b"]),
    ],
)
def test_a_step_sees_what_the_plan_holds(
    project: Project, declared: str, text: str, expression: str, expected: object
) -> None:
    assert seen(project, f"c = {declared}", expression, c=text) == expected


def test_a_configuration_without_a_value_is_none(project: Project) -> None:
    assert seen(project, "c = Config('c')", "self.c") is None


def test_the_store_holds_plain_dictionaries(project: Project) -> None:
    seen(project, "c = Config('config')", "1", config='{"a": {"b": 1}}')

    found = project.artifact("c", "_parameters")

    assert (type(found), type(found["a"])) == (dict, dict)


@pytest.mark.parametrize(
    ("default", "expected"),
    [
        ("c.a", 3),
        ("c['a']", 3),
        ("config_expr('c.a * FACTOR')", 6),
        ("config_expr('c').b.d", 0.5),
        ("config_expr('[c.a for _ in range(2)]')", [3, 3]),
        ("lambda context: context.configs.c.a + 1", 4),
        ("[c.a, {'x': c.b.d}]", [3, {"x": 0.5}]),
    ],
)
def test_a_parameter_takes_its_default_and_type(
    project: Project, default: str, expected: object
) -> None:
    kind = ", type=int" if "lambda" in default else ""
    project.configs = {"c": '{"a": 3, "b": {"d": 0.5}}'}
    declared = f"c = Config('c')\np = Parameter('p', default={default}{kind})"
    source = FLOW.format(declared=declared, seen="self.p")
    project.linear(source, "start", "end", header="from flowc import *\n\nFACTOR = 2\n")

    project.run()

    assert project.artifact("seen", "end") == expected


def test_decorators_and_classes_may_name_configurations(project: Project) -> None:
    declared = """
c = Config('c')

@resources(**c.small)
@environment(vars={'A': c.a, 'B': config_expr('c')['b']})
@kubernetes(**config_expr('c.large'))
@step
def unused(self): ...
"""
    assert seen(project, declared, "self.c.a", c='{"a": 1}') == 1


def test_a_configuration_is_not_modifiable(project: Project) -> None:
    declared = "c = Config('c')"
    expression = "self.c.update(a=1)"

    with pytest.raises(AssertionError, match="ConfigValue is immutable"):
        seen(project, declared, expression, c="{}")


@pytest.mark.parametrize(
    "change", ["value['a'] = 1", "value.a = 1", "del value['a']", "value.b.clear()"]
)
def test_a_value_refuses_to_be_changed(change: str) -> None:
    value = ConfigValue({"a": 1, "b": {}})

    with pytest.raises(TypeError, match="immutable"):
        exec(change, {"value": value})


def test_a_value_is_pickled_with_its_type() -> None:
    value = ConfigValue({"a": {"b": [1, {"c": 2}]}})

    copy = pickle.loads(pickle.dumps(value))

    assert copy == value == {"a": {"b": [1, {"c": 2}]}}
    assert copy.a.b[1].c == 2


def test_a_configuration_has_one_default() -> None:
    with pytest.raises(FlowError, match="only specify default or default_value"):
        Config("c", default="c.json", default_value={})


def test_what_is_no_dictionary_is_refused(project: Project) -> None:
    with pytest.raises(AssertionError, match="config `c` is no dictionary"):
        seen(project, "c = Config('c')", "1", c="[1]")
