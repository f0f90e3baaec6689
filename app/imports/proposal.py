"""How a file would be read, for a person to confirm: each part with its reason, and what has to be asked."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.imports.request import ImportRefused, ImportRequest
from app.saying import Saying


@dataclass(slots=True)
class Proposal:
    """How a file would be read: ``given`` are fields of :class:`ImportRequest`, ``reasons`` say why, by field.

    ``questions`` are what only a person can say, by field; while there are any, nothing can be imported. ``columns``
    and ``rows`` are the header and the first lines of data, ``sheets`` those of a workbook.
    """

    path: Path
    columns: tuple[str, ...]
    rows: list[list[str]]
    sheets: tuple[str, ...] = ()
    given: dict[str, Any] = field(default_factory=dict)
    reasons: dict[str, Saying] = field(default_factory=dict)
    questions: dict[str, Saying] = field(default_factory=dict)

    def request(self, **answers: Any) -> ImportRequest:
        """Make the request, with a person's answers in place of the guesses.

        Raises
        ------
        ImportRefused
            If a question is left, or the answers make no sense.
        """
        given = self.given | {name: value for name, value in answers.items() if value is not None}
        if answers.get("device"):
            given.pop("device_column", None)
        if answers.get("tds_column"):
            given.pop("ec_column", None)
        if answers.get("ec_column"):
            given.pop("tds_column", None)
        left = [str(question) for name, question in self.questions.items() if name not in given]
        if left:
            raise ImportRefused(" ".join(left))
        return ImportRequest(path=self.path, **given)

    def say(self, name: str, value: Any, reason: str, **values: object) -> None:
        """Propose a value."""
        self.given[name], self.reasons[name] = value, Saying(reason, values)

    def ask(self, name: str, question: str, **values: object) -> None:
        """Leave a field to a person."""
        self.questions[name] = Saying(question, values)
