"""A flow's parameters on the command line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, assert_never

from flowc.errors import UsageError
from flowc.ir.flow import ParameterKind, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowc.ir.config import Config
    from flowc.ir.flow import Flow, Parameter

# The words that the runtime takes for a bool.
_BOOLS = frozenset({"1", "on", "t", "true", "y", "yes", "0", "f", "false", "n", "no", "off"})

_WORDS = {
    ParameterKind.STR: "TEXT",
    ParameterKind.INT: "INTEGER",
    ParameterKind.FLOAT: "NUMBER",
    ParameterKind.BOOL: "true|false",
    ParameterKind.JSON: "JSON",
    ParameterKind.FILE: "FILE",
}


def parse_parameters(flow: Flow, words: Sequence[str], *, complete: bool = True) -> dict[str, str]:
    """The texts that the words of a command line give to a flow's parameters, by name.

    Raises `UsageError` for an unknown option, a text that does not fit, or a parameter left out,
    if they must be `complete`.
    """
    known = {_spelled(parameter.name): parameter for parameter in flow.parameters}
    given: dict[str, str] = {}
    rest = list(words)
    while rest:
        parameter = _find(known, rest[0])
        text, rest = _take(parameter, rest)
        _check(parameter, text)
        given[parameter.name] = text
    if complete:
        _check_complete(flow, given)
    return given


def render_options(flow: Flow) -> str:
    """The flow's parameters and configurations for `--help`, one a line; empty for none."""
    options = [
        *((f"--{each.name} {_WORDS[_kind(each)]}", _remarks(each)) for each in flow.parameters),
        *((f"--config {each.name} FILE", _config_remarks(each)) for each in flow.configs),
    ]
    width = max((len(option) for option, _ in options), default=0)
    lines = (f"  {option:<{width}}  {' '.join(remarks)}" for option, remarks in options)
    return "\n".join(line.rstrip() for line in lines)


def _spelled(name: str) -> str:
    # Where the runtime sees no difference between two spellings, neither does the command line.
    return name.replace("_", "-").lower()


def _find(known: dict[str, Parameter], word: str) -> Parameter:
    if not word.startswith("--"):
        raise UsageError(f"unexpected `{word}`; parameters are given as `--name value`")
    option = word.partition("=")[0]
    spelled = _spelled(option[2:])
    if parameter := known.get(spelled):
        return parameter
    near = get_close_matches(spelled, known) or known
    has = ", ".join(f"`--{known[name].name}`" for name in near)
    raise UsageError(f"no such parameter `{option}`; the flow has {has or 'none'}")


def _take(parameter: Parameter, words: list[str]) -> tuple[str, list[str]]:
    _, separator, text = words[0].partition("=")
    if separator:
        return text, words[1:]
    if len(words) > 1 and not words[1].startswith("--"):
        return words[1], words[2:]
    if parameter.kind is ParameterKind.BOOL:
        return "true", words[1:]
    raise UsageError(f"--{parameter.name} takes {_expected(parameter)}, but nothing follows it")


def _check(parameter: Parameter, text: str) -> None:
    if not _fits(parameter, text):
        raise UsageError(f"--{parameter.name} takes {_expected(parameter)}, not `{text}`")


def _check_complete(flow: Flow, given: dict[str, str]) -> None:
    missing = [
        f"--{parameter.name}"
        for parameter in flow.parameters
        if parameter.required and parameter.default is None and parameter.name not in given
    ]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise UsageError(f"{' and '.join(missing)} {verb} required")


def _kind(parameter: Parameter) -> ParameterKind:
    return ParameterKind.STR if parameter.separator else parameter.kind


def _fits(parameter: Parameter, text: str) -> bool:
    kind = _kind(parameter)
    try:
        match kind:
            case ParameterKind.STR:
                return True
            case ParameterKind.INT:
                int(text)
            case ParameterKind.FLOAT:
                float(text)
            case ParameterKind.JSON:
                json.loads(text)
            case ParameterKind.BOOL:
                return text.strip().lower() in _BOOLS
            case ParameterKind.FILE:
                return Path(text).expanduser().is_file()
            case _:
                assert_never(kind)
    except ValueError:
        return False
    return True


def _expected(parameter: Parameter) -> str:
    kind = _kind(parameter)
    match kind:
        case ParameterKind.STR:
            return "a text"
        case ParameterKind.INT:
            return "an integer"
        case ParameterKind.FLOAT:
            return "a number"
        case ParameterKind.BOOL:
            return "`true` or `false`"
        case ParameterKind.JSON:
            return "JSON"
        case ParameterKind.FILE:
            return "the path of a file"
        case _:
            assert_never(kind)


def _remarks(parameter: Parameter) -> Iterator[str]:
    if parameter.help:
        yield parameter.help
    if parameter.separator:
        yield f"[separated by `{parameter.separator}`]"
    if parameter.default is not None and parameter.show_default:
        yield f"[default: {_shown(parameter)}]"
    elif parameter.required:
        yield "[required]"


def _config_remarks(config: Config) -> Iterator[str]:
    if config.help:
        yield config.help
    if config.default:
        yield f"[default: {config.default}]"


def _shown(parameter: Parameter) -> str:
    match parameter.default:
        case Unknown(_, text) if parameter.computed:
            return f"computed by {text} when the run starts"
        case Unknown():
            return "computed when the run starts"
        case str(text):
            return text
        case default:
            return json.dumps(default, default=_plain)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else getattr(value, "text", str(value))
