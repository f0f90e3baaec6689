"""The short version of the drill; a release runs it with ``--full``."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.drill


def test_every_answer_is_one_that_the_reference_describes() -> None:
    drill = Path(__file__).with_name("api_conformance.py")

    result = subprocess.run(
        [sys.executable, drill, "--examples", "15"], capture_output=True, text=True, timeout=1800, check=False
    )

    assert result.returncode == 0, result.stdout[-5000:] + result.stderr[-5000:]
    figures = json.loads(result.stdout.splitlines()[-1])["figures"]
    assert figures["failures"] == []
    assert {"200", "201", "204", "400", "404", "422"} <= figures["statuses"].keys()
    assert not [status for status in figures["statuses"] if status.startswith("5")]
