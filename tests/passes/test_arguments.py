"""All arguments of all step decorators, beside Metaflow's own."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passes.applied import apply, told

from flowc.ir.secret_sources import Secrets, SecretSource
from flowc.passes.arguments.kinds import UnfitError
from flowc.passes.arguments.table import STEP_DECORATORS, arguments_of

each_decorator = pytest.mark.parametrize("name", STEP_DECORATORS)


def metaflow_defaults(name: str) -> dict[str, Any]:
    """The arguments that Metaflow knows, with what they are if nobody gives them."""
    plugins = pytest.importorskip("metaflow.plugins")
    (found,) = (each.defaults for each in plugins.STEP_DECORATORS if each.name == name)
    defaults: dict[str, Any] = found
    return defaults


@each_decorator
def test_arguments_are_those_of_metaflow(name: str) -> None:
    assert set(arguments_of(name) or ()) == set(metaflow_defaults(name))


@each_decorator
def test_what_is_none_asks_for_nothing(name: str) -> None:
    arguments = ", ".join(f"{argument}=None" for argument in metaflow_defaults(name))

    assert apply(f"@{name}({arguments})")[0].compute == apply("@retry")[0].compute
    assert [each for each in told(f"@{name}({arguments})") if name != "timeout"] == []


@each_decorator
def test_what_metaflow_has_by_default_is_taken(name: str) -> None:
    given = {key: value for key, value in metaflow_defaults(name).items() if value is not None}
    arguments = ", ".join(f"{argument}={value!r}" for argument, value in given.items())

    step, found = apply(f"@{name}({arguments})")

    assert [each for each in found if name != "timeout"] == []
    assert (step.batch, step.secrets) == (None, None)


@each_decorator
def test_other_arguments_are_refused(name: str) -> None:
    ((code, message, hint),) = told(f"@{name}(surely_not=1{', seconds=1' * (name == 'timeout')})")

    assert (code, message) == ("FC302", f"`@{name}` has no argument `surely_not`")
    assert hint.startswith("use `" if arguments_of(name) else "write `@parallel` without")


def test_a_near_argument_is_named() -> None:
    assert told("@kubernetes(node_selectors='a=b')") == [
        ("FC302", "`@kubernetes` has no argument `node_selectors`", "write `node_selector`")
    ]


PLAIN = st.booleans() | st.integers(-1, 300) | st.floats() | st.text("a1=,:/.-_ \n", max_size=6)
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner | st.none(), max_size=2).map(tuple)
        | st.dictionaries(
            st.sampled_from(["id", "key", "operator", "privileged", "a/b", "type", ""]),
            inner | st.none(),
            max_size=3,
        )
    ),
    max_leaves=5,
)


@each_decorator
@settings(deadline=None)
@given(value=ANYTHING)
def test_whatever_is_given_is_taken_or_refused(name: str, value: Any) -> None:
    for kind in (arguments_of(name) or {}).values():
        with suppress(UnfitError):
            kind(value)


@pytest.mark.parametrize(
    "decorator",
    [
        "@card(type='html', id='report', options={'a': [1, None]}, timeout=60)",
        "@card(options=OPTIONS, id=f'report-{NAME}', timeout=minutes())",
        "@conda(packages={'numpy': '1.26', 'scipy': 1.1}, libraries={}, python='3.11')",
        "@conda(packages=PACKAGES, disabled=True)",
        "@pypi(packages={'numpy': VERSION}, python=3.9)",
        "@parallel",
        "@secrets(sources=[])",
    ],
)
def test_what_is_in_no_manifest_need_not_be_known(decorator: str) -> None:
    assert told(decorator) == []


@pytest.mark.parametrize(
    "decorator",
    [
        "@card(options=[1])",
        "@card(timeout='soon')",
        "@card(save_errors='sometimes')",
        "@conda(packages=['numpy'])",
        "@conda(packages={'numpy': ['1.26']})",
        "@pypi(disabled=2)",
        "@secrets(sources='one')",
        "@secrets(sources=[1])",
        "@secrets(sources=[{'type': 'inline'}])",
        "@secrets(sources=[{'id': 1}])",
        "@secrets(sources=[{'id': 'a', 'options': 1}])",
        "@secrets(sources=[], role=1)",
    ],
)
def test_what_is_of_another_kind_is_refused(decorator: str) -> None:
    assert [code for code, _, _ in told(decorator)] == ["FC301"]


SECRETS = {
    "@secrets(sources=['password'])": Secrets((SecretSource("password"),)),
    "@secrets(sources=['aws-secrets-manager.a.b'], role='reader')": Secrets(
        (SecretSource("a.b", "aws-secrets-manager"),), "reader"
    ),
    "@secrets(sources=['a', {'type': 't', 'id': 'b', 'role': 'r', 'options': {'k': 1}}])": Secrets(
        (SecretSource("a"), SecretSource("b", "t", "r", {"k": 1}))
    ),
    "@secrets(sources=[{'id': 'a.b', 'role': None}], allow_override=True)": Secrets(
        (SecretSource("a.b"),), allow_override=True
    ),
}


@pytest.mark.parametrize("decorator", SECRETS)
def test_secrets_are_kept(decorator: str) -> None:
    step, found = apply(decorator)

    assert step.secrets == SECRETS[decorator]
    assert found == []


def test_secrets_must_be_known() -> None:
    assert [code for code, _, _ in told("@secrets(sources=['a', NAME])")] == ["FC401"]


def test_a_wrong_part_is_told_with_its_place() -> None:
    assert told("@secrets(sources=['a', {'id': 'b', 'type': 3}])") == [
        (
            "FC301",
            "`@secrets` cannot take `3` for `sources[1]['type']`",
            "give `sources[1]['type']` a string",
        )
    ]
