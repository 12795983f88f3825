"""One Metaflow for all tests of a process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from metaflow_graph import Metaflow

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def metaflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Metaflow]:
    found = Metaflow(tmp_path_factory.mktemp("metaflow"))
    yield found
    found.close()
