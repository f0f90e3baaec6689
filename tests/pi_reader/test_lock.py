"""One agent per folder."""

import subprocess
import sys
from pathlib import Path

import pytest

from pi_reader.cli import EXIT_BUSY
from pi_reader.lock import AlreadyRunning, only_agent, running_agent

PI_TOML = 'server_url = "http://127.0.0.1:9"\nstate_dir = "state"\n[probes]\nbus = "simulated"\n'


def test_a_second_agent_is_refused_and_told_who_is_there(tmp_path: Path) -> None:
    with only_agent(tmp_path):
        with pytest.raises(AlreadyRunning, match=r"another agent \(process \d+\) works on .*stop that one first"):
            only_agent(tmp_path).__enter__()
        assert running_agent(tmp_path) is not None

    assert running_agent(tmp_path) is None


def test_the_folder_is_free_again_after_the_agent_was_killed(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys\nfrom pi_reader.lock import only_agent\n"
        f"with only_agent(pathlib.Path({str(tmp_path)!r})):\n    print('held', flush=True)\n    sys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    holder.stdout.readline()
    assert running_agent(tmp_path) == holder.pid

    holder.kill()
    holder.communicate()

    with only_agent(tmp_path):
        pass


@pytest.mark.parametrize("command", ["run", "selftest"])
def test_commands_that_need_the_probes_say_so_with_their_own_exit_code(tmp_path: Path, command: str) -> None:
    (tmp_path / "pi.toml").write_text(PI_TOML)
    with only_agent(tmp_path / "state"):
        done = subprocess.run(
            [sys.executable, "-m", "pi_reader", command, "--config", str(tmp_path / "pi.toml")],
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == EXIT_BUSY == 75
    assert "there is one agent per Pi" in done.stderr
