"""The drill as a promise that is kept at every run; it prints how long it took."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.drill


def test_a_card_as_it_was_written_leads_to_a_reading_on_the_page() -> None:
    drill = Path(__file__).with_name("first_point.py")

    result = subprocess.run([sys.executable, drill], capture_output=True, text=True, timeout=400, check=False)

    assert result.returncode == 0, result.stdout + result.stderr
    print(result.stdout)
    figures = json.loads(result.stdout.splitlines()[-1])["figures"]
    assert figures["keystrokes"] == 0
    assert figures["seconds_to_name"] <= figures["seconds_to_reading_in_api"] <= figures["seconds_to_reading_on_page"]
