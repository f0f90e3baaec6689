"""The agent's wheel and the libraries of ``requirements-pi.txt`` are enough: nothing of a server is needed on a Pi."""

import json
import re
import subprocess
import sys
from importlib.metadata import Distribution, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent.parent
A_PI = {"sys_platform": "linux", "platform_system": "Linux", "platform_machine": "aarch64", "extra": ""}
#: Sees the folders it is given and the standard library; prints each module that cannot be had, and why.
LOOK = """
import ast, importlib, importlib.util, json, pathlib, pkgutil, sys
sys.path[:0] = sys.argv[1:]
import pi_reader
wrong, modules = {}, ["pi_reader"]
modules += [found.name for found in pkgutil.walk_packages(pi_reader.__path__, "pi_reader.")]
for name in modules:
    try:
        if not name.endswith("__main__"):
            importlib.import_module(name)
        tree = ast.parse(pathlib.Path(importlib.util.find_spec(name).origin).read_bytes())
        for node in ast.walk(tree):
            for wanted in [one.name for one in node.names] if isinstance(node, ast.Import) else (
                [node.module] if isinstance(node, ast.ImportFrom) else []
            ):
                if importlib.util.find_spec(wanted.split(".")[0]) is None:
                    wrong[name] = f"imports {wanted}"
    except ImportError as error:
        wrong[name] = str(error)
print(json.dumps({"modules": len(modules), "from": pi_reader.__file__, "wrong": wrong}))
"""


def pinned() -> dict[str, Requirement]:
    """Give what a Pi installs, by name."""
    text = (ROOT / "requirements-pi.txt").read_text()
    requirements = [Requirement(line.strip(" \\")) for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
    return {canonicalize_name(one.name): one for one in requirements}


def lay_out(library: Distribution, folder: Path) -> None:
    """Put the files of an installed library into a folder, and nothing else that is installed beside it."""
    for file in library.files or ():
        if file.parts[0] != ".." and "__pycache__" not in file.parts:
            place = folder / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(Path(str(file.locate())))


@pytest.mark.wheel
def test_every_module_of_the_wheel_finds_its_imports_among_them(tmp_path: Path) -> None:
    libraries, agent = tmp_path / "libraries", tmp_path / "agent"
    for name in pinned():
        lay_out(distribution(name), libraries)
    build = ["sh", str(ROOT / "deploy/pi/build-wheel.sh"), str(tmp_path), sys.executable]
    subprocess.run([*build, "--no-build-isolation", "--no-index"], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("hydrofleet_pi-*.whl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(agent)]
    subprocess.run([*install, str(wheel)], check=True, capture_output=True)

    # -I and -S: neither this repository nor what else is installed here is seen.
    look = [sys.executable, "-I", "-S", "-c", LOOK, str(agent), str(libraries)]
    seen = json.loads(subprocess.run(look, check=True, capture_output=True, text=True, cwd=tmp_path).stdout)

    assert Path(seen["from"]).is_relative_to(agent)
    assert seen["modules"] == len(list((ROOT / "pi_reader").rglob("*.py")))
    assert seen["wrong"] == {}


def test_every_library_of_a_library_is_among_them() -> None:
    pins = pinned()
    needs = {
        name: [Requirement(text) for text in distribution(name).requires or ()]
        for name, pin in pins.items()
        if pin.marker is None or pin.marker.evaluate(A_PI)
    }

    open_ends = {
        f"{name} needs {need}"
        for name, all_needs in needs.items()
        for need in all_needs
        if (need.marker is None or need.marker.evaluate(A_PI)) and canonicalize_name(need.name) not in pins
    }

    assert "httpx" in needs
    assert open_ends == set()
