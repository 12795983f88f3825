"""Tasks that are forked: each is what a process of its own would have been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from flowc.local.events import TaskFailed, TaskLine

from .test_engine import is_running, many, one

if TYPE_CHECKING:
    from .conftest import Lab

FORKED = "@environment(vars={'LAB_WAY': 'forked'})"
# What Python reads when it starts cannot be had by a fork.
SPAWNED = "@environment(vars={'PYTHONLABWAY': 'spawned'})"
WAYS = pytest.mark.parametrize("way", [FORKED, SPAWNED], ids=["forked", "spawned"])

PARENT = "open(f'/proc/{os.getppid()}/cmdline').read().split(chr(0))"

# What a task finds when it begins, but for what names the way itself.
SURROUNDINGS = """
import builtins, faulthandler, gc, inspect, locale, random, resource, threading
names = sorted(set(os.environ) - {"LAB_WAY", "PYTHONLABWAY"})
print("environment", [(name, os.environ[name]) for name in names])
print("C's environment", os.popen("env | grep -v LAB | sort | grep -v ^_=").read())
print("words", sys.argv, sys.orig_argv[1:6], sys.orig_argv[-4:], sys.executable, sys.flags)
print("path", os.getcwd(), sys.path, sys.meta_path[0], len(sys.path_hooks))
print("main", __name__, __file__, sys.modules["__main__"].__dict__.keys())
print("group", os.getsid(0) == os.getpid(), os.getpgrp() == os.getpid())
print("files", [number for number in range(64) if os.path.exists(f"/proc/self/fd/{number}")])
print("inherited", [os.get_inheritable(fd) for fd in range(3)], os.readlink("/proc/self/fd/0"))
print("input", repr(sys.stdin.read()), sys.stdin.encoding, sys.stdin.errors)
for each in (sys.stdout, sys.stderr, sys.__stdout__):
    print("output", each.encoding, each.errors, each.line_buffering, each.write_through, each.name)
print("signals", [(n, signal.getsignal(n)) for n in range(1, 32)])
print("blocked", signal.pthread_sigmask(signal.SIG_BLOCK, []))
print("wakeup", signal.set_wakeup_fd(-1))
print("limits", sys.getrecursionlimit(), resource.getrlimit(resource.RLIMIT_NOFILE))
print("depth", len(inspect.stack()))
print("umask", os.umask(0o22), os.nice(0))
print("collector", gc.isenabled(), gc.get_threshold(), gc.callbacks, gc.get_debug())
print("threads", threading.enumerate() == [threading.main_thread()], sys.getswitchinterval())
print("locale", locale.setlocale(locale.LC_ALL), time.tzname)
print("faults", faulthandler.is_enabled(), sys.gettrace(), sys.getprofile())
print("hooks", sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__)
others = {"_sha1", "_socket", "atexit", "flowc.runtime.ending", "gc", "select"}
print("modules", sorted(set(sys.modules) - others))
"""


def lines(lab: Lab) -> list[str]:
    return [event.text for event in lab.told(TaskLine) if event.stream == "stdout"]


def flow_of(lab: Lab, body: str, way: str) -> str:
    """A flow that runs the lines of a file in its folder."""
    (lab.folder / "body.py").write_text(body)
    return one(f"exec(open({str(lab.folder / 'body.py')!r}).read(), globals())", way)


def test_a_task_is_a_fork_unless_only_a_new_process_can_have_its_environment(lab: Lab) -> None:
    lab.run(one(f"print({PARENT}[1:3])", FORKED))
    lab.run(one(f"print('flowc.runtime.fork_server' in {PARENT})", SPAWNED))

    assert lines(lab) == ["['-m', 'flowc.runtime.fork_server']", "False"]


def test_a_fork_finds_what_a_process_of_its_own_does(lab: Lab) -> None:
    found = []
    for way in (FORKED, SPAWNED):
        lab.events.clear()
        assert lab.run(flow_of(lab, SURROUNDINGS, way)).succeeded, lab.events
        found.append(lines(lab))

    assert len(found[0]) > 30
    assert [pair for pair in zip(*found, strict=True) if pair[0] != pair[1]] == []


@WAYS
@pytest.mark.parametrize(
    ("body", "exit_code"),
    [
        ("os._exit(7)", 7),
        ("sys.exit(3)", 1),
        ("raise ValueError", 1),
        ("os.kill(os.getpid(), signal.SIGKILL)", -9),
        ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
        ("signal.signal(signal.SIGSEGV, signal.SIG_DFL)\nos.kill(os.getpid(), 11)", -11),
        ("os.abort()", -6),
        ("os.killpg(0, signal.SIGKILL)", -9),
        ("os.setpgid(0, os.getppid())", 1),
    ],
)
def test_exit_codes(lab: Lab, body: str, exit_code: int, way: str) -> None:
    lab.run(one(body, way))

    assert [event.failure.exit_code for event in lab.told(TaskFailed)] == [exit_code]


def test_a_task_that_is_killed_takes_no_other_with_it(lab: Lab) -> None:
    body = "if self.input == 1: os.kill(os.getpid(), signal.SIGKILL)\ntime.sleep(0.5)"

    result = lab.run(many(body, 4))

    assert [failure.path for failure in result.failures] == ["t.1"]
    assert result.tasks == 4


@WAYS
def test_a_process_ends_as_pythons_do(lab: Lab, way: str) -> None:
    body = f"""
import atexit, threading, weakref
class Word:
    def __del__(self):
        os.write(1, b"deleted\\n")
kept = Word()
loop = [kept]
loop.append(loop)
file = open("{lab.folder}/unflushed", "w")
file.write("all of it")
atexit.register(print, "at exit")
weakref.finalize(loop[0], print, "finalized")
threading.Thread(target=lambda: (time.sleep(0.3), print("thread"))).start()
threading.Thread(target=time.sleep, args=[300], daemon=True).start()
print("no end", end="")
"""

    result = lab.run(flow_of(lab, body, way))

    assert result.succeeded
    assert lines(lab) == ["no endthread", "finalized", "at exit", "deleted"]
    assert (lab.folder / "unflushed").read_text() == "all of it"


ENDINGS = {
    "deleted": "class Word:\n    def __del__(self): os.write(1, b'last')\nkept = Word()",
    "deleted without a place": (
        "class Word:\n    __slots__ = ()\n    def __del__(self): os.write(1, b'last')\n"
        "kept = Word()"
    ),
    "waiting": (
        "def wait(write=os.write):\n    try: yield\n    finally: write(1, b'last')\n"
        "kept = wait()\nnext(kept)"
    ),
    "unflushed": "kept = open(1, 'w', closefd=False)\nkept.write('last')",
    "at exit": "import atexit\natexit.register(os.write, 1, b'last')",
    "native": "import ctypes\nctypes.CDLL(None).on_exit(ctypes.CDLL(None).abort, None)",
    "closed": "print('last', flush=True)\nsys.stdout.close()",
    "closed below": "print('last', flush=True)\nprint('more', end='')\nos.close(1)",
}


@pytest.mark.parametrize("body", ENDINGS.values(), ids=ENDINGS.keys())
def test_what_is_left_to_do_at_the_end_is_done(
    lab: Lab, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    found = []
    for way in (FORKED, SPAWNED):
        lab.events.clear()
        result = lab.run(flow_of(lab, body, way))
        codes = [failure.exit_code for failure in result.failures]
        found.append((lines(lab), codes))

    assert found[0] == found[1]
    assert found[0][0] == ["last"] or found[0][1] == [-signal.SIGABRT]


def test_what_a_task_changes_is_gone_with_it(lab: Lab) -> None:
    (lab.folder / "state.py").write_text("changed = []\n")
    body = """
import json, random
print("state" in sys.modules, hasattr(json, "lab"), os.environ.get("LAB"), os.getcwd())
print(signal.getsignal(signal.SIGUSR1), sys.getrecursionlimit(), os.umask(0o77), sys.path)
import state
print(state.changed)
state.changed.append(1)
json.lab = 1
os.environ["LAB"] = "1"
os.chdir("/")
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
sys.setrecursionlimit(5000)
sys.path.append("/nowhere")
"""
    (lab.folder / "body.py").write_text(body)

    lab.run(
        many(f"exec(open({str(lab.folder / 'body.py')!r}).read(), globals())", 3), max_workers=1
    )

    told = lines(lab)
    assert len(told) == 9
    assert told[:3] == told[3:6] == told[6:]
    assert told[2] == "[]"


def test_each_task_is_told_of_what_is_doubtful_in_the_file(lab: Lab) -> None:
    lab.run(many("print(5 is 5)", 2))

    warnings = [event.step for event in lab.told(TaskLine) if "SyntaxWarning" in event.text]
    assert sorted(warnings) == ["end", "join", "start", "work", "work"]


def test_a_task_runs_the_file_as_it_is_by_then(lab: Lab) -> None:
    (lab.folder / "body.py").write_text(
        "print(WORD)\nfile = open(__file__).read()\n"
        "open(__file__, 'w').write(file.replace('WORD = 1', 'WORD = 2'))\n"
    )
    body = f"exec(open({str(lab.folder / 'body.py')!r}).read(), globals())"

    lab.run(many(body, 2).replace("class", "WORD = 1\n\n    class", 1), max_workers=1)

    assert lines(lab) == ["1", "2"]


def test_tasks_draw_different_numbers(lab: Lab) -> None:
    body = "import random, tempfile, uuid\n" + "\n".join(
        f"print({number})"
        for number in (
            "random.random()",
            "uuid.uuid4()",
            "os.urandom(8)",
            "next(tempfile._get_candidate_names())",
        )
    )

    lab.run(many(body, 5))

    assert len(set(lines(lab))) == 20


def test_a_hash_seed_is_honoured(lab: Lab) -> None:
    seed = "@environment(vars={'PYTHONHASHSEED': '7'})"
    words = [sys.executable, "-c", "print(hash('word'))"]
    environment = {**os.environ, "PYTHONHASHSEED": "7"}

    lab.run(many("print(hash('word'))", 2, seed))

    expected = subprocess.run(words, env=environment, capture_output=True, check=True, text=True)
    assert lines(lab) == [expected.stdout.strip()] * 2


@WAYS
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_step_may_use_multiprocessing(lab: Lab, method: str, way: str) -> None:
    body = f"""
import multiprocessing
with multiprocessing.get_context("{method}").Pool(2) as pool:
    print(sorted(pool.map(square, range(4))))"""
    source = one(body.strip(), way).replace(
        "    class", "    def square(n):\n        return n * n\n\n    class", 1
    )

    result = lab.run(source)

    assert result.succeeded, lab.events
    assert "[0, 1, 4, 9]" in lines(lab)


@WAYS
def test_a_child_that_a_step_forks_ends_with_it(lab: Lab, way: str) -> None:
    body = """
child = os.fork()
if child == 0:
    time.sleep(300)
    os._exit(0)
print(child)
"""

    result = lab.run(flow_of(lab, body, way))

    assert result.succeeded
    assert not is_running(int(lines(lab)[0]))


@WAYS
def test_a_signal_ends_what_a_step_forks_at_once(lab: Lab, way: str) -> None:
    body = """
child = os.fork()
if child == 0:
    os.kill(os.getpid(), signal.SIGTERM)
    os._exit(3)
print(os.waitpid(child, 0)[1])
"""

    assert lab.run(flow_of(lab, body, way)).succeeded
    assert lines(lab) == [str(int(signal.SIGTERM))]


def test_a_step_may_become_another_program(lab: Lab) -> None:
    (failure,) = lab.run(
        one("os.execv('/bin/sh', ['sh', '-c', 'echo \"$LAB_WAY\"; exit 9'])", FORKED)
    ).failures

    assert lines(lab) == ["forked"]
    assert failure.exit_code == 9
