"""The questionnaire (RFP) that a vendor fills in and returns: a workbook with drop-downs out, ratings back.

Out goes what is asked, never what the merchant thinks: no weights, reasons, own numbers, ratings or notes; only what
this vendor answered before. Back comes a vendor's word: an answer counts as a claim, or as a document where it names
one, however strong the proof is that it offers.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from erp_core.errors import FileRefused
from erp_core.files.export import ExportHeader, Form, FormColumn, export_form
from erp_core.text import T, Text, say
from erp_core.vendors.criteria import CRITERIA, LEAVES, criterion_of
from erp_core.vendors.naming import EVIDENCE_NAMES, FIT_NAMES, PRIORITY_NAMES
from erp_core.vendors.returned import (
    Amount,
    Field,
    Issue,
    Row,
    amount,
    clean,
    comma_is_decimal,
    currency_word,
    listed,
    meant,
    read_form,
    short,
    words_of,
)
from erp_core.vendors.schema import Evidence, Fit, Priority, Rating, Requirement, Scenario, Vendor

SHEET = "RFP"
_SOURCE = "RFP"
_KIND, _VERSION = "rfp", "1"
_FITS, _EVIDENCES = words_of(FIT_NAMES), words_of(EVIDENCE_NAMES)
_OWNERS = (T("We, the vendor"), T("A partner"), T("You, the customer"))
_COMMON_CURRENCIES = ("CNY", "USD", "EUR", "GBP", "HKD", "JPY")

_MEANINGS: Mapping[Fit, Text] = {
    Fit.NATIVE: T("It is in the standard product, in the edition that you offer; nothing has to be done."),
    Fit.CONFIGURATION: T("It is set up with the product’s own settings, without programming."),
    Fit.THIRD_PARTY: T("It needs an add-on or a product of somebody else; name it in the remark."),
    Fit.CUSTOMISATION: T("It has to be programmed for us; give the cost."),
    Fit.ROADMAP: T("It is planned; give the date in the remark."),
    Fit.NONE: T("It cannot be done."),
    Fit.UNKNOWN: T("You cannot say."),
}
_PROOFS: Mapping[Evidence, Text] = {
    Evidence.CLAIM: T("Your word."),
    Evidence.DOCUMENT: T("A page or a manual; put the link into the remark."),
    Evidence.DEMONSTRATION: T("You show it to us."),
    Evidence.REFERENCE: T("A customer whom we may ask; name it in the remark."),
    Evidence.TESTED: T("We try it with our own data."),
}

FIELDS = (
    Field("key", T("Requirement no"), ("key", "requirement key", "编号", "需求编号"), wanted=True),
    Field("answer", T("Your answer"), ("answer", "fit"), lambda text: meant(text, _FITS) is not None, wanted=True),
    Field("proof", T("What proves it"), ("evidence", "proof"), lambda text: meant(text, _EVIDENCES) is not None),
    Field("cost", T("One-off cost"), ("cost",)),
    Field("currency", T("Currency"), (), lambda text: currency_word(text) is not None),
    Field("owner", T("Who does it"), ("owner",)),
    Field("remark", T("Remark"), ("note", "comment", "remarks")),
)  # fmt: skip


def export_rfp(
    requirements: Sequence[Requirement],
    vendor: Vendor | None,
    ratings: Sequence[Rating],
    scenario: Scenario,
    header: ExportHeader,
) -> bytes:
    """The questionnaire as XLSX, in the header's language. `vendor` None: for anybody, else only for this one.

    Requirements marked not needed are not asked. `ratings`: of these, what the vendor itself answered before stands in
    the form; nothing else does.
    """
    language = header.language
    asked = [need for need in requirements if need.priority is not Priority.NOT_NEEDED]
    earlier = {
        rating.requirement: rating
        for rating in ratings
        if vendor is not None and rating.vendor == vendor.key and is_their_own(rating)
    }
    marks = {
        "kind": _KIND,
        "version": _VERSION,
        "decision": header.title,
        "vendor": vendor.key if vendor else "",
        "requirements": fingerprint(asked),
        "currency": scenario.currency,
        "language": language,
    }
    title = T("Questionnaire: {name}", name=header.title)
    if vendor is not None:
        title = T("Questionnaire: {name} – {vendor}", name=header.title, vendor=vendor.named(language))
    form = Form(
        sheet=SHEET,
        lead=(
            say(title, language),
            say(T("Please fill in the yellow cells and return this file; the next sheet says how."), language),
        ),
        columns=_columns(scenario, language),
        rows=[_row(need, earlier.get(need.key), language) for need in asked],
        guide=(say(T("How to fill in"), language), _guide(scenario, language)),
        marks=marks,
    )
    return export_form(form, header)


def is_their_own(rating: Rating) -> bool:
    """Whether a rating is what the vendor answered, word for word: its source ends with the seal of the answer, which
    no longer fits once a person has changed anything in it."""
    return rating.evaluator is None and rating.source.startswith(_SOURCE) and rating.source.endswith(_seal(rating))


def _seal(rating: Rating) -> str:
    said = (rating.vendor, rating.requirement, rating.fit, rating.evidence, rating.cost, rating.owner, rating.note)
    return " #" + hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()[:8]


def fingerprint(requirements: Sequence[Requirement]) -> str:
    """What tells one list of questions from another: keys and texts, in any order."""
    content = sorted((need.key, need.text.en, need.text.zh) for need in requirements)
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:16]


# Widths in characters; together about 185, which a landscape page of A4 holds at a size that can be read.
def _columns(scenario: Scenario, language: str) -> tuple[FormColumn, ...]:
    titles = {one.key: say(one.title, language) for one in FIELDS}
    currencies = dict.fromkeys((scenario.currency, *(rate.currency for rate in scenario.rates), *_COMMON_CURRENCIES))
    return (
        FormColumn(titles["key"], 18),
        FormColumn(say(T("Criterion"), language), 13),
        FormColumn(say(T("Requirement"), language), 36),
        FormColumn(say(T("Priority"), language), 8),
        FormColumn(say(T("What we will ask to see"), language), 32),
        FormColumn(titles["answer"], 14, True, tuple(say(name, language) for name in FIT_NAMES.values())),
        FormColumn(titles["proof"], 12, True, tuple(say(name, language) for name in EVIDENCE_NAMES.values())),
        FormColumn(titles["cost"], 10, True, number=True),
        FormColumn(titles["currency"], 8, True, tuple(currencies), free=True),
        FormColumn(titles["owner"], 12, True, tuple(say(owner, language) for owner in _OWNERS), free=True),
        FormColumn(titles["remark"], 24, True),
    )


def _row(need: Requirement, earlier: Rating | None, language: str) -> tuple[str | float, ...]:
    criterion = f"{say(CRITERIA[criterion_of(need.criterion)], language)} · {say(LEAVES[need.criterion], language)}"
    asked = (
        need.key, criterion, need.text.said(language), say(PRIORITY_NAMES[need.priority], language),
        need.ask.said(language),
    )  # fmt: skip
    if earlier is None:
        return (*asked, "", "", "", "", "", "")
    return (
        *asked, say(FIT_NAMES[earlier.fit], language), say(EVIDENCE_NAMES[earlier.evidence], language),
        "" if earlier.cost is None else earlier.cost, "", clean(earlier.owner), clean(earlier.note),
    )  # fmt: skip


def _guide(scenario: Scenario, language: str) -> list[tuple[str, str]]:
    def words(text: Text) -> str:
        return say(text, language)

    return [
        (
            words(T("Fill in")),
            words(T("One row a requirement. Leave empty what you cannot answer: it counts as unknown.")),
        ),
        (
            words(T("Leave as it is")),
            words(T("The numbers in the first column and the column names: your answers are found by them.")),
        ),
        ("", ""),
        (words(T("Your answer")), words(T("How your product meets the requirement, in the edition that you offer:"))),
        *((words(FIT_NAMES[fit]), words(text)) for fit, text in _MEANINGS.items()),
        ("", ""),
        (
            words(T("What proves it")),
            words(T("What you offer as proof. Until we have seen it, your answer counts as your word:")),
        ),
        *((words(EVIDENCE_NAMES[kind]), words(text)) for kind, text in _PROOFS.items()),
        ("", ""),
        (
            words(T("One-off cost")),
            words(
                T(
                    "What meeting it costs once, beyond your offer. Without a currency it is {currency}.",
                    currency=scenario.currency,
                )
            ),
        ),
        (words(T("Who does it")), words(T("Who would do the work: you, a partner, or we."))),
    ]


# --- back ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RfpReturn:
    """What a returned questionnaire says. `ratings`: one an answered requirement, by nobody of the merchant's
    (evaluator None); `unanswered`: requirements asked and left empty, which are unknown, not unmet; `decision`: the
    name of the choice that the file was made for, None where it no longer says."""

    ratings: tuple[Rating, ...]
    unanswered: tuple[str, ...]
    issues: tuple[Issue, ...]
    decision: str | None


@dataclass(frozen=True)
class Received:
    """The file as it came: its name, and when (the day in the company's zone)."""

    content: bytes
    name: str
    day: dt.date


def read_rfp(received: Received, requirements: Sequence[Requirement], vendor: Vendor, scenario: Scenario) -> RfpReturn:
    """The ratings in a questionnaire that a vendor returned, in either language; XLSX or CSV.

    A cell that cannot be read is an issue, and the rest of its row is taken; a row whose answer cannot be read, whose
    number is unknown or stands twice with different answers is not taken. Costs in other currencies are turned into the
    scenario's at its rates. Raises FileRefused for what is no such form, and for one made for another vendor.
    """
    known = {need.key for need in requirements}
    fields = tuple(
        one if one.key != "key" else Field(one.key, one.title, one.also, lambda text: text in known, True)
        for one in FIELDS
    )  # fmt: skip
    form = read_form(received.content, received.name, fields, SHEET)
    _refuse_others(form.marks, vendor, received.name)
    issues = list(form.issues)
    asked = [need for need in requirements if need.priority is not Priority.NOT_NEEDED]
    if form.marks.get("requirements", fingerprint(asked)) != fingerprint(asked):
        issues.append(
            Issue(None, None, T("The requirements have changed since this file was made."),
                  T("Look through the answers; ask the vendor what is new."))
        )  # fmt: skip
    reader = _Reader(received, vendor, scenario, comma_is_decimal([row.cells.get("cost", "") for row in form.rows]))
    answers: dict[str, Rating] = {}
    rows: dict[str, list[Row]] = {}
    for row in form.rows:
        if row.cells["key"] in known:
            rows.setdefault(row.cells["key"], []).append(row)
        elif any(row.cells.get(one.key) for one in FIELDS if one.key != "key"):
            issues.append(_unknown_key(row))
    for key, same in rows.items():
        distinct = {tuple(sorted(row.cells.items())): row for row in same}
        filled = [row for row in distinct.values() if _says(row)]
        if len(filled) > 1:
            places = ", ".join(str(row.number) for row in filled)
            issues.append(
                filled[1].issue("key", T("{key} is answered differently in rows {rows}.", key=key, rows=places),
                                T("Keep one of the rows, or ask the vendor; none was taken."), taken=False)
            )  # fmt: skip
            continue
        if filled and (rating := reader.rating(filled[0], key, issues)) is not None:
            answers[key] = rating
    issues += reader.promises()
    ordered = tuple(answers[need.key] for need in requirements if need.key in answers)
    unanswered = tuple(need.key for need in asked if need.key not in answers)
    return RfpReturn(ordered, unanswered, tuple(issues), form.marks.get("decision"))


def _refuse_others(marks: Mapping[str, str], vendor: Vendor, name: str) -> None:
    if marks.get("kind", _KIND) != _KIND:
        raise FileRefused(
            T("{file} is another form, not a questionnaire.", file=name),
            hint=T("Take the file that this vendor returned."),
            code="rfp.other_form",
        )
    if marks.get("vendor") and marks["vendor"] != vendor.key:
        raise FileRefused(
            T("{file} was made for another vendor ({vendor}).", file=name, vendor=short(marks["vendor"])),
            hint=T("Choose that vendor, or take the file that this vendor returned."),
            code="rfp.other_vendor",
        )


def _says(row: Row) -> bool:
    return any(row.cells.get(one.key) for one in FIELDS if one.key != "key")


def _unknown_key(row: Row) -> Issue:
    key = row.cells["key"]
    if not key:
        message = T("This row has no number of a requirement.")
    else:
        message = T("No requirement has the number “{key}”.", key=short(key))
    return row.issue("key", message, T("Leave the first column as it was sent; this row was not taken."), taken=False)


class _Reader:
    """Reads rows of one file."""

    def __init__(self, received: Received, vendor: Vendor, scenario: Scenario, comma: bool) -> None:
        self.source = f"{_SOURCE} · {clean(received.name)[:200]}"
        self.day, self.vendor, self.scenario, self.comma = received.day, vendor, scenario, comma
        self.rates = {scenario.currency: 1.0} | {rate.currency: rate.rate for rate in scenario.rates}
        self.promised: Counter[Evidence] = Counter()

    def rating(self, row: Row, key: str, issues: list[Issue]) -> Rating | None:
        """The rating in one row; None, with an issue, where the answer itself is missing or unreadable."""
        told = row.cells.get("answer", "")
        fit = meant(told, _FITS)
        if fit is None:
            what = T("“{given}” is none of the answers.", given=short(told)) if told else T("There is no answer.")
            allowed = T("Choose one: {words}", words=listed(FIT_NAMES, "en") + " / " + listed(FIT_NAMES, "zh_CN"))
            issues.append(row.issue("answer", what, allowed, taken=False))
            return None
        answer = Rating(
            vendor=self.vendor.key,
            requirement=key,
            fit=fit,
            evidence=self._evidence(row, issues),
            cost=self._cost(row, issues),
            owner=row.cells.get("owner", "")[:200],
            note=row.cells.get("remark", ""),
            as_of=self.day,
        )
        return answer.model_copy(update={"source": self.source + _seal(answer)})

    def _evidence(self, row: Row, issues: list[Issue]) -> Evidence:
        """A document where one is named, else a claim: proofs count when they have been given."""
        told = row.cells.get("proof", "")
        if not told:
            return Evidence.CLAIM
        kind = meant(told, _EVIDENCES)
        if kind is None:
            allowed = T(
                "Choose one: {words}", words=listed(EVIDENCE_NAMES, "en") + " / " + listed(EVIDENCE_NAMES, "zh_CN")
            )
            issues.append(row.issue("proof", T("“{given}” is no kind of proof.", given=short(told)), allowed))
            return Evidence.CLAIM
        if kind is Evidence.DOCUMENT:
            if row.cells.get("remark"):
                return Evidence.DOCUMENT
            issues.append(
                row.issue("proof", T("A document is offered, and the remark names none: it counts as a claim."),
                          T("Ask for the link."))
            )  # fmt: skip
        elif kind is not Evidence.CLAIM:
            self.promised[kind] += 1
        return Evidence.CLAIM

    def promises(self) -> list[Issue]:
        """What the vendor offers to prove and has not proved yet."""
        return [
            Issue(None, None,
                  T("{count} answers offer this proof: {proof}. They count as claims until you have it.",
                    count=count, proof=EVIDENCE_NAMES[kind]),
                  T("Raise the evidence of each rating when you have seen it."))
            for kind, count in sorted(self.promised.items())
        ]  # fmt: skip

    def _cost(self, row: Row, issues: list[Issue]) -> float | None:
        told = row.cells.get("cost", "")
        if not told:
            return None
        read = amount(told, comma=self.comma)
        if not isinstance(read, Amount):
            issues.append(row.issue("cost", *read))
            return None
        currency = self._currency(row, read, issues)
        if currency is None:
            return None
        rate = self.rates.get(currency)
        if rate is None:
            issues.append(
                row.issue("currency",
                          T("There is no rate {currency} → {base}; the cost was left out.", currency=currency,
                            base=self.scenario.currency),
                          T("Add the rate and take the file again."))
            )  # fmt: skip
            return None
        return round(read.value * rate, 2)

    def _currency(self, row: Row, read: Amount, issues: list[Issue]) -> str | None:
        told = row.cells.get("currency", "")
        named = currency_word(told) if told else None
        if told and named is None:
            issues.append(
                row.issue("currency", T("“{given}” is no currency; the cost was left out.", given=short(told)),
                          T("Its code in capitals (ISO 4217): CNY, EUR, USD."))
            )  # fmt: skip
            return None
        if named and read.currency and named != read.currency:
            issues.append(
                row.issue("currency", T("The cost is in {one}, the currency says {other}; the cost was left out.",
                                        one=read.currency, other=named), T("Ask the vendor which one is meant."))
            )  # fmt: skip
            return None
        return named or read.currency or self.scenario.currency
