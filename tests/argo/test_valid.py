"""Every manifest is what Argo accepts: by its schema, by hera's models, and inside itself."""

from __future__ import annotations

import pytest
from argo.compiled import compiled
from argo.flows import FIXTURES
from argo.references import reference_errors
from argo.schema import hera_errors, needs_schema, schema_errors

from flowc.ir.flow import Flow

each_flow = pytest.mark.parametrize("flow", FIXTURES.values(), ids=FIXTURES)


@each_flow
def test_all_references_hold(flow: Flow) -> None:
    assert reference_errors(compiled(flow).text) == []


@needs_schema
@each_flow
def test_argo_schema_holds(flow: Flow) -> None:
    assert schema_errors(dict(compiled(flow).documents[-1])) == []


@each_flow
def test_hera_gives_back_the_same_document(flow: Flow) -> None:
    assert hera_errors(dict(compiled(flow).documents[-1])) == []
