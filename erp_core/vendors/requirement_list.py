"""The list of requirements as a workbook: priorities, weights and words edited in a spreadsheet and brought back, and
requirements of the merchant's own added below.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from erp_core.errors import FileRefused
from erp_core.files.export import ExportHeader, Form, FormColumn, export_form
from erp_core.text import LANGUAGES, T, Text, say
from erp_core.vendors.criteria import CRITERIA, LEAVES, criterion_of
from erp_core.vendors.naming import PRIORITY_NAMES
from erp_core.vendors.returned import (
    Amount,
    Field,
    Issue,
    Row,
    amount,
    clean,
    comma_is_decimal,
    listed,
    meant,
    normalise_word,
    read_form,
    short,
    words_of,
)
from erp_core.vendors.schema import Bilingual, Priority, Requirement
from erp_core.vendors.template import is_met_by_requirements

SHEET = "Requirements"
SPARE_ROWS = 30
_KIND, _VERSION = "requirements", "1"
_PRIORITIES = words_of(PRIORITY_NAMES)
_GREATEST_WEIGHT = 1000.0
_LEAVES = tuple(leaf for leaf in LEAVES if is_met_by_requirements(leaf))

FIELDS = (
    Field("key", T("Requirement no"), ("key", "requirement key", "编号", "需求编号"), wanted=True),
    Field("criterion", T("Criterion")),
    Field("text_en", T("Requirement (English)"), ("requirement",)),
    Field("text_zh", T("Requirement (Chinese)"), ("需求",)),
    Field("priority", T("Priority"), (), lambda text: meant(text, _PRIORITIES) is not None, wanted=True),
    Field("weight", T("Weight")),
    Field("ask_en", T("What to ask to see (English)")),
    Field("ask_zh", T("What to ask to see (Chinese)")),
)


def leaf_name(leaf: str, language: str) -> str:
    """A criterion with its leaf, as lists show it.

    >>> leaf_name("function.orders", "en")
    'Function · Orders'
    """
    return f"{say(CRITERIA[criterion_of(leaf)], language)} · {say(LEAVES[leaf], language)}"


def export_requirements(requirements: Sequence[Requirement], header: ExportHeader) -> bytes:
    """All requirements as XLSX to be edited, in both languages, with empty rows for further ones."""
    language = header.language
    titles = {one.key: say(one.title, language) for one in FIELDS}
    columns = (
        FormColumn(titles["key"], 18),
        FormColumn(titles["criterion"], 16, True, tuple(leaf_name(leaf, language) for leaf in _LEAVES)),
        FormColumn(titles["text_en"], 36, True),
        FormColumn(titles["text_zh"], 28, True),
        FormColumn(titles["priority"], 9, True, tuple(say(name, language) for name in PRIORITY_NAMES.values())),
        FormColumn(titles["weight"], 7, True, number=True),
        FormColumn(titles["ask_en"], 32, True),
        FormColumn(titles["ask_zh"], 26, True),
        FormColumn(say(T("Why this priority"), language), 24),
    )
    form = Form(
        sheet=SHEET,
        lead=(
            say(T("Requirements: {name}", name=header.title), language),
            say(T("Change the yellow cells and bring this file back; the next sheet says how."), language),
        ),
        columns=columns,
        rows=[_row(need, language) for need in requirements],
        guide=(say(T("How to edit"), language), _guide(language)),
        marks={"kind": _KIND, "version": _VERSION, "decision": header.title, "language": language},
        spare=SPARE_ROWS,
        locked=False,
    )
    return export_form(form, header)


def _row(need: Requirement, language: str) -> tuple[str | float, ...]:
    return (
        need.key, leaf_name(need.criterion, language), need.text.en, need.text.zh,
        say(PRIORITY_NAMES[need.priority], language), need.weight, need.ask.en, need.ask.zh,
        need.reason.said(language) if need.reason else "",
    )  # fmt: skip


def _guide(language: str) -> list[tuple[str, str]]:
    def words(text: Text) -> str:
        return say(text, language)

    return [
        (words(T("Priority")), words(T("A vendor that lacks a must is out. What is not needed does not count."))),
        (
            words(T("Weight")),
            words(T("How much it counts beside others of the same priority; 1 is usual, 2 is twice as much.")),
        ),
        (
            words(T("Requirement no")),
            words(T("Leave it as it is. Rows that are deleted stay as they were in the workbench.")),
        ),
        (
            words(T("Further requirements")),
            words(T("Write them below without a number: criterion, requirement in one language, priority.")),
        ),
    ]


# --- back ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RequirementsReturn:
    """What an edited list says. `changes`: key → field of `schema.Requirement` → new value, only what differs; `added`:
    requirements of the merchant's own, with provisional keys; `absent`: how many requirements the file does not name
    (they stay as they are)."""

    changes: Mapping[str, Mapping[str, Any]]
    added: tuple[Requirement, ...]
    absent: int
    issues: tuple[Issue, ...]

    def applied(self, requirements: Sequence[Requirement]) -> tuple[Requirement, ...]:
        """The requirements with the changes in them, and the added ones after them."""
        changed = [
            Requirement.model_validate(need.model_dump() | dict(self.changes.get(need.key, {})))
            for need in requirements
        ]
        return (*changed, *self.added)


def read_requirements(content: bytes, name: str, requirements: Sequence[Requirement]) -> RequirementsReturn:
    """The changes in a list that was exported here and edited (XLSX or CSV), in either language.

    Nothing is deleted by a file. A cell that cannot be read is an issue and leaves the value as it was. Raises
    FileRefused for what is no such list.
    """
    held = {need.key: need for need in requirements}
    fields = tuple(
        one if one.key != "key" else Field(one.key, one.title, one.also, lambda text: text in held, True)
        for one in FIELDS
    )  # fmt: skip
    form = read_form(content, name, fields, SHEET)
    if form.marks.get("kind", _KIND) != _KIND:
        raise FileRefused(
            T("{file} is another form, not a list of requirements.", file=name),
            hint=T("Take the file that was downloaded here, and leave its column names as they are."),
            code="requirements.other_form",
        )
    issues = list(form.issues)
    counted = Counter(row.cells["key"] for row in form.rows if row.cells["key"])
    comma = comma_is_decimal([row.cells.get("weight", "") for row in form.rows])
    changes: dict[str, dict[str, Any]] = {}
    added: list[Requirement] = []
    for row in form.rows:
        key = row.cells["key"]
        if key in held and counted[key] == 1:
            if differing := _changes(row, held[key], comma, issues):
                changes[key] = differing
        elif key in held:
            if counted.pop(key, 0):
                told = T("{key} stands in several rows.", key=key)
                issues.append(row.issue("key", told, T("Keep one of them; none was taken."), taken=False))
                counted[key] = 0
        elif key:
            hint = T("Empty the number to add it as a requirement of your own; this row was not taken.")
            issues.append(
                row.issue("key", T("No requirement has the number “{key}”.", key=short(key)), hint, taken=False)
            )
        elif (new := _added(row, comma, len(added) + 1, issues)) is not None:
            added.append(new)
    named = {row.cells["key"] for row in form.rows}
    return RequirementsReturn(changes, tuple(added), sum(key not in named for key in held), tuple(issues))


def _changes(row: Row, need: Requirement, comma: bool, issues: list[Issue]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    priority = _priority(row, issues)
    if priority is not None and priority is not need.priority:
        found["priority"] = priority
    weight = _weight(row, comma, issues)
    if weight is not None and weight != need.weight:
        found["weight"] = weight
    for name, stands in (("text", need.text), ("ask", need.ask)):
        told = Bilingual(
            en=row.cells.get(f"{name}_en") or stands.en, zh=row.cells.get(f"{name}_zh") or stands.zh
        )  # fmt: skip
        if told != stands and (told.en, told.zh) != (clean(stands.en), clean(stands.zh)):
            found[name] = told
    leaf = _criterion(row, issues)
    if leaf is not None and leaf != need.criterion:
        if need.own:
            found["criterion"] = leaf
        else:
            issues.append(
                row.issue("criterion", T("The criterion of a requirement of the template cannot be changed."),
                          T("Mark it as not needed, and add one of your own."))
            )  # fmt: skip
    return found


def _added(row: Row, comma: bool, number: int, issues: list[Issue]) -> Requirement | None:
    en, zh = row.cells.get("text_en", ""), row.cells.get("text_zh", "")
    if not (en or zh):
        told = T("This row has neither a number nor a requirement.")
        issues.append(row.issue("text_en", told, T("Write what is needed, in one language at least."), taken=False))
        return None
    leaf = _criterion(row, issues)
    if leaf is None:
        if not row.cells.get("criterion"):
            told = T("This requirement has no criterion.")
            issues.append(row.issue("criterion", told, T("Choose one of the list."), taken=False))
        return None
    text = Bilingual(en=en or zh, zh=zh or en)
    ask_en, ask_zh = row.cells.get("ask_en", ""), row.cells.get("ask_zh", "")
    return Requirement(
        key=f"{leaf}.own_{number}",
        criterion=leaf,
        text=text,
        ask=Bilingual(en=ask_en or ask_zh or text.en, zh=ask_zh or ask_en or text.zh),
        priority=_priority(row, issues) or Priority.SHOULD,
        weight=_weight(row, comma, issues) or 1.0,
        own=True,
    )


def _priority(row: Row, issues: list[Issue]) -> Priority | None:
    told = row.cells.get("priority", "")
    priority = meant(told, _PRIORITIES)
    if told and priority is None:
        allowed = T("Choose one: {words}", words=" / ".join(listed(PRIORITY_NAMES, language) for language in LANGUAGES))
        issues.append(row.issue("priority", T("“{given}” is no priority.", given=short(told)), allowed))
    return priority


def _weight(row: Row, comma: bool, issues: list[Issue]) -> float | None:
    told = row.cells.get("weight", "")
    if not told:
        return None
    read = amount(told, comma=comma)
    if isinstance(read, Amount) and read.currency is None and 0 < read.value <= _GREATEST_WEIGHT:
        return read.value
    hint = T("A number above 0, 1000 at most; mark as not needed what does not count.")
    issues.append(row.issue("weight", T("“{given}” is no weight.", given=short(told)), hint))
    return None


_BY_NAME: Mapping[str, str] = {
    normalise_word(word): leaf
    for leaf in _LEAVES
    for word in (leaf, *(leaf_name(leaf, language) for language in LANGUAGES))
}


def _criterion(row: Row, issues: list[Issue]) -> str | None:
    told = row.cells.get("criterion", "")
    leaf = _BY_NAME.get(normalise_word(told))
    if told and leaf is None:
        told_text = T("“{given}” is no criterion.", given=short(told))
        issues.append(row.issue("criterion", told_text, T("Choose one of the list."), taken=bool(row.cells["key"])))
    return leaf
