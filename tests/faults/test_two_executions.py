"""Several executions of one task at once: one wins, and all say what it decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from s3_server import settings

if TYPE_CHECKING:
    from faults.conftest import Site
    from s3_server import Server

# All executions of a task wait for each other where they are about to commit. `WHO` says which of
# them it is, and `ROUND` where they meet.
SOURCE = """
def meet():
    folder = os.environ["ROUND"]
    os.makedirs(folder, exist_ok=True)
    open(f"{folder}/{os.environ['WHO']}", "w").close()
    while len(os.listdir(folder)) < 3:
        time.sleep(0.0005)


def who(context):
    return int(os.environ["WHO"])


class F(FlowSpec):
    alpha = Parameter("alpha", type=int, default=who)

    @step
    def start(self):
        self.a = self.b = who(None)
        self.xs = list(range(who(None) + 1))
        meet()
        self.next(self.fit, foreach="xs")

    @step
    def fit(self):
        self.next(self.join)

    @step
    def join(self, inputs):
        self.next(self.work)

    @step
    def work(self):
        self.next(self.check)

    @step
    def check(self):
        self.a = self.b = who(None)
        self.to = "work" if who(None) % 2 else "end"
        meet()
        self.next({"work": self.work, "end": self.end}, condition="to")

    @step
    def end(self):
        pass
"""
EXECUTIONS = 3


def race(site: Site, step: str, path: str, number: int, **options: Any) -> list[dict[str, str]]:
    """What each of three executions of a task has told its engine; all of them end well."""
    launches = []
    for who in range(EXECUTIONS):
        launch = site.launch(step, path, to=f"control-{who}", **options)
        told = {"WHO": str(who), "ROUND": str(site.folder / f"round-{number}")}
        launches.append({**launch, "environment": {**launch["environment"], **told}})
    assert site.run(*launches) == [0] * EXECUTIONS, site.log()
    return [site.decided(f"control-{who}") for who in range(EXECUTIONS)]


def check_start(site: Site, told: list[dict[str, str]]) -> None:
    values = site.values("start")
    winner = values["a"]
    assert (values["b"], values["alpha"], values["xs"]) == (winner, winner, [*range(winner + 1)])
    assert told == [{"count": str(winner + 1)}] * EXECUTIONS
    check_listed(site, "start", "t")
    listed = site.listing("_parameters")["objects"]
    assert listed["alpha"] == site.record("done", "start")["artifacts"]["alpha"][0]


def check_latch(site: Site, told: list[dict[str, str]]) -> None:
    values = site.values("check", "t.r0")
    winner = values["a"]
    onward = {"next": "work", "path": "t.r1"} if winner % 2 else {"next": "end", "path": "t"}
    left = None if winner % 2 else {"next": "end", "last": 0}
    assert (values["b"], values["to"]) == (winner, onward["next"])
    assert told == [onward] * EXECUTIONS
    assert site.record("control", "check") == left
    check_listed(site, "check", "t.r0")


def check_listed(site: Site, step: str, path: str) -> None:
    """The Client sees the artifacts of the commit."""
    record = site.record("done", step, path)
    listed = site.listing(step, path, record["attempt"])["objects"]
    assert listed == {name: sha for name, (sha, _, _) in record["artifacts"].items()}


def run_rounds(site: Site, rounds: int) -> None:
    """Races for the first task and for a latch, each in a new run of its own store."""
    root = site.url
    for number in range(rounds):
        site.url = f"{root}/{number}"
        check_start(site, race(site, "start", "t", 2 * number))
        site.environment["WHO"] = "1"
        between = [("fit", f"t.{index}") for index in site.values("start")["xs"]]
        for step, path in (*between, ("join", "t"), ("work", "t.r0")):
            assert site.step(step, path) == 0, site.log()
        check_latch(site, race(site, "check", "t.r0", 2 * number + 1))


def test_one_of_several_wins_in_a_folder(site: Site) -> None:
    site.write(SOURCE)

    run_rounds(site, 15)


@pytest.mark.parametrize("server", ["s3", "rclone"])
def test_one_of_several_wins_on_s3(site: Site, request: pytest.FixtureRequest, server: str) -> None:
    running: Server = request.getfixturevalue(server)
    site.write(SOURCE)
    site.environment |= settings(running.endpoint)
    site.url = f"s3://{running.bucket()}"

    run_rounds(site, 2)


def test_one_of_several_that_run_again_wins(site: Site) -> None:
    site.write(SOURCE)
    before: set[float] = set()
    for number in range(8):
        check_start(site, race(site, "start", "t", number))
        before.add(site.record("done", "start")["time"])

    assert len(before) == 8


def test_attempts_with_other_numbers_agree_too(site: Site) -> None:
    site.write(SOURCE)
    launches = []
    for who in range(EXECUTIONS):
        launch = site.launch("start", attempt=who, to=f"control-{who}")
        told = {"WHO": str(who), "ROUND": str(site.folder / "round")}
        launches.append({**launch, "environment": told})

    assert site.run(*launches) == [0] * EXECUTIONS, site.log()

    check_start(site, [site.decided(f"control-{who}") for who in range(EXECUTIONS)])
    assert site.record("done", "start")["attempt"] == site.values("start")["a"]
