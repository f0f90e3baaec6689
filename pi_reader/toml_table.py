"""Strict reading of a TOML table: every value is checked, and a fault names file, line and key."""

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

_T = TypeVar("_T")


class ConfigError(ValueError):
    """The configuration cannot be used; the message says where and what to write instead."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a table stands: its file, the file's text, its header (empty for the top) and which of equal headers."""

    file: Path
    text: str
    header: str = ""
    occurrence: int = 0

    def line_of(self, key: str) -> int:
        """Return the line of ``key`` in this table, the table's header when the key is missing, or 1."""
        seen, inside, header_line = -1, self.header == "", 1
        for number, line in enumerate(self.text.splitlines(), start=1):
            if match := re.match(r"\s*\[+\s*([\w.-]+)\s*\]+", line):
                seen += match[1] == self.header
                inside = match[1] == self.header and seen == self.occurrence
                header_line = number if inside else header_line
            elif inside and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
                return number
        return header_line


class Table:
    """One table whose keys are taken one by one; :meth:`finish` refuses what nobody took."""

    def __init__(self, values: dict[str, Any], place: Place) -> None:
        self._values = dict(values)
        self._place = place
        self._asked: set[str] = set()

    @classmethod
    def load(cls, file: Path) -> "Table":
        """Read a file's top table."""
        try:
            return cls.parse(file, file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(f"{file}: cannot be read ({error.strerror})") from error
        except UnicodeDecodeError as error:
            raise ConfigError(f"{file}: not valid TOML: {error}") from error

    @classmethod
    def parse(cls, file: Path, text: str) -> "Table":
        """Take the top table of a text; ``file`` is where it came from."""
        try:
            return cls(tomllib.loads(text), Place(file, text))
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{file}: not valid TOML: {error}") from error

    def overridden(self, values: Mapping[str, Any]) -> "Table":
        """Return this table with some values replaced, for settings that the environment wins."""
        return Table({**self._values, **values}, self._place)

    def inheriting(self, other: "Table") -> "Table":
        """Return this table with the values of another where it has none itself."""
        return Table({**other._values, **self._values}, self._place)

    def has(self, key: str) -> bool:
        """Tell whether a key is there, and not taken yet."""
        self._asked.add(key)
        return key in self._values

    def fault(self, key: str, problem: str) -> ConfigError:
        """Return the error that says what is wrong with ``key``."""
        header = f"{self._place.header}." if self._place.header else ""
        return ConfigError(f"{self._place.file}, line {self._place.line_of(key)}: {header}{key} {problem}")

    def text(self, key: str, default: str | None = None) -> str:
        """Take a non-empty string; without a default it must be there."""
        value = self._take(key, default)
        if value is None:
            raise self.fault(key, "is missing")
        if not isinstance(value, str) or not value.strip():
            raise self.fault(key, f"is {value!r}; write a non-empty string in quotes")
        return value

    def optional_text(self, key: str) -> str | None:
        """Take a non-empty string, or None when the key is not there."""
        return self.text(key) if self.has(key) else None

    def path(self, key: str, default: str | None = None) -> Path:
        """Take a path; a relative one starts at the folder of the configuration file."""
        return self._place.file.parent / Path(self.text(key, default)).expanduser()

    def optional_path(self, key: str) -> Path | None:
        """Take a path, or None when the key is not there."""
        return self.path(key) if self.has(key) else None

    def number(self, key: str, default: float, *, low: float, high: float) -> float:
        """Take a number from ``low`` to ``high``."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.fault(key, f"is {value!r}; write a number from {low:g} to {high:g}")
        return float(value)

    def integer(self, key: str, default: int | None, *, low: int, high: int) -> int:
        """Take a whole number from ``low`` to ``high``; without a default it must be there."""
        value = self._take(key, default)
        if value is None:
            raise self.fault(key, "is missing")
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.fault(key, f"is {value!r}; write a whole number from {low} to {high}")
        return value

    def optional_integer(self, key: str, *, low: int, high: int) -> int | None:
        """Take a whole number from ``low`` to ``high``, or None when the key is not there."""
        return self.integer(key, None, low=low, high=high) if self.has(key) else None

    def boolean(self, key: str, *, default: bool) -> bool:
        """Take true or false."""
        value = self._take(key, default)
        if not isinstance(value, bool):
            raise self.fault(key, f"is {value!r}; write true or false")
        return value

    def choice(self, key: str, default: _T, choices: Collection[_T]) -> _T:
        """Take one of the listed values."""
        value = self._take(key, default)
        if value not in choices or isinstance(value, bool):
            raise self.fault(key, f"is {value!r}; write one of {', '.join(map(str, choices))}")
        return value

    def table(self, key: str) -> "Table":
        """Take a sub-table; a missing one is empty."""
        value = self._take(key, {})
        if not isinstance(value, dict):
            raise self.fault(key, f"is {value!r}; write a table [{key}]")
        return Table(value, Place(self._place.file, self._place.text, key))

    def tables(self, key: str) -> Iterator["Table"]:
        """Take every ``[[key]]`` table, in the file's order."""
        values = self._take(key, [])
        if not isinstance(values, list) or not all(isinstance(value, dict) for value in values):
            raise self.fault(key, f"must be written as tables [[{key}]]")
        for occurrence, value in enumerate(values):
            yield Table(value, Place(self._place.file, self._place.text, key, occurrence))

    def finish(self) -> None:
        """Refuse keys that nobody asked for: a misspelt key must not be a silent default."""
        for key in self._values:
            near = get_close_matches(key, self._asked, n=1)
            raise self.fault(key, "is not a known key; " + (f"is it {near[0]}?" if near else "check its spelling"))

    def _take(self, key: str, default: Any = None) -> Any:
        self._asked.add(key)
        return self._values.pop(key, default)
