"""Scripts executed: many of one framework in one new process, each with what it prints."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence

RUNNER = """
import contextlib, io, json, sys, warnings
warnings.simplefilter("ignore")
printed = []
for script in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(compile(script, "script", "exec"), {"__name__": "__main__"})
    printed.append(output.getvalue())
    if "torch" in sys.modules:
        sys.modules["torch"].set_default_dtype(sys.modules["torch"].float32)
    if "jax" in sys.modules:
        sys.modules["jax"].config.update("jax_enable_x64", False)
diffchecks = [name for name in sys.modules if name.startswith("diffcheck")]
print(json.dumps([printed, diffchecks]))
"""


def printed_by(scripts: Sequence[str]) -> list[str]:
    """What scripts print, in a process that knows nothing of diffcheck."""
    command = [sys.executable, "-c", RUNNER]
    alone = {**os.environ, "OMP_NUM_THREADS": "1"}
    given = json.dumps(list(scripts))
    done = subprocess.run(command, input=given, env=alone, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr[-2000:]
    printed, diffchecks = json.loads(done.stdout)
    assert not diffchecks
    return list(printed)


def number_in(printed: str) -> float:
    """The number that a script ends with."""
    found = re.search(r" = (\S+), true value", printed.splitlines()[-1])
    assert found, printed
    return float(found[1])
