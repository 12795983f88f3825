"""The command line of the shim. Its few options do not pay for importing argparse."""

from __future__ import annotations

from flowc.runtime.errors import RefusalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

USAGE = (
    "python -m flowc.runtime step STEP --plan FILE --source DIR --store URL --run RUN --path PATH "
    "--attempt N [--control DIR] [--wait SECONDS] [--param NAME=VALUE]… "
    "[--param-if-set NAME=VALUE]… [--metadata DIR]"
)
AUTO = -1
_SINGLE = ("plan", "source", "store", "run", "path", "attempt", "control", "wait", "metadata")
_DEFAULTS = {"source": ".", "attempt": "0", "control": "", "wait": "5"}
_PARAMETERS = ("param", "param-if-set")


class Options:
    """What a task is told. `attempt` may be `AUTO`; `control` and `metadata` may be empty.

    `patience` is how many seconds to wait for a record that another task has left behind.
    """

    def __init__(self, step: str, words: Mapping[str, str], parameters: Mapping[str, str]) -> None:
        self.step = step
        self.plan = words["plan"]
        self.source = words["source"]
        self.store = words["store"]
        self.run = words["run"]
        self.path = words["path"]
        self.attempt = AUTO if words["attempt"] == "auto" else _number(words, "attempt")
        self.control = words["control"]
        self.metadata = words["metadata"]
        self.patience = _number(words, "wait")
        self.parameters = parameters
        if "/" in self.run or self.run.startswith((".", "_")):
            raise RefusalError(f"`{self.run}` cannot be the name of a run")


def parse_options(arguments: Sequence[str], environment: Mapping[str, str]) -> Options:
    """Options from the command line, or else from `FLOWC_*` variables; refuses what is wrong."""
    if len(arguments) < 2 or arguments[0] != "step" or arguments[1].startswith("-"):
        raise RefusalError(f"usage: {USAGE}")
    words = {name: environment.get(f"FLOWC_{name.upper()}", "") for name in _SINGLE}
    parameters: dict[str, str] = {}
    for option, value in _pairs(arguments[2:]):
        if option in _PARAMETERS:
            name, text = _parameter(option, value)
            if text or option == "param":
                parameters[name] = text
        else:
            words[option] = value
    words = {name: word or _DEFAULTS.get(name, "") for name, word in words.items()}
    _check_complete(words)
    return Options(arguments[1], words, parameters)


def _pairs(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    rest = iter(arguments)
    for word in rest:
        option, separator, value = word.partition("=")
        name = option[2:] if option.startswith("--") else ""
        if name not in _SINGLE and name not in _PARAMETERS:
            raise RefusalError(f"unknown argument `{word}`; usage: {USAGE}")
        if not separator:
            following = next(rest, None)
            if following is None:
                raise RefusalError(f"option `{option}` needs a value; usage: {USAGE}")
            value = following
        yield name, value


def _parameter(option: str, value: str) -> tuple[str, str]:
    name, separator, text = value.partition("=")
    if not name or not separator:
        raise RefusalError(f"option `--{option}` needs NAME=VALUE, but `{value}` was given")
    return name, text


def _check_complete(words: Mapping[str, str]) -> None:
    missing = [f"--{name}" for name in ("plan", "store", "run", "path") if not words[name]]
    if missing:
        raise RefusalError(f"missing {', '.join(missing)}; usage: {USAGE}")


def _number(words: Mapping[str, str], name: str) -> int:
    if not words[name].isdecimal():
        raise RefusalError(f"option `--{name}` needs a number, but `{words[name]}` was given")
    return int(words[name])
