"""Whatever a file holds, flowc tells what is wrong with it and never stumbles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import event, given
from ill_formed import (
    EXTREMES,
    Wrong,
    mangled_sources,
    odd_sources,
    respelled_sources,
    wrong_flows,
)

from flowc.diagnostics import failed
from flowc.driver import read_flow
from flowc.ir.text import render_text
from flowc.report import render

if TYPE_CHECKING:
    from pathlib import Path

    from flowc.driver import Reading


# Each kind of thing that is read, in few bytes, with letters of two bytes and of four.
SMALL = '''\
from flowc import FlowSpec as F, Parameter, retry, step

class É(F):
    p: int = Parameter("p", default=[1, {"🎈": -1}], help="""h""")
    @retry(times=2)
    @step
    def start(self):
        self.next({"a": self.b, 2: self.end}, condition="p")
    @step
    def b(self): self.p, x = 1, 2; self.next(self.end)
    @step
    def end(self): pass
'''


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ill_formed") / "flow.py"


@given(wrong=wrong_flows())
def test_wrong_flows_are_refused(file: Path, wrong: Wrong) -> None:
    event(wrong.fault)

    reading = _read(file, wrong.source.encode())

    assert reading.flow is None
    _assert_told(reading)


@given(odd=odd_sources())
def test_odd_transitions_are_read_or_refused(file: Path, odd: Wrong) -> None:
    event(odd.fault)

    _assert_told(_read(file, odd.source.encode()))


@given(source=mangled_sources())
def test_mangled_sources_are_read_or_refused(file: Path, source: bytes) -> None:
    _assert_told(_read(file, source))


@given(respelled=respelled_sources())
def test_a_flow_is_the_same_however_it_is_spelled(
    file: Path, respelled: tuple[str, bytes, str]
) -> None:
    source, spelled, how = respelled
    event(how)

    plain, other = _read(file, source.encode()), _read(file, spelled)

    assert plain.flow, plain.diagnostics
    assert other.flow, other.diagnostics
    assert render_text(other.flow) == render_text(plain.flow)


def test_a_flow_cut_off_anywhere_is_read_or_refused(file: Path) -> None:
    source = SMALL.encode()

    for length in range(len(source)):
        _assert_told(_read(file, source[:length]))
        _assert_told(_read(file, source[length:]))


@pytest.mark.parametrize("name", EXTREMES)
def test_extreme_sources_are_read_or_refused(file: Path, name: str) -> None:
    _assert_told(_read(file, EXTREMES[name]))


def test_missing_files_are_told(tmp_path: Path) -> None:
    _assert_told(read_flow(str(tmp_path / "none.py")))
    _assert_told(read_flow(str(tmp_path)))


def _read(file: Path, source: bytes) -> Reading:
    file.write_bytes(source)
    return read_flow(str(file))


def _assert_told(reading: Reading) -> None:
    """There is a flow, or there is an error, and each finding can be shown."""
    assert (reading.flow is None) == failed(reading.diagnostics)
    for found in reading.diagnostics:
        assert found.message in render([found], reading.lines)
