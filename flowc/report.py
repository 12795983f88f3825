"""Diagnostics as text: where, what, the source line with a caret, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from flowc.diagnostics import Diagnostic, Severity, Span

_TAB = "    "
_STYLES = {"bold": "1", "red": "1;31", "yellow": "1;33", "cyan": "36"}

Paint = Callable[[str, str], str]


def render(
    diagnostics: Iterable[Diagnostic], lines: Mapping[str, list[str]], *, color: bool = False
) -> str:
    """The diagnostics with their source lines; `lines` holds each file's lines by its path."""
    paint = _paint if color else _plain
    blocks = ("\n".join(_block(found, lines, paint)) for found in diagnostics)
    return "".join(f"{block}\n\n" for block in blocks)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """One line that counts them, such as `2 errors, 1 warning`."""
    severities = [found.severity for found in diagnostics]
    counts = {kind: severities.count(kind) for kind in Severity}
    words = (f"{count} {kind}{'s' * (count > 1)}" for kind, count in counts.items() if count)
    return ", ".join(words) or "no findings"


def _block(found: Diagnostic, lines: Mapping[str, list[str]], paint: Paint) -> Iterator[str]:
    style = "red" if found.severity is Severity.ERROR else "yellow"
    yield f"{_place(found.span, paint)} {paint(found.code, style)} {_shown(found.message)}"
    yield from _excerpt(found.span, lines, paint, style)
    for note in found.finding.notes:
        yield f"  {paint('note:', 'cyan')} {_shown(note.message)} ({_place(note.span, paint)[:-1]})"
    if found.finding.hint:
        yield f"  {paint('hint:', 'cyan')} {_shown(found.finding.hint)}"


def _place(span: Span, paint: Paint) -> str:
    return paint(f"{_shown(span.path)}:{span.line}:{span.column}:", "bold")


def _excerpt(span: Span, lines: Mapping[str, list[str]], paint: Paint, style: str) -> Iterator[str]:
    known = lines.get(span.path, [])
    if not 0 < span.line <= len(known):
        return
    line = known[span.line - 1]
    width = len(str(span.line))
    before = _shown(line[: span.column - 1])
    stop = span.end_column - 1 if span.end_line == span.line else len(line)
    marked = _shown(line[span.column - 1 : stop])
    yield f"{' ' * width} |"
    yield f"{span.line} | {_shown(line)}"
    yield f"{' ' * width} | {' ' * len(before)}{paint('^' * max(1, len(marked)), style)}"


def _shown(text: str) -> str:
    """The text as a terminal shows it in one column a letter."""
    plain = text.replace("\t", _TAB)
    return "".join(letter if letter.isprintable() else "�" for letter in plain)


def _plain(text: str, _style: str) -> str:
    return text


def _paint(text: str, style: str) -> str:
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m"
