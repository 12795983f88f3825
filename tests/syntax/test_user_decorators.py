"""User step decorators, mutators and extensions are known for what they are, with arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.diagnostics import Severity
from flowc.driver import read_flow
from flowc.ir.flow import Decorator, Flow, Origin, Unknown
from flowc.ir.known_decorators import CORE, GANG
from flowc.syntax.parse import parse_flow
from flowc.syntax.project import Project
from flowc.syntax.roots import SourceRoots
from flowc.syntax.source import Source

FLOW = """
import metaflow as mf
import beside
from flowc import FlowSpec, FlowMutator, StepMutator, UserStepDecorator, step, user_step_decorator
{before}

{flow_decorator}
class TestFlow(FlowSpec):
    {decorator}
    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""

BESIDE = """
from metaflow import *

@user_step_decorator
def timing(step_name, flow, inputs, attributes):
    yield


class Robust(StepMutator):
    def mutate(self, mutable_step):
        mutable_step.add_decorator(retry)


class Linted(FlowMutator):
    pass
"""


def read(
    folder: Path, before: str = "", decorator: str = "", flow_decorator: str = ""
) -> tuple[Flow | None, list[str]]:
    (folder / "beside.py").write_text(BESIDE)
    file = folder / "flow.py"
    file.write_text(FLOW.format(before=before, decorator=decorator, flow_decorator=flow_decorator))
    found = read_flow(str(file))
    source = Source(str(file), file.read_text())
    parsed, _ = parse_flow(source, "TestFlow", Project(source, SourceRoots(str(file))))
    return found.flow or parsed, [each.code for each in found.diagnostics]


def first(flow: Flow | None) -> list[Decorator]:
    assert flow
    return list(flow.steps["start"].decorators)


STEP, STEPS, FLOWS = Origin.USER_STEP_DECORATOR, Origin.STEP_MUTATOR, Origin.FLOW_MUTATOR

ON_STEPS = {
    "@user_step_decorator\ndef own(step_name, flow, inputs):\n    yield": STEP,
    "@mf.user_step_decorator\ndef own(step_name, flow, inputs):\n    yield": STEP,
    "@user_step_decorator(a=1)\ndef own(step_name, flow, inputs, attributes):\n    yield": STEP,
    "class own(UserStepDecorator):\n    pass": STEP,
    "class Base(UserStepDecorator):\n    pass\n\nclass own(Base):\n    pass": STEP,
    "class own(StepMutator):\n    pass": STEPS,
    "class own(mf.StepMutator):\n    pass": STEPS,
    "class own(UserStepDecorator, StepMutator):\n    pass": STEPS,
    "class own(beside.Robust):\n    pass": STEPS,
    "from beside import timing as own": STEP,
    "from beside import Robust as own": STEPS,
    "own = beside.timing": STEP,
    "from metaflow.user_decorators.user_step_decorator import StepMutator as Base\n"
    "class own(Base):\n    pass": STEPS,
    "if input():\n    @user_step_decorator\n    def own(*a):\n        yield\n"
    "else:\n    @user_step_decorator\n    def own(*a):\n        yield 1": STEP,
    "if input():\n    class own(StepMutator):\n        pass\n"
    "else:\n    class own(StepMutator):\n        init = None": STEPS,
}


@pytest.mark.parametrize("before", ON_STEPS)
@pytest.mark.parametrize("use", ["@own", "@own()"])
def test_what_stands_above_a_step_is_known(tmp_path: Path, before: str, use: str) -> None:
    flow, codes = read(tmp_path, before, use)

    assert [(each.name, each.origin) for each in first(flow)] == [("own", ON_STEPS[before])]
    assert set(codes) == ({"FC350"} if ON_STEPS[before] is STEP else {"FC350", "FC357"})


ON_FLOWS = {
    "class own(FlowMutator):\n    pass": "own",
    "from beside import Linted as own": "own",
    "": "beside.Linted",
}


@pytest.mark.parametrize("before", ON_FLOWS)
@pytest.mark.parametrize("call", ["", "(limit=3)"])
def test_what_stands_above_a_flow_is_known(tmp_path: Path, before: str, call: str) -> None:
    flow, codes = read(tmp_path, before, flow_decorator=f"@{ON_FLOWS[before]}{call}")

    assert flow
    assert [(each.origin, dict(each.arguments)) for each in flow.decorators] == [
        (FLOWS, {"limit": 3} if call else {})
    ]
    assert codes == ["FC350", "FC357"]


def test_mutators_of_bases_count_each(tmp_path: Path) -> None:
    before = "@beside.Linted(1)\nclass Base(FlowSpec):\n    pass"
    read(tmp_path, before, flow_decorator="@beside.Linted(2)")
    file = tmp_path / "flow.py"
    file.write_text(file.read_text().replace("TestFlow(FlowSpec)", "TestFlow(Base)"))

    found = read_flow(str(file))

    assert found.flow, found.diagnostics
    assert [each.positional for each in found.flow.decorators] == [(2,), (1,)]


def test_arguments_are_kept(tmp_path: Path) -> None:
    before = "LIMIT = 3\nfrom beside import Robust, timing\nfrom company import audited"

    flow, _ = read(
        tmp_path,
        before,
        "@Robust(LIMIT, 'a', *rest())\n    @timing(limit=LIMIT + 1, at=now(), **{'x': [1]})\n"
        "    @mf.torchrun(all_nodes_started_timeout=60)\n    @audited(level='high')",
    )

    robust, timing, torchrun, audited = first(flow)
    assert robust.positional[:2] == (3, "a")
    assert isinstance(robust.positional[2], Unknown)
    at = timing.arguments["at"]
    assert isinstance(at, Unknown)
    assert (at.text, at.span.line) == ("now()", 12)
    assert dict(timing.arguments) == {"limit": 4, "at": at, "x": (1,)}
    assert dict(torchrun.arguments) == {"all_nodes_started_timeout": 60}
    assert dict(audited.arguments) == {"level": "high"}


HELD = {
    "slow = beside.timing(limit=3)": ("@slow", [("timing", STEP, {"limit": 3})]),
    "slow = beside.timing(limit=now())": ("@slow", [("timing", STEP, {"limit": "now()"})]),
    "def slow(n):\n    return beside.timing(limit=n)": (
        "@slow(2)",
        [("timing", STEP, {"limit": 2})],
    ),
    "def both(f):\n    return beside.Robust(3)(mf.retry(times=2)(beside.timing(f)))": (
        "@both",
        [("Robust", STEPS, {}), ("retry", Origin.CORE, {"times": 2}), ("timing", STEP, {})],
    ),
    "def gang(f):\n    return mf.torchrun(f)": ("@gang", [("torchrun", Origin.EXTENSION, {})]),
}


@pytest.mark.parametrize("before", HELD)
def test_they_are_seen_through_what_holds_them(tmp_path: Path, before: str) -> None:
    decorator, expected = HELD[before]

    flow, _ = read(tmp_path, before, decorator)

    def shown(value: object) -> object:
        return value.text if isinstance(value, Unknown) else value

    found = [
        (each.name, each.origin, {name: shown(value) for name, value in each.arguments.items()})
        for each in first(flow)
    ]
    assert found == expected


EXTENSIONS = [
    *("torchrun", "torchrun_parallel", "deepspeed", "metaflow_ray", "mpi", "tensorflow"),
    *("checkpoint", "model", "huggingface_hub", "slurm", "nvidia", "nvct", "snowpark", "nim"),
    *("ollama", "vllm", "uv", "made_up"),
]


@pytest.mark.parametrize("name", EXTENSIONS)
def test_what_metaflow_does_not_bring_is_an_extension(tmp_path: Path, name: str) -> None:
    flow, alone = read(tmp_path, f"from metaflow import {name}", f"@{name}(a=1)")
    imported = f"from metaflow_extensions.x import {name} as inner"
    codes = read(tmp_path, imported, "@inner")[1]

    (found,) = first(flow)
    assert (found.name, found.origin, dict(found.arguments)) == (
        name,
        Origin.EXTENSION,
        {"a": 1},
    )
    assert codes == ["FC350"]
    assert (first(flow)[0].makes_gang, "FC208" in alone) == (name in GANG, name in GANG)


@pytest.mark.parametrize("name", sorted(CORE - {"step"}))
@pytest.mark.parametrize(
    "before", ["from elsewhere import {}", "def {}(**kw):\n    return print", "class {}: pass"]
)
def test_the_name_of_a_core_decorator_is_not_enough(tmp_path: Path, name: str, before: str) -> None:
    use = f"@{name}(times=3, cpu=8, vars={{'A': 'b'}}, daily=True, event='x', name='HOUSE')"
    plain = read(tmp_path, "# 1\n" * (before.count("\n") + 1) + "# 2", "# 3", "# 4")[0]

    flow, codes = read(tmp_path, before.format(name) + "\n# 2", use, use)

    # The makers of user decorators, which are imported but not used, are Metaflow's only.
    assert set(codes) <= {"FC353", "FC406"}
    assert flow
    assert plain
    start = flow.steps["start"]
    assert (start.compute, start.policy, start.environment) == (
        *(plain.steps["start"].compute, plain.steps["start"].policy),
        plain.steps["start"].environment,
    )
    assert flow.schedule is None


def test_they_stand_above_the_step(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text(BESIDE)
    file = tmp_path / "flow.py"
    file.write_text(
        "from flowc import FlowSpec, step\nfrom beside import timing\n\n"
        "class TestFlow(FlowSpec):\n    @step\n    @timing\n    def start(self):\n"
        "        self.next(self.end)\n\n    @step\n    def end(self):\n        pass\n"
    )

    found = read_flow(str(file)).diagnostics

    assert [each.code for each in found if each.severity is Severity.ERROR] == ["FC309"]


def test_classes_that_derive_from_each_other_end(tmp_path: Path) -> None:
    before = "class own(Other):\n    pass\n\nclass Other(own):\n    pass"

    flow, _ = read(tmp_path, before, "@own")

    assert [each.origin for each in first(flow)] == [Origin.FUNCTION]


def test_functions_that_decorate_each_other_end(tmp_path: Path) -> None:
    names = [f"f{number}" for number in range(40)]
    before = "\n".join(
        f"@{earlier}()\n@{earlier}()\ndef {later}(*a):\n    return a"
        for earlier, later in zip(["own", *names], [*names, "own"], strict=True)
    )

    flow, _ = read(tmp_path, before, "@own()")

    assert [each.origin for each in first(flow)] == [Origin.FUNCTION]
