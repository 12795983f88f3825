"""How Metaflow is started for a task: the words and variables of its own `init` and `step`."""

# Pathlib costs every task more to import than all of this file.
# ruff: noqa: PTH100, PTH103, PTH118, PTH119, PTH120, PTH211

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress

from flowc.runtime.errors import RefusalError
from flowc.runtime.username import username

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowc.runtime.about import About
    from flowc.runtime.options import Options
    from flowc.runtime.plan import Plan

# What Metaflow calls the stores that flowc knows by the beginnings of their URLs.
_DATASTORES = {"file": "local", "s3": "s3", "gs": "gs", "azure": "azure"}
# The plan has what these were for: a file beside a value would be a contradiction.
_SUPERSEDED = frozenset({"METAFLOW_FLOW_CONFIG", "METAFLOW_FLOW_CONFIG_VALUE"})
_STORE = ".metaflow"
_HOOKS = "flowc.runtime.metaflow_hooks"
# Longer lists go through a file: a single word of a command line holds 128 KiB.
_LONGEST_WORD = 64 * 1024
_MAIN_IP = "127.0.0.1"


class Gang:
    """A task's place in its gang: the path of the first one, how many there are, and its index."""

    __slots__ = ("control", "index", "size")

    def __init__(self, control: str, size: int, index: int) -> None:
        self.control = control
        self.size = size
        self.index = index

    def variables(self) -> dict[str, str]:
        """What `current.parallel` is made of."""
        return {
            # Only where Metaflow believes to be local, the first task starts all others itself.
            "METAFLOW_RUNTIME_ENVIRONMENT": "flowc",
            "MF_PARALLEL_CONTROL_TASK_ID": self.control,
            "MF_PARALLEL_MAIN_IP": os.environ.get("MF_PARALLEL_MAIN_IP", _MAIN_IP),
            "MF_PARALLEL_NODE_INDEX": str(self.index),
            "MF_PARALLEL_NUM_NODES": str(self.size),
        }

    def words(self) -> list[str]:
        """What `step` is told."""
        context = "ubf_task" if self.index else "ubf_control"
        return ["--ubf-context", context, "--num-parallel", str(self.size)]


class Command:
    """Metaflow's command line for one task. `scratch` is a folder for what only the task needs."""

    def __init__(self, plan: Plan, options: Options, about: About, scratch: str) -> None:
        self._plan = plan
        self._about = about
        self._run = options.run
        # Metaflow clones nothing unless it is told so, and tells steps of their origin.
        self._origin = options.origin
        self._file = os.path.abspath(os.path.join(options.source, plan.file))
        self._scratch = scratch
        self._datastore, self._root = _place(options.store)

    def init(self, task: str) -> list[str]:
        """The words that store the parameters as the task with that id."""
        words = self._start("OnEngine", "Defaults")
        return [*words, "init", "--run-id", self._run, "--task-id", task, *self._tags()]

    def step(self, step: str, path: str, inputs: list[str], gang: Gang | None) -> list[str]:
        """The words that run a step, but for the attempt and the index of a foreach."""
        return [
            *self._start("OnEngine", *(["GangMember"] if gang else [])),
            *("step", step, "--run-id", self._run, "--task-id", path),
            *self._inputs(inputs),
            *([f"--clone-run-id={self._origin}"] if self._origin else []),
            *self._tags(),
            *([f"--namespace={self._about.namespace or ''}"] if self._about.has_namespace else []),
            *(gang.words() if gang else []),
        ]

    def variables(self, gang: Gang | None = None) -> dict[str, str]:
        """The environment of both."""
        inherited = {name: text for name, text in os.environ.items() if name not in _SUPERSEDED}
        return {
            **inherited,
            **self._places(),
            # In this process and those that it starts, `from flowc import …` means Metaflow's.
            "FLOWC_API": "metaflow",
            "METAFLOW_USER": username(),
            "PYTHONPATH": os.pathsep.join(self._search_path()),
            **self._configs(),
            **(gang.variables() if gang else {}),
        }

    def given(self, parameters: Mapping[str, str]) -> dict[str, str]:
        """The variables in which `init` looks for parameters, by their names."""
        known = {_variable(name) for name in self._plan.parameters}
        for name in parameters:
            if _variable(name) not in known:
                names = ", ".join(self._plan.parameters) or "none"
                raise RefusalError(
                    f"flow `{self._plan.flow}` has no parameter `{name}`; it has: {names}"
                )
        return {f"METAFLOW_INIT_{_variable(name)}": text for name, text in parameters.items()}

    def _start(self, *hooks: str) -> list[str]:
        words = [sys.executable, self._file, "--quiet", "--no-pylint"]
        words += [f"--datastore={self._datastore}", f"--datastore-root={self._root}"]
        if self._datastore == "local":
            # Elsewhere the metadata is where Metaflow's own settings say.
            words.append("--metadata=local")
        if self._plan.environment:
            words.append(f"--environment={self._plan.environment}")
        words += self._branch()
        decospecs = [*self._plan.decospecs, *(f"{_HOOKS}.{hook}" for hook in hooks)]
        return [*words, *(f"--with={decospec}" for decospec in decospecs)]

    def _branch(self) -> Iterator[str]:
        """The options that `@project` makes of its branch: `prod`, `prod.NAME` or `test.NAME`."""
        project = self._plan.project
        if project is None or project.is_user_branch:
            return
        if project.is_production:
            yield "--production"
        if name := project.branch.partition(".")[2]:
            yield f"--branch={name}"

    def _tags(self) -> list[str]:
        return [f"--tag={tag}" for tag in sorted(self._about.tags)]

    def _inputs(self, inputs: list[str]) -> list[str]:
        paths = ",".join(inputs)
        if len(paths) <= _LONGEST_WORD:
            return ["--input-paths", paths]
        file = os.path.join(self._scratch, "input-paths")
        with open(file, "w", encoding="utf-8") as output:  # noqa: PTH123
            output.write(paths)
        return ["--input-paths-filename", file]

    def _places(self) -> dict[str, str]:
        if self._datastore == "local":
            # Cards and Metaflow's Client look there, whatever the user's own settings are.
            return {
                "METAFLOW_DEFAULT_DATASTORE": "local",
                "METAFLOW_DEFAULT_METADATA": "local",
                "METAFLOW_DATASTORE_SYSROOT_LOCAL": self._folder(),
            }
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        return {
            "METAFLOW_DEFAULT_DATASTORE": self._datastore,
            f"METAFLOW_DATASTORE_SYSROOT_{self._datastore.upper()}": self._root,
            "METAFLOW_DATASTORE_SYSROOT_LOCAL": self._scratch,
            **({"METAFLOW_S3_ENDPOINT_URL": endpoint} if endpoint else {}),
        }

    def _folder(self) -> str:
        """Where Metaflow's Client finds the store: the folder of one called `.metaflow`."""
        if os.path.basename(self._root) == _STORE:
            return os.path.dirname(self._root)
        _link(self._root, self._scratch, _STORE)
        return self._scratch

    def _search_path(self) -> Iterator[str]:
        folder = os.path.dirname(self._file)
        for root in self._plan.roots:
            yield os.path.normpath(os.path.join(folder, root))
        if os.environ.get("PYTHONPATH"):
            yield os.environ["PYTHONPATH"]
        # What lies beside flowc is none of the flow's business.
        path = os.path.join(self._scratch, "path")
        os.makedirs(path, exist_ok=True)
        _link(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), path, "flowc")
        yield path

    def _configs(self) -> dict[str, str]:
        configs = self._plan.configs
        return {"METAFLOW_FLOW_CONFIG_VALUE": json.dumps(configs)} if configs else {}


def _place(url: str) -> tuple[str, str]:
    """What Metaflow calls the datastore, and its root."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return "local", os.path.abspath(url)
    if scheme not in _DATASTORES:
        raise RefusalError(f"Metaflow has no datastore for `{scheme}://`")
    return _DATASTORES[scheme], os.path.abspath(rest) if scheme == "file" else url.rstrip("/")


def _link(to: str, folder: str, name: str) -> None:
    with suppress(FileExistsError):
        os.symlink(to, os.path.join(folder, name))


def _variable(name: str) -> str:
    return name.replace("-", "_").upper()
