"""Schedules on Argo: a CronWorkflow in five fields, or the reason why there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowc.driver import read_flow
from flowc.targets import get_target
from flowc.targets.target import CompileOptions, Manifest

FLOW = """\
from flowc import FlowSpec, Parameter, schedule, step


@schedule({arguments})
class {name}(FlowSpec):
    alpha = Parameter("alpha", type=float, {alpha})

    @step
    def start(self):
        self.next(self.end)

    @step
    def end(self):
        pass
"""


def emitted(
    folder: Path, arguments: str, *, name: str = "DailyFlow", alpha: str = "default=0.1"
) -> tuple[Manifest | None, list[str]]:
    """The manifest, and the codes of what is wrong."""
    path = folder / "flow.py"
    path.write_text(FLOW.format(arguments=arguments, name=name, alpha=alpha))
    flow = read_flow(str(path)).flow
    assert flow
    manifest, found = get_target("argo").emit(flow, CompileOptions(image="any:1"))
    return manifest, [diagnostic.code for diagnostic in found]


@pytest.mark.parametrize(
    ("arguments", "cron", "zone"),
    [
        ("daily=True", "0 0 * * *", "UTC"),
        ("hourly=True", "0 * * * *", "UTC"),
        ("weekly=True", "0 0 * * 0", "UTC"),
        ("cron='30 6 ? * 2 *', timezone='Asia/Tokyo'", "30 6 * * 1", "Asia/Tokyo"),
        ("cron='30 6 * * 2'", "30 6 * * 2", "UTC"),
    ],
)
def test_a_schedule_is_a_cron_workflow(
    tmp_path: Path, arguments: str, cron: str, zone: str
) -> None:
    manifest, codes = emitted(tmp_path, arguments)

    assert not codes
    assert manifest
    spec = manifest.documents[-1]["spec"]
    assert (spec["schedules"], spec["timezone"]) == ([cron], zone)


def test_what_cron_cannot_say_is_an_error(tmp_path: Path) -> None:
    assert emitted(tmp_path, "cron='0 9 L * ? *'") == (None, ["FC623"])


def test_nobody_gives_a_scheduled_run_its_parameters(tmp_path: Path) -> None:
    assert emitted(tmp_path, "daily=True", alpha="required=True") == (None, ["FC624"])


def test_a_long_name_is_cut_where_argo_appends_the_time(tmp_path: Path) -> None:
    manifest, _ = emitted(tmp_path, "daily=True", name="A" + "b" * 60)

    assert manifest
    template, cron = manifest.documents[-2:]
    assert len(cron["metadata"]["name"]) <= 52
    assert (
        cron["spec"]["workflowSpec"]["workflowTemplateRef"]["name"] == template["metadata"]["name"]
    )
