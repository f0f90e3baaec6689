"""The short version of the drill; a release runs it with 99 Pis at 10 s for five minutes."""

import json
import subprocess
import sys
from pathlib import Path


def test_every_reading_of_99_pis_is_kept_exactly_once() -> None:
    drill = Path(__file__).with_name("exactly_once.py")

    result = subprocess.run(
        [sys.executable, drill, "--pis", "99", "--interval", "5", "--minutes", "0.4"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    figures = json.loads(result.stdout.splitlines()[-1])["figures"]
    assert figures["pis"] == 99
    assert figures["readings"] > 99
