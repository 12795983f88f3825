"""Names from steps and flows."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowc.names import DNS_LABEL_LIMIT, Names, flow_label, shortened, step_label

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
STEPS = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,80}", fullmatch=True)
ALIKE = st.text("aA_", min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("flow", "label"),
    [
        ("TrainFlow", "train-flow"),
        ("HTTPFlow", "http-flow"),
        ("Train2Flow", "train2-flow"),
        ("train_flow", "train-flow"),
        ("_Private", "private"),
        ("X", "x"),
    ],
)
def test_flows_become_kebab_case(flow: str, label: str) -> None:
    assert flow_label(flow) == label


def test_plain_steps_keep_their_words() -> None:
    assert step_label("fit_model_2") == "fit-model-2"


@pytest.mark.parametrize("step", ["_a", "a_", "__", "Fit", "é", "a" * 64])
def test_other_steps_end_in_a_hash(step: str) -> None:
    label = step_label(step)

    assert LABEL.fullmatch(label)
    assert re.search(r"(^|-)[0-9a-f]{8}$", label)


@given(STEPS | ALIKE, STEPS | ALIKE)
def test_different_steps_have_different_labels(one: str, other: str) -> None:
    assert (step_label(one) == step_label(other)) == (one == other)


@given(STEPS | st.text(min_size=1))
def test_labels_are_dns_labels(name: str) -> None:
    assert LABEL.fullmatch(step_label(name))
    assert LABEL.fullmatch(flow_label(name))


@given(st.lists(st.sampled_from(["a", "a-2", "a-3", "b", "c" * 63, "c" * 64]), max_size=12))
def test_a_name_is_handed_out_once(wanted: list[str]) -> None:
    names = Names()

    taken = [names.take(name) for name in wanted]

    assert len(set(taken)) == len(taken)
    assert all(len(name) <= DNS_LABEL_LIMIT for name in taken)


def test_a_free_name_is_given_as_it_is() -> None:
    names = Names()

    assert [names.take("start-foreach") for _ in range(3)] == [
        "start-foreach",
        "start-foreach-2",
        "start-foreach-3",
    ]


def test_long_names_differ_where_they_were_cut() -> None:
    one, other = shortened("a" * 70), shortened("a" * 71)

    assert len(one) == len(other) == DNS_LABEL_LIMIT
    assert one != other
