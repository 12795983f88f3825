"""Tasks on an S3 that fails now and then, or for good, or where they are killed."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from faults.proxy import proxied
from s3_server import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from faults.conftest import Site
    from faults.proxy import Harm, Proxy
    from s3_server import Server

SOURCE = """
class F(FlowSpec):
    alpha = Parameter("alpha", default="a")

    @step
    def start(self):
        self.xs = [1, 2]
        self.next(self.fit, foreach="xs")

    @step
    def fit(self):
        self.y = [self.input, self.alpha]
        self.next(self.join)

    @step
    def join(self, inputs):
        self.ys = [each.y for each in inputs]
        self.next(self.end)

    @step
    def end(self):
        pass
"""
TASKS = [("start", "t"), ("fit", "t.0"), ("fit", "t.1"), ("join", "t"), ("end", "t")]
# Botocore waits longer each time; three attempts are enough for faults that are far enough apart.
ATTEMPTS = {"AWS_MAX_ATTEMPTS": "3"}


@contextmanager
def faulty(site: Site, server: Server, harm: Harm, **environment: str) -> Iterator[Proxy]:
    """A site whose tasks reach a new bucket by way of a proxy."""
    with proxied(server.endpoint, harm) as proxy:
        site.write(SOURCE)
        site.url = f"s3://{server.bucket()}/root"
        site.environment |= {**settings(proxy.endpoint), **ATTEMPTS, **environment}
        yield proxy


@pytest.mark.parametrize("kind", ["500", "slow down", "reset", "lost", "truncated"])
def test_what_fails_now_and_then_is_asked_for_again(site: Site, s3: Server, kind: str) -> None:
    def harm(number: int, method: str) -> str:
        is_due = number % 5 == 0 and (kind != "truncated" or method == "GET")
        return kind if is_due else ""

    with faulty(site, s3, harm):
        assert [site.step(*task) for task in TASKS] == [0] * len(TASKS), site.log()

        assert site.values("end")["ys"] == [[1, "a"], [2, "a"]]
        assert site.record("done", "start")["control"] == {"count": 2}
        assert site.log() == ""


@pytest.mark.parametrize("server", ["s3", "rclone"])
def test_a_commit_whose_answer_is_lost_is_known_by_its_content(
    site: Site, request: pytest.FixtureRequest, server: str
) -> None:
    running: Server = request.getfixturevalue(server)
    committing: list[int] = []

    def harm(number: int, method: str) -> str:
        if method != "PUT" or "/_flowc/done/" not in proxy.asked[-1]:
            return ""
        committing.append(number)
        return "lost" if len(committing) == 1 else ""

    with faulty(site, running, harm) as proxy:
        assert site.step("start") == 0, site.log()

    assert len(committing) > 1
    assert site.decided() == {"count": "2"}
    assert site.record("done", "start")["attempt"] == 0


FOR_GOOD = {
    "500": "answers with an error (",
    "slow down": "answers with an error (",
    "expired": "answers with an error (ExpiredToken)",
    "reset": "cannot be reached at 127.0.0.1:",
    "late": "cannot be reached at 127.0.0.1:",
}


@pytest.mark.parametrize("kind", FOR_GOOD)
def test_what_fails_from_the_middle_on_is_told_in_one_line(
    site: Site, s3: Server, kind: str
) -> None:
    is_broken = True

    def harm(number: int, _: str) -> str:
        return kind if is_broken and number > 6 else ""

    with faulty(site, s3, harm, AWS_MAX_ATTEMPTS="1"):
        code = site.step("start")

        said = site.log()
        assert (code, said.count("\n")) == (1, 1), said
        assert said.startswith("flowc: bucket `bucket-")
        assert FOR_GOOD[kind] in said
        is_broken = False
        assert [site.step(*task) for task in TASKS[:2]] == [0, 0], site.log()
        assert site.values("fit", "t.0")["y"] == [1, "a"]


def test_a_first_task_killed_at_any_request_is_made_good(site: Site, s3: Server) -> None:
    site.write(SOURCE)
    site.environment |= settings(s3.endpoint)
    bucket = s3.bucket()
    expected: Any = None
    for kill in range(200):
        site.url = f"s3://{bucket}/{kill}"
        code = site.step("start", kill=kill)
        if kill and code == 0:
            break
        if kill:
            assert code == -9, site.log()
            assert site.record("done", "start") is None or site.values("start")
            assert site.step("start", attempt=kill % 2) == 0, site.log()
        record = site.record("done", "start")
        left = {name: record[name] for name in ("artifacts", "control", "parents", "parameters")}
        expected = expected or left
        assert left == expected
        assert site.decided() == {"count": "2"}
        listed = site.listing("start", attempt=record["attempt"])["objects"]
        assert listed == {name: sha for name, (sha, _, _) in left["artifacts"].items()}
    assert kill > 10
    assert json.dumps(expected)
