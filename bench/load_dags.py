"""Runs a DAG file some times under Airflow's Python, and prints the seconds that each took."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import airflow.models
import airflow.providers.cncf.kubernetes.operators.pod
import airflow.providers.standard.operators.trigger_dagrun  # noqa: F401

file, rounds = Path(sys.argv[1]), int(sys.argv[2])
program = compile(file.read_text(encoding="utf-8"), file, "exec")
seconds = []
for _ in range(rounds + 1):
    began = time.perf_counter()
    exec(program, {"__name__": "dag", "__file__": str(file)})
    seconds.append(time.perf_counter() - began)
print(*seconds[1:])
