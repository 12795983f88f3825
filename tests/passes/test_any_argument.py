"""Whatever the arguments of a flow's decorator are, there is an answer."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from passes.flows import decorated

from flowc.diagnostics import failed
from flowc.graph.document import render_json
from flowc.ir.flow import Decorator, Unknown, Value
from flowc.ir.references import FunctionName, NamespacedEvent, TimeDifference
from flowc.passes.flow_decorators import READERS, read_flow_decorators

FLOW, _ = decorated("")
HERE = FLOW.span
WORDS = (
    *("alpha", "a.b", "a.b.C", "name", "parameters", "project", "project_branch", "cron"),
    *("timezone", "reset_at", "image", "0 4 * * *", "UTC", "success", "poke", ""),
)
ARGUMENTS = (
    *("name", "branch", "production", "event", "events", "flow", "flows", "options", "mode"),
    *("on_success", "on_error", "external_dag_id", "external_task_ids", "allowed_states"),
    *("execution_delta", "bucket_key", "verify", "timeout", "packages", "libraries", "python"),
    *("disabled", "cron", "daily", "timezone", "other"),
)
TEXTS = st.sampled_from(WORDS) | st.text(max_size=5)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | TEXTS
REFERENCES = st.sampled_from(
    (
        Unknown(HERE, "make()"),
        FunctionName(HERE, "hook", "hook"),
        FunctionName(HERE, "'a.b'", "b", "a", missing=True, path="a.b"),
        FunctionName(HERE, "hook", "hook", arguments=("path",)),
        NamespacedEvent(HERE, "namespaced_event_name('a')", "a"),
        TimeDifference(HERE, "timedelta(1)", 86400.0),
    )
)
VALUES: st.SearchStrategy[Value] = st.recursive(
    PLAIN | REFERENCES,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple) | st.dictionaries(TEXTS, inner, max_size=3)
    ),
    max_leaves=6,
)
DECORATORS = st.builds(
    Decorator,
    name=st.sampled_from(sorted(READERS)),
    arguments=st.dictionaries(st.sampled_from(ARGUMENTS), VALUES, max_size=4),
    span=st.just(HERE),
)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.lists(DECORATORS, min_size=1, max_size=3))
def test_there_is_an_answer(decorators: list[Decorator]) -> None:
    flow, found = read_flow_decorators(replace(FLOW, decorators=tuple(decorators)))

    for diagnostic in found:
        assert "\n" not in diagnostic.message
        assert not re.search(r"Unknown\(|FunctionName\(|Span\(", diagnostic.message)
    if not failed(found):
        assert render_json(flow)
