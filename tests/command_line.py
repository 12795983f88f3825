"""Commands in this process, for tests of many of them that need no process each."""

from __future__ import annotations

import gc
import sys
from dataclasses import dataclass

import pytest

from flowc.cli.app import main


@dataclass(frozen=True)
class Ended:
    code: int
    stdout: str
    stderr: str


class CommandLine:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *words: str) -> Ended:
        self._monkeypatch.setattr(sys, "argv", ["flowc", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        gc.enable()
        code = ended.value.code
        assert isinstance(code, int) or code is None
        return Ended(code or 0, *self._capsys.readouterr())
