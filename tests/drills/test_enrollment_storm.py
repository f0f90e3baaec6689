"""The short version of the drill; a release runs it with 999 Pis."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.drill


def test_pis_that_join_at_once_get_unique_names_whatever_is_lost() -> None:
    drill = Path(__file__).with_name("enrollment_storm.py")

    result = subprocess.run(
        [sys.executable, drill, "--pis", "25", "--kills", "2"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    figures = json.loads(result.stdout.splitlines()[-1])["figures"]
    assert (figures["devices"], figures["uses"], figures["server_killed"]) == (25, 25, 2)
    assert figures["answers_cut"] > 0
