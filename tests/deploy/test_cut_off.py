"""A deploy that is cut off at any call is completed by the next one, whatever that wants."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from deploy.memory import (
    MACHINE,
    NAME,
    NOTHING,
    SCHEDULE,
    Clock,
    Cloud,
    CutOffError,
    MemoryEngine,
    deployed,
    ledger,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from flowc.deploy.plan import Allowed
from flowc.deploy.resources import Key

Wanted = Mapping[Key, Mapping[str, Any]]

KEYS = (Key("job", "a"), Key("job", "b"), MACHINE, SCHEDULE, Key("rule", "r"))
BODIES = st.fixed_dictionaries({"size": st.integers(0, 2), "words": st.sampled_from(["x", "y"])})
# What content names never changes.
OF_CONTENT = {key: st.just({"size": 1}) if key.kind == "job" else BODIES for key in KEYS}
WANTED = st.fixed_dictionaries({}, optional=OF_CONTENT).map(
    lambda found: {key: found[key] for key in KEYS if key in found}
)


def cut_off(
    cloud: Cloud, folder: Path, wanted: Wanted, clock: Clock, allowed: Allowed = NOTHING
) -> bool:
    """Deploy until it is done or cut off; whether it was cut off."""
    file = folder / "code.tgz"
    file.write_bytes(b"code")
    engine = MemoryEngine(cloud, wanted, clock)
    try:
        plan = deployed(engine, ledger(folder / "store", clock), allowed, "p/code.tgz", file)
    except CutOffError:
        return True
    assert not plan.refused
    return False


def assert_complete(cloud: Cloud, folder: Path, wanted: Wanted) -> None:
    """What is there is what is wanted and what is kept, and the record names all of it.

    What is kept is not looked at, so that a job which was never made may be on record.
    """
    record = ledger(folder / "store").read()
    assert record.is_whole
    assert wanted.keys() <= cloud.live.keys() <= record.entries.keys()
    assert all(key.kind == "job" for key in record.entries.keys() - cloud.live.keys())
    for key, live in cloud.live.items():
        assert live.owner == NAME
        assert live.body == wanted[key] if key in wanted else key.kind == "job"


@settings(deadline=None)
@given(st.lists(st.tuples(WANTED, st.integers(1, 16), st.booleans()), max_size=4), WANTED)
def test_the_next_deploy_completes_what_was_cut_off(
    cuts: list[tuple[Wanted, int, bool]], last: Wanted
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, cloud = Path(name), Cloud()
        for wanted, at, after in cuts:
            cut_off(cloud, folder, wanted, Clock(at, after=after))
            # Whatever is there, some record knows it: nothing is ever orphaned.
            assert cloud.live.keys() <= ledger(folder / "store").read().entries.keys()

        assert not cut_off(cloud, folder, last, Clock())

        assert_complete(cloud, folder, last)
        assert not cut_off(cloud, folder, last, Clock(), Allowed(prune=True))
        assert cloud.live.keys() == last.keys() == ledger(folder / "store").read().entries.keys()


OLD = {KEYS[0]: {"size": 1}, MACHINE: {"size": 0}, SCHEDULE: {"size": 0}}
NEW = {KEYS[1]: {"size": 1}, MACHINE: {"size": 1}, Key("rule", "r"): {"size": 1}}


@pytest.mark.parametrize("after", [False, True])
def test_each_call_may_be_the_last_one(tmp_path: Path, *, after: bool) -> None:
    at = 0
    is_cut_off = True
    while is_cut_off:
        at += 1
        folder, cloud = tmp_path / str(at), Cloud()
        folder.mkdir()
        cut_off(cloud, folder, OLD, Clock())
        cloud.log.clear()

        is_cut_off = cut_off(cloud, folder, NEW, Clock(at, after=after))

        # Nothing goes before what is to come is there.
        if SCHEDULE not in cloud.live:
            assert NEW.keys() <= cloud.live.keys()
        assert not cut_off(cloud, folder, NEW, Clock())
        assert_complete(cloud, folder, NEW)
    assert at > 8
