"""The command line of the shim. Its few options do not pay for importing argparse."""

from __future__ import annotations

import json

from flowc.runtime.about import wrong_tags
from flowc.runtime.errors import RefusalError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

USAGE = (
    "python -m flowc.runtime step STEP --plan FILE|TEXT --source DIR --store URL --run RUN "
    "--path PATH[,PATH]… --attempt N [--control DIR|FILE.json|-] [--items FILE] [--next FILE] "
    "[--at FILE] [--wait SECONDS] [--slots N] [--jobs N] [--param NAME=VALUE]… "
    "[--param-if-set NAME=VALUE]… [--origin RUN [--from STEP,…]] [--tag TAG]… [--namespace NAME] "
    "[--metadata DIR] [--member VARIABLE] [--ended TEXT], or region STEP with [--slot J --slots N] "
    "[--jobs N] in place of parameters"
)
STEP, REGION = "step", "region"
# What is called when a run has ended takes the place of a step: no step is called so.
HOOK = "hook-"
# What was decided is printed in the end, in place of being written to files.
STDOUT = "-"
AUTO = -1
_SINGLE = (
    *("plan", "source", "store", "run", "path", "attempt", "control", "wait", "slots"),
    *("origin", "from", "metadata", "member", "items", "next", "at", "ended"),
)
# The files that take a word each of what was decided.
_FILES = ("items", "next", "at")
_DEFAULTS = {"source": ".", "attempt": "0", "wait": "5", "slots": "0", "slot": "0", "jobs": "1"}
_PARAMETERS = ("param", "param-if-set")
_TAG = "tag"
# An empty one is another than none.
_NAMESPACE = "namespace"
_ALLOWED = {
    STEP: (*_SINGLE, "jobs", *_PARAMETERS, _TAG, _NAMESPACE),
    REGION: (*_SINGLE, "jobs", "slot"),
}


class Options:
    """What a task is told. `attempt` may be `AUTO`; `control` and `metadata` may be empty.

    `plan` is a file, or the plan itself, as text that begins with `{`.
    `paths` are several where one container runs a step, or the loop that it closes, at each of
    them, `jobs` at once. `control` is a folder, a file whose name ends in `.json`, or `STDOUT`;
    `files` are those for the paths of a foreach's items, the step that was chosen, and the path at
    which it runs.

    `patience` is how many seconds to wait for a record that another task has left behind. A foreach
    is run in `slots` containers at most, if that is not 0. A region is the one of the step.
    `tags` and `namespace` are the run's, and given to its first task. `origin` is the run whose
    finished tasks are cloned, but for steps in `again` and after. In place of a step there may be
    a hook, as `hook-error-0` is the first of those that are called after a failure. Where an engine
    has `ended` a run without knowing for sure how, there may be several with commas between, of
    which those are called that fit what the store has of the run. Where a job has
    several nodes, a variable that each has for itself says which member of the gang at the path it
    is.
    """

    def __init__(
        self,
        step: str,
        words: Mapping[str, str],
        parameters: Mapping[str, str],
        tags: Sequence[str] = (),
    ) -> None:
        self.step = step
        self.plan = words["plan"]
        self.source = words["source"]
        self.store = words["store"]
        self.run = words["run"]
        self.path = words["path"]
        self.paths = self.path.split(",")
        self.attempt = AUTO if words["attempt"] == "auto" else _number(words, "attempt")
        self.control = words["control"]
        self.files = {name: words[name] for name in _FILES if words[name]}
        self.tells_folder = self.control not in {"", STDOUT} and not self.control.endswith(".json")
        self.metadata = words["metadata"]
        self.ended = words["ended"]
        self.patience = _number(words, "wait")
        self.slots = _number(words, "slots")
        self.slot = _number(words, "slot")
        self.jobs = _number(words, "jobs") or 1
        self.parameters = parameters
        self.tags = tags
        self.namespace = words.get(_NAMESPACE)
        self.origin = words["origin"]
        self.again = [step for step in words["from"].split(",") if step]
        for run in (self.run, self.origin):
            if "/" in run or run.startswith((".", "_")):
                raise RefusalError(f"`{run}` cannot be the name of a run")
        if self.origin == self.run:
            raise RefusalError(f"run `{self.run}` cannot be its own origin")
        if len(self.paths) > 1 and (self.tells_folder or self.files):
            place = next(iter(self.files.values()), self.control)
            raise RefusalError(f"what several paths decide does not go into `{place}`")
        if wrong := wrong_tags(tags):
            raise RefusalError(wrong)


def parse_options(arguments: Sequence[str], environment: Mapping[str, str]) -> Options:
    """Options from the command line, or else from `FLOWC_*` variables; refuses what is wrong."""
    if len(arguments) < 2 or arguments[0] not in _ALLOWED or arguments[1].startswith("-"):
        raise RefusalError(f"usage: {USAGE}")
    allowed = _ALLOWED[arguments[0]]
    words = {name: environment.get(f"FLOWC_{name.upper()}", "") for name in _ALLOWED[REGION]}
    parameters = _given(environment.get("FLOWC_PARAMETERS", ""))
    tags = environment.get("FLOWC_TAG", "").splitlines()
    namespace = environment.get("FLOWC_NAMESPACE")
    for option, value in _pairs(arguments[2:], allowed):
        if option in _PARAMETERS:
            name, text = _parameter(option, value)
            if text or option == "param":
                parameters[name] = text
        elif option == _TAG:
            tags.append(value)
        elif option == _NAMESPACE:
            namespace = value
        else:
            words[option] = value
    words = {name: word or _DEFAULTS.get(name, "") for name, word in words.items()}
    _check_complete(words)
    if words["member"]:
        if "," in words["path"]:
            raise RefusalError("a member of a gang runs at one path")
        words["path"] += f".{_index(environment, words['member'])}"
    if namespace is not None:
        words[_NAMESPACE] = namespace
    return Options(arguments[1], words, parameters, tags)


def _pairs(arguments: Sequence[str], allowed: Sequence[str]) -> Iterator[tuple[str, str]]:
    rest = iter(arguments)
    for word in rest:
        option, separator, value = word.partition("=")
        name = option[2:] if option.startswith("--") else ""
        if name not in allowed:
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


def _given(text: str) -> dict[str, str]:
    """Parameters from an object of JSON: texts as they are, anything else as JSON has it."""
    if not text:
        return {}
    try:
        values = dict(json.loads(text))
    except (ValueError, TypeError):
        raise RefusalError("FLOWC_PARAMETERS is no object of JSON") from None
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in values.items()
        if value is not None
    }


def _check_complete(words: Mapping[str, str]) -> None:
    missing = [f"--{name}" for name in ("plan", "store", "run", "path") if not words[name]]
    if missing:
        raise RefusalError(f"missing {', '.join(missing)}; usage: {USAGE}")


def _index(environment: Mapping[str, str], name: str) -> str:
    found = environment.get(name, "")
    if not found.isdecimal():
        raise RefusalError(f"`{name}` must be the number of a member, not `{found}`")
    return found


def _number(words: Mapping[str, str], name: str) -> int:
    if not words[name].isdecimal():
        raise RefusalError(f"option `--{name}` needs a number, but `{words[name]}` was given")
    return int(words[name])
