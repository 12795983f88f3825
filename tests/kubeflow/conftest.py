"""Kubeflow Pipelines for tests, which starts when the first of a process asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from kubeflow.local_runs import running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kubeflow.local_runs import Kfp


@pytest.fixture(scope="session")
def kfp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kfp]:
    with running(tmp_path_factory.mktemp("kfp")) as started:
        yield started
