"""The short size of every drill; a release runs each with ``--full``."""

import json
import subprocess
import sys

import pytest

from tests.drills.__main__ import MODULES
from tests.drills.server import ROOT

pytestmark = pytest.mark.drill


@pytest.mark.parametrize("name", MODULES)
def test_what_the_drill_requires_holds(name: str) -> None:
    command = [sys.executable, "-m", "tests.drills", name]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)

    assert result.stdout, result.stderr[-5000:]
    report = json.loads(result.stdout.splitlines()[-1])
    if "impossible" in report:
        pytest.skip(report["impossible"])
    assert result.returncode == 0, result.stdout + result.stderr[-5000:]
    assert (report["drill"], report["size"], report["pass"]) == (name, "short", True)
