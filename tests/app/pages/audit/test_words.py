"""Actions of the log in words: every one that the code can write."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

import app
import ingest_api
import models
from app.i18n import init_languages
from app.pages.audit.words import ACTIONS, action_text, kind_text
from models.write.enrollment import Outcome

Function = ast.FunctionDef | None
_ROOMS = [Path(room.__file__).parent for room in (app, models, ingest_api)]


@cache
def trees() -> list[ast.Module]:
    return [ast.parse(path.read_text(encoding="utf-8")) for room in _ROOMS for path in sorted(room.rglob("*.py"))]


@cache
def calls() -> dict[str, list[tuple[ast.Call, Function]]]:
    """Give all calls by the name of what is called, each with the function in which it stands."""
    found: dict[str, list[tuple[ast.Call, Function]]] = defaultdict(list)
    for tree in trees():
        inside = {id(part): one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) for part in ast.walk(one)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
                found[called].append((node, inside.get(id(node))))
    return found


def calls_of(function: ast.FunctionDef) -> list[tuple[ast.Call, Function]]:
    """Give the calls of a function; one whose name begins with _ is called in its own module only."""
    if not function.name.startswith("_"):
        return calls()[function.name]
    home = next({id(part) for part in ast.walk(tree)} for tree in trees() if function in ast.walk(tree))
    return [(call, where) for call, where in calls()[function.name] if id(call) in home]


def argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    named = [one.value for one in call.keywords if one.arg == name]
    return named[0] if named else call.args[place] if place < len(call.args) else None


def texts(value: ast.expr | None, where: Function) -> set[str]:
    """Follow a value to the texts that it can be: through conditions, variables, parameters and fields."""
    if value is None:
        return set()
    if isinstance(value, ast.Constant):
        return {value.value} if isinstance(value.value, str) else set()
    if isinstance(value, ast.IfExp):
        return texts(value.body, where) | texts(value.orelse, where)
    if isinstance(value, ast.Dict):
        return set().union(*(texts(one, where) for one in value.values))
    if isinstance(value, ast.Subscript):
        return texts(value.value, where)
    if isinstance(value, ast.Attribute):
        return of_field(value.attr)
    if isinstance(value, ast.Name):
        return of_variable(value.id, where)
    if isinstance(value, ast.JoinedStr):
        # The only one there is: what became of a Pi that asked to join.
        assert ast.unparse(value) == "f'enroll-{decision.outcome}'"
        return {f"enroll-{outcome}" for outcome in Outcome if outcome not in {Outcome.KNOWN, Outcome.JOINED}}
    raise AssertionError(f"cannot follow {ast.unparse(value)} to an action")


def of_field(name: str) -> set[str]:
    """Follow the field of a dataclass to the calls that make one."""
    found = set()
    for tree in trees():
        for made in (one for one in ast.walk(tree) if isinstance(one, ast.ClassDef)):
            fields = [one.target.id for one in made.body if isinstance(one, ast.AnnAssign)]
            # What reads the log has the field, too.
            if name in fields and not made.name.startswith("Audit"):
                made_by = [(argument(call, fields.index(name), name), where) for call, where in calls()[made.name]]
                found |= set().union(*(texts(value, where) for value, where in made_by))
    return found


def of_variable(name: str, where: Function) -> set[str]:
    assert where is not None, name
    given = [value for one in ast.walk(where) if isinstance(one, ast.Assign) for value in assigned(one, name)]
    if given:
        return set().union(*(texts(value, where) for value in given))
    names = [one.arg for one in (*where.args.posonlyargs, *where.args.args) if one.arg != "self"]
    place = names.index(name) if name in names else 99
    return set().union(*(texts(argument(call, place, name), inside) for call, inside in calls_of(where)))


def assigned(statement: ast.Assign, name: str) -> Iterator[ast.expr]:
    """Give what a statement assigns to a variable, alone or as one of several."""
    for target in statement.targets:
        if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            pairs = list(zip(target.elts, statement.value.elts, strict=True))
        else:
            pairs = [(target, statement.value)]
        yield from (value for one, value in pairs if isinstance(one, ast.Name) and one.id == name)


def written_actions() -> set[str]:
    """Collect what ``models.write.audit.record`` can be told was done."""
    written = [(call.args[2], where) for call, where in calls()["record"] if len(call.args) >= 3]
    return set().union(*(texts(value, where) for value, where in written))


def test_every_action_that_the_code_can_write_has_words():
    written = written_actions()

    assert {"login", "import-log", "replace-readings", "restore", "sign-out-user", "edit-calibration"} <= written
    assert set(ACTIONS) == written


@pytest.mark.parametrize("code", ["en", "id"])
def test_words_are_words_in_both_languages(code: str):
    server = Flask("app")
    init_languages(server, code)

    with server.test_request_context():
        said = {action: action_text(action) for action in ACTIONS}
        first = action_text("import-log")

    assert first == {"en": "Imported a log", "id": "Mengimpor log"}[code]
    assert not [action for action, text in said.items() if text == action]
    assert len(set(said.values())) == len(said)


def test_an_action_of_another_version_stands_for_itself():
    assert action_text("tune-piano") == "tune-piano"
    assert kind_text("piano") == "piano"
