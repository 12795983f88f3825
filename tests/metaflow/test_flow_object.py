"""What steps may do with a flow object, beside Metaflow: the same values, the same refusals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from metaflow_graph import IMPORT

FLOW = """
from flowc import FlowSpec, Parameter, current, step
import json

def tried(call):
    try:
        return repr(call())
    except Exception as error:
        return type(error).__name__ + ": " + str(error)

class F(FlowSpec):
    alpha = Parameter("alpha", default=1)
    CONST = 5
    LIST = [1]
    NOTHING = None
    _private = 7

    @property
    def doubled(self):
        return self.CONST * 2

    @staticmethod
    def static(x):
        return x + 1

    @classmethod
    def of_class(cls):
        return cls.__name__

    def helper(self):
        return self.x + 1

    @step
    def start(self):
        s = {}
        for name in ("CONST", "alpha", "LIST", "NOTHING", "input", "index", "doubled", "_private"):
            s["set " + name] = tried(lambda: setattr(self, name, 8))
        self.LIST.append(2)
        self.x = 1
        self.y = 2
        del self.y
        s["deleted"] = tried(lambda: self.y)
        s["hasattr"] = hasattr(self, "nope")
        s["nope"] = tried(lambda: self.nope)
        s["stack"] = tried(self.foreach_stack)
        s["input"] = tried(lambda: self.input)
        s["index"] = tried(lambda: self.index)
        s["doubled"] = tried(lambda: self.doubled)
        s["static2"] = tried(lambda: self.static(1))
        s["of_class"] = tried(lambda: self.of_class())
        s["helper2"] = tried(lambda: self.helper())
        s["merge"] = tried(lambda: self.merge_artifacts([]))
        s["self"] = tried(lambda: setattr(self, "me", 1))
        s["params"] = tried(lambda: current.parameter_names)
        s["delparam"] = tried(lambda: delattr(self, "alpha"))
        s["delconst"] = tried(lambda: delattr(self, "CONST"))
        s["delnope"] = tried(lambda: delattr(self, "nope"))
        self.s = s
        self.z = 1
        self.xs = ["a", "b"]
        self.next(self.outer, foreach="xs")

    @step
    def outer(self):
        self.ys = (10, 20)
        self.next(self.inner, foreach="ys")

    @step
    def inner(self):
        self.t = {}
        self.t["stack"] = tried(self.foreach_stack)
        self.t["input"] = tried(lambda: (self.input, self.index))
        self.t["const"] = tried(lambda: (self.CONST, self.LIST, self._private, self.alpha))
        self.t["setinput"] = tried(lambda: setattr(self, "input", 3))
        self.common = "c"
        self.own = self.input
        self.next(self.joined)

    @step
    def joined(self, inputs):
        u = {}
        u["len"] = tried(lambda: len(list(inputs)))
        u["both"] = tried(lambda: self.merge_artifacts(inputs, include=["a"], exclude=["b"]))
        u["conflict"] = tried(lambda: self.merge_artifacts(inputs))
        u["missing"] = tried(lambda: self.merge_artifacts(inputs, include=["no", "common"]))
        u["beforemerge"] = tried(lambda: self.common)
        u["include"] = tried(lambda: self.merge_artifacts(inputs, include=["common"]))
        u["aftermerge"] = tried(lambda: self.common)
        u["notmerged"] = tried(lambda: self.z)
        u["param"] = tried(lambda: self.alpha)
        u["first"] = tried(lambda: inputs[0].own)
        u["byname"] = tried(lambda: inputs.inner.own)
        u["noname"] = tried(lambda: inputs.nope)
        u["slice"] = tried(lambda: [i.own for i in inputs[:1]])
        u["inputstack"] = tried(lambda: inputs[1].foreach_stack())
        u["inputinput"] = tried(lambda: (inputs[1].input, inputs[1].index))
        u["setinput"] = tried(lambda: setattr(inputs[0], "q", 1))
        u["t"] = inputs[1].t
        self.u = u
        self.s = inputs[0].s
        self.next(self.join2)

    @step
    def join2(self, inputs):
        self.u = inputs[0].u
        self.merge_artifacts(inputs, exclude=["u"])
        self.merged = sorted(n for n in ("s", "common", "own", "z", "t", "u") if hasattr(self, n))
        self.next(self.split)

    @step
    def split(self):
        self.next(self.a, self.b)

    @step
    def a(self):
        self.v = 1
        self.only_a = 1
        self.next(self.last)

    @step
    def b(self):
        self.v = 2
        self.next(self.last)

    @step
    def last(self, inputs):
        w = {}
        w["names"] = tried(lambda: (inputs.a.v, inputs.b.v))
        w["conflict"] = tried(lambda: self.merge_artifacts(inputs))
        self.v = 3
        w["merged"] = tried(lambda: self.merge_artifacts(inputs))
        w["only_a"] = tried(lambda: self.only_a)
        w["v"] = self.v
        self.w = w
        self.next(self.end)

    @step
    def end(self):
        told = {**self.s, **self.u.pop("t"), **self.u, **self.w, "merged": self.merged}
        with open("told.json", "w") as file:
            json.dump(told, file)

if __name__ == "__main__":
    F()
"""
# What each calls an exception, in words that a flow may catch.
NAMES = {
    "MetaflowException": "FlowError",
    "UnhandledInMergeArtifactsException": "MergeConflictError",
    "MissingInMergeArtifactsException": "MergeMissingError",
}


def told(folder: Path, source: str, *words: str) -> dict[str, object]:
    """What steps of the flow have seen; of what was raised, the name."""
    (folder / "flow.py").write_text(source)
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "METAFLOW_USER": "ada"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, object] = json.loads((folder / "told.json").read_text())
    return {name: _kind(value) for name, value in found.items()}


def _kind(value: object) -> object:
    name, separator, _ = str(value).partition("Error: ")
    if separator:
        return f"{name}Error"
    name, separator, _ = str(value).partition("Exception: ")
    return NAMES.get(f"{name}Exception", value) if separator else value


def test_steps_see_what_they_see_in_metaflow(tmp_path: Path) -> None:
    (tmp_path / "metaflow").mkdir()

    flowcs = told(tmp_path, FLOW, "-m", "flowc", "run", "flow.py")

    source = IMPORT.sub(r"\1 metaflow", FLOW)
    assert flowcs == told(tmp_path / "metaflow", source, "flow.py", "--no-pylint", "run")
    assert flowcs["set CONST"] == flowcs["set alpha"] == "AttributeError"
