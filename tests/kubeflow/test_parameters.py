"""Parameters of pipelines: with types, with defaults, and without any value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kubeflow.compiled import written
from kubeflow.test_pipelines import pipeline_of

if TYPE_CHECKING:
    from pathlib import Path

    from kubeflow.compiled import Placed
    from kubeflow.local_runs import Kfp

FLOW = """
from flowc import FlowSpec, JSONType, Parameter, step


class GivenFlow(FlowSpec):
    who = Parameter("who", required=True)
    count = Parameter("count", default=2)
    big = Parameter("big", type=int, default=1)
    factor = Parameter("factor", type=float, default=3)
    share = Parameter("share", type=float)
    loud = Parameter("loud", default=True)
    quiet = Parameter("quiet", type=bool)
    places = Parameter("places", type=JSONType, default='{"a": ["b c", 1]}')
    made = Parameter("made", type=int, default=lambda _: 40 + 2)
    hyphened = Parameter("learning-rate", default=0.5)

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        self.given = [
            self.who, self.count, self.big, self.factor, self.share, self.loud, self.quiet,
            self.places, self.made, self.hyphened,
        ]
"""

DEFAULTS = [2, 1, 3.0, None, True, None, {"a": ["b c", 1]}, 42, 0.5]


@pytest.fixture(scope="module")
def placed(tmp_path_factory: pytest.TempPathFactory) -> Placed:
    return written(FLOW, tmp_path_factory.mktemp("parameters"))


def given(placed: Placed, run: str) -> list[object]:
    found = placed.artifacts(run=run)["given"]
    assert isinstance(found, list)
    return found


def test_what_is_not_given_has_its_default(kfp: Kfp, placed: Placed) -> None:
    ended = placed.run(kfp, {"who": "Ada"}, "defaults")

    assert ended.state == "succeeded", ended.error + kfp.log()
    found = given(placed, "defaults")
    assert found == ["Ada", *DEFAULTS]
    assert list(map(type, found)) == list(map(type, ["Ada", *DEFAULTS]))


def test_what_is_given_has_the_types_of_the_flow(kfp: Kfp, placed: Placed) -> None:
    text = 'it\'s "so" $HOME {{x}} ü\n--param count=9'
    arguments = {
        "who": text,
        "count": 0,
        "big": 2**40,
        "factor": 0.25,
        "share": "1e-3",
        "loud": False,
        "quiet": "true",
        "places": '[{"x": null}, "ü"]',
        "made": "7",
        "learning-rate": 1.0,
    }

    ended = placed.run(kfp, arguments, "given")

    assert ended.state == "succeeded", ended.error + kfp.log()
    wanted = [text, 0, 2**40, 0.25, 0.001, False, True, [{"x": None}, "ü"], 7, 1.0]
    assert given(placed, "given") == wanted
    assert list(map(type, given(placed, "given"))) == list(map(type, wanted))


def test_a_run_without_what_is_required_does_not_begin(kfp: Kfp, placed: Placed) -> None:
    ended = placed.run(kfp, {}, "missing")

    assert ended.state == "failed"
    assert "who" in ended.error
    assert not placed.tasks("missing")


def test_what_is_of_the_wrong_kind_fails_the_first_step(kfp: Kfp, placed: Placed) -> None:
    ended = placed.run(kfp, {"who": "Ada", "made": "many"}, "wrong")

    assert ended.state == "failed"
    assert "made" in kfp.log()
    assert not placed.tasks("wrong")


def test_the_pipeline_asks_for_the_types_that_it_can(placed: Placed) -> None:
    inputs = pipeline_of(placed.flow)["root"]["inputDefinitions"]["parameters"]

    assert {name: each["parameterType"] for name, each in inputs.items()} == {
        "who": "STRING",
        "count": "NUMBER_INTEGER",
        "big": "NUMBER_INTEGER",
        "factor": "NUMBER_DOUBLE",
        "share": "STRING",
        "loud": "BOOLEAN",
        "quiet": "STRING",
        "places": "STRING",
        "made": "STRING",
        "learning-rate": "NUMBER_DOUBLE",
    }
    assert [name for name, each in inputs.items() if not each.get("isOptional")] == ["who"]


SEVERAL = """
from flowc import FlowSpec, Parameter, step


class UnsetFlow(FlowSpec):
{parameters}

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def test_parameters_without_a_value_are_told_of_in_the_order_of_the_source(tmp_path: Path) -> None:
    names = [f"given_{number}" for number in (3, 1, 4, 5, 9, 2, 6)]
    lines = "\n".join(f'    {name} = Parameter("{name}")' for name in names)
    found = pipeline_of(written(SEVERAL.format(parameters=lines), tmp_path).flow)

    words = found["deploymentSpec"]["executors"]["exec-start"]["container"]["args"]
    told = [words[at + 1] for at, word in enumerate(words) if word == "--param-if-set"]
    assert [word.partition("=")[0] for word in told] == names
