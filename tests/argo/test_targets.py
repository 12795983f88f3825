"""How a target is found, and what all of them start a task with."""

from __future__ import annotations

import subprocess
import sys

import pytest

from flowc.errors import UsageError
from flowc.runtime.options import parse_options
from flowc.targets import TARGETS, get_target
from flowc.targets.command import Option, variables, words


def test_each_target_has_the_name_it_is_found_by() -> None:
    assert [get_target(name).name for name in TARGETS] == list(TARGETS)


def test_an_unknown_target_is_told_the_known_ones() -> None:
    with pytest.raises(UsageError, match="no target `argos`; flowc compiles to `airflow`, `argo`"):
        get_target("argos")


def test_listing_targets_loads_none() -> None:
    code = "import sys, flowc.targets; sys.exit('yaml' in sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_shim_reads_words_and_variables() -> None:
    shared = variables({Option.PLAN: "plan.json", Option.STORE: "s", Option.RUN: "1"})
    own = words("fit", {Option.PATH: "t.3", Option.ATTEMPT: "2"}, {"a": "x=y"}, {"b": "", "c": "1"})

    options = parse_options(own, shared)

    assert (options.step, options.plan, options.store, options.run) == (
        "fit",
        "plan.json",
        "s",
        "1",
    )
    assert (options.path, options.attempt) == ("t.3", 2)
    assert options.parameters == {"a": "x=y", "c": "1"}


def test_every_option_is_one_of_the_shims() -> None:
    own = {Option.ATTEMPT: "1", Option.MEMBER: "INDEX"}
    required = {option: option.value for option in Option} | own

    options = parse_options(words("fit", required, {}, {}), {"INDEX": "2"})

    assert options.control == "control"
    assert options.source == "source"
