"""What an import tells: issues with their place, and a receipt that adds up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from erp_core.money import money_text
from erp_core.text import Text, say

ISSUES_SHOWN = 1_000


@dataclass(frozen=True)
class Issue:
    """Something wrong with a row. `severity`: 'rejects' (the row's order stays out) or 'warns'."""

    row: int | None
    column: str | None
    code: str
    message: Text
    severity: str = "rejects"
    file_no: int = 0

    def to_json(self, language: str) -> dict[str, Any]:
        """The contract's form."""
        return {"row": self.row, "column": self.column, "code": self.code, "message": say(self.message, language)}


@dataclass(frozen=True)
class FileRead:
    """One file of a batch."""

    name: str
    sha256: str
    format: str
    encoding: str | None
    rows_read: int
    columns: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The contract's form."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "format": self.format,
            "encoding": self.encoding,
            "rows_read": self.rows_read,
        }


@dataclass(frozen=True)
class Receipt:
    """What one import did. Rows: read = accepted + rejected + unchanged; money (minor units by currency) likewise.

    `orders`, `lines`, `quantity` count what is new or changed, cancelled orders and charge lines included;
    `cancellations`: how many of these orders are cancelled.
    """

    batch_id: int | None
    files: tuple[FileRead, ...]
    format: str
    rows_read: int = 0
    rows_accepted: int = 0
    rows_rejected: int = 0
    rows_unchanged: int = 0
    orders: int = 0
    cancellations: int = 0
    lines: int = 0
    quantity: int = 0
    amount_read: Mapping[str, int] = field(default_factory=dict)
    amount_accepted: Mapping[str, int] = field(default_factory=dict)
    amount_rejected: Mapping[str, int] = field(default_factory=dict)
    amount_unchanged: Mapping[str, int] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    seconds: float = 0.0
    dry_run: bool = False

    def taking(self, seconds: float) -> Receipt:
        """The same receipt with its duration."""
        return replace(self, seconds=round(seconds, 3))

    def discreet(self) -> Receipt:
        """The same without the words that its issues quote, for a file that anybody may open."""
        issues = tuple(replace(issue, message=without_words(issue.message)) for issue in self.issues)
        return replace(self, issues=issues)

    def adds_up(self) -> bool:
        """Whether rows and money read equal accepted + rejected + unchanged."""
        rows = self.rows_accepted + self.rows_rejected + self.rows_unchanged
        total: Counter[str] = Counter()
        for part in (self.amount_accepted, self.amount_rejected, self.amount_unchanged):
            for currency, amount in part.items():
                total[currency] += amount
        read = {currency: amount for currency, amount in self.amount_read.items() if amount}
        return rows == self.rows_read and {c: a for c, a in total.items() if a} == read

    def to_json(self, language: str) -> dict[str, Any]:
        """The contract's form: money as text with the currency's decimals, by currency."""
        shown = [issue.to_json(language) for issue in self.issues[:ISSUES_SHOWN]]
        return {
            "batch_id": self.batch_id,
            "files": [file.to_json() for file in self.files],
            "format": self.format,
            "rows_read": self.rows_read,
            "rows_accepted": self.rows_accepted,
            "rows_rejected": self.rows_rejected,
            "rows_unchanged": self.rows_unchanged,
            "orders": self.orders,
            "cancellations": self.cancellations,
            "lines": self.lines,
            "quantity": self.quantity,
            "amount_read": _texts(self.amount_read),
            "amount_accepted": _texts(self.amount_accepted),
            "amount_rejected": _texts(self.amount_rejected),
            "amount_unchanged": _texts(self.amount_unchanged),
            "issues": shown,
            "seconds": self.seconds,
        }


def without_words(text: Text) -> Text:
    """The sentence with “…” for each word that it quotes: a row that slipped by a column has a phone number where a
    price is expected."""
    return Text(text.id, tuple((name, _unsaid(value)) for name, value in text.values))


def _unsaid(value: Any) -> Any:
    if isinstance(value, Text):
        return without_words(value)
    return "…" if isinstance(value, str) else value


def _texts(amounts: Mapping[str, int]) -> dict[str, str]:
    return {currency: money_text(amount, currency) for currency, amount in sorted(amounts.items())}
