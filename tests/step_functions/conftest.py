"""An account on the AWS of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from step_functions.account import account
from step_functions.lab import deployed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from step_functions.account import Account
    from step_functions.lab import Lab


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with account(tmp_path_factory.mktemp("aws")) as found:
        yield found


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with deployed(tmp_path_factory.mktemp("deployed"), tmp_path_factory.mktemp("aws")) as found:
        yield found
