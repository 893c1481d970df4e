"""One figure in a process of its own: `python -m benchmarks.child MODULE JOB.json`; started by `run.py` alone.

A figure of its own process meets no cache that another has warmed. What it found is written into the job's `out`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path


def main(module: str, job: str) -> None:
    given = json.loads(Path(job).read_text())
    if module != "starting":
        import django

        os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
        django.setup()
    from benchmarks.timing import Void

    measure = importlib.import_module(f"benchmarks.{module}").figures
    try:
        lines = measure(
            quick=given["quick"], rounds=given["rounds"], wanted=set(given["wanted"]), where=given["where"]
        )
        found = {"lines": [each.as_json() for each in lines]}
    except Void as void:
        found = {"void": str(void)}
    Path(given["out"]).write_text(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
