"""The benefits that a business case counts: proposed from own numbers, each open to change; part of view Business case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from erp_core.errors import BadInput
from erp_core.text import T
from erp_core.vendors import service
from erp_core.vendors.benefits import propose_benefits
from erp_core.vendors.business_case import benefit_name, counted_benefits
from erp_core.vendors.choice import free_key
from erp_core.vendors.schema import Benefit, Bilingual
from ui import acts, erp_choice
from ui.erp_choice import Choice
from ui.erp_fields import PARTS, ranged
from ui.guard import Visit
from ui.literal import literal

_RAMP = ("year_1", "year_2", "year_3")
_FORM = "erp_benefits"
_WHOLE = 100


@dataclass(frozen=True)
class _Sheet:
    """The benefits of one vendor's case: `counted` are on, `offered` are those and what else is proposed."""

    visit: Visit
    choice: Choice
    counted: Mapping[str, Benefit]
    offered: Mapping[str, Benefit]

    @property
    def by_people(self) -> bool:
        """Whether somebody set them; else they are proposed."""
        return bool(self.choice.document.benefits)


def show(visit: Visit, choice: Choice, vendor: str) -> None:
    """The benefits with their range, their coming, and what each rests on."""
    st.subheader(visit.say(T("Benefits")))
    document = choice.document
    counted = {benefit.key: benefit for benefit in counted_benefits(document, vendor)}
    proposals = {benefit.key: benefit for benefit in propose_benefits(document.own_numbers, document.scenario)}
    sheet = _Sheet(visit, choice, counted, counted | {key: one for key, one in proposals.items() if key not in counted})
    if not sheet.offered:
        st.info(
            visit.say(T("No benefit can be reckoned yet: enter your numbers above, or a benefit of your own.")),
            icon=":material/savings:",
        )
    else:
        _editor(sheet)
    if choice.may_change:
        with st.expander(visit.say(T("Add a benefit of your own")), icon=":material/add:"):
            _add(sheet)


def _editor(sheet: _Sheet) -> None:
    visit, choice = sheet.visit, sheet.choice
    origin = T("They were set by people.") if sheet.by_people else T("They are proposed from your numbers.")
    st.caption(f"{visit.say(origin)} {visit.say(T('Amounts in {currency}.', currency=choice.currency))}")
    form = erp_choice.form_of(visit, _FORM, tuple(sheet.offered.values()))
    if not choice.may_change:
        _table(sheet, form)
    else:
        with st.form(form, border=False):
            edited = _table(sheet, form)
            sent = st.form_submit_button(
                visit.say(T("Save")), type="primary", icon=":material/save:", key="erp_benefits_save"
            )
        if sent:
            acts.perform(
                visit, lambda uow: service.change_settings(uow, choice.at, {"benefits": _benefits(sheet, edited)})
            )
        if sheet.by_people and st.button(
            visit.say(T("Back to what is proposed")), icon=":material/undo:", key="erp_benefits_back"
        ):
            acts.perform(visit, lambda uow: service.change_settings(uow, choice.at, {"benefits": ()}))
    with st.expander(visit.say(T("What each benefit rests on")), icon=":material/fact_check:"):
        for benefit in sheet.offered.values():
            why = benefit.evidence.said(visit.language) if benefit.evidence else visit.plain(T("no reason given"))
            st.markdown(f"- **{visit.say(benefit_name(benefit.key))}**: {literal(why)}")


def _table(sheet: _Sheet, form: str) -> pd.DataFrame:
    """The rows as an editor: on or off, the range, how much of it there is in the first years."""
    plain, config = sheet.visit.plain, st.column_config
    rows = []
    for key, benefit in sheet.offered.items():
        once = plain(T("once")) if benefit.once else plain(T("a year"))
        rows.append([key in sheet.counted, plain(benefit_name(key)), once, *_shown(benefit), *_first_years(benefit)])
    frame = pd.DataFrame(rows, columns=["on", "name", "once", *PARTS, *_RAMP])
    money = {name: config.NumberColumn(plain(text), format="localized", required=True) for name, text in PARTS.items()}
    ramp = {
        name: config.NumberColumn(plain(T("% in year {number}", number=at)), min_value=0, max_value=100, required=True)
        for at, name in enumerate(_RAMP, 1)
    }
    locked = not sheet.choice.may_change
    edited: pd.DataFrame = st.data_editor(
        frame, hide_index=True, disabled=True if locked else ["name", "once"], key=f"{form}_rows", height="content",
        column_config={
            "on": config.CheckboxColumn(plain(T("Counts"))), "name": plain(T("Benefit")), "once": plain(T("Comes")), **money, **ramp,
        },
    )  # fmt: skip
    return edited


def _shown(benefit: Benefit) -> list[float]:
    """Its range without parts of a unit, where it is large enough not to miss them."""
    whole = benefit.a_year.high >= _WHOLE
    return [
        round(value) if whole else value for value in (benefit.a_year.low, benefit.a_year.likely, benefit.a_year.high)
    ]


def _first_years(benefit: Benefit) -> list[float]:
    """How much of it there is in the first years, in %."""
    return [100 * benefit.ramp[min(at, len(benefit.ramp) - 1)] for at in range(len(_RAMP))]


def _benefits(sheet: _Sheet, edited: pd.DataFrame) -> tuple[Benefit, ...]:
    """What the editor says, beside the benefits of other vendors. Raises BadInput where none is left."""
    kept = []
    for benefit, row in zip(sheet.offered.values(), edited.to_dict("records"), strict=True):
        if row["on"]:
            kept.append(_edited(benefit, row))
    if not kept:
        raise BadInput(
            T("A case without any benefit shows nothing."),
            hint=T("Leave at least one on, and set it low if you doubt it."),
        )
    others = [
        one for one in sheet.choice.document.benefits if one not in sheet.counted.values() and _is_apart(sheet, one)
    ]
    return (*others, *kept)


def _is_apart(sheet: _Sheet, benefit: Benefit) -> bool:
    """Whether a stored benefit belongs to another vendor's case, or stands behind one of this vendor's own."""
    return benefit.vendor is not None or sheet.offered[benefit.key].vendor is not None


def _edited(benefit: Benefit, row: Mapping[Any, Any]) -> Benefit:
    shares = [row[name] for name in _RAMP]
    ramp = benefit.ramp if shares == _first_years(benefit) else tuple(float(share) / 100 for share in shares)
    amounts = [row[name] for name in PARTS]
    a_year = benefit.a_year if amounts == _shown(benefit) else ranged(amounts)
    return benefit.model_copy(update={"a_year": a_year, "ramp": ramp})


def _add(sheet: _Sheet) -> None:
    visit, choice = sheet.visit, sheet.choice
    with st.form(f"erp_benefit_{acts.token(_FORM)}", border=False):
        name = st.text_input(
            visit.say(T("What it is and why you expect it")), max_chars=300, key=f"erp_benefit_name_{acts.token(_FORM)}"
        )
        amounts = [
            place.number_input(visit.say(text), 0.0, None, None, key=f"erp_benefit_{part}_{acts.token(_FORM)}")
            for place, (part, text) in zip(st.columns(3), PARTS.items(), strict=True)
        ]
        once = st.checkbox(visit.say(T("It comes once, not every year")), key=f"erp_benefit_once_{acts.token(_FORM)}")
        sent = st.form_submit_button(visit.say(T("Add")), icon=":material/add:", key="erp_benefit_add")
    if sent:

        def add(uow: Any) -> None:
            """Store it beside those that count now; the next filling of the form is another one."""
            service.change_settings(uow, choice.at, {"benefits": _with(sheet, name, amounts, once)})
            acts.renew(_FORM)

        acts.perform(visit, add)


def _with(sheet: _Sheet, name: str, amounts: list[float | None], once: bool) -> tuple[Benefit, ...]:
    """The benefits with one more. Raises BadInput where it has no name or no amount."""
    said = name.strip()
    if not said:
        raise BadInput(T("The benefit has no name."), hint=T("Say what it is and why you expect it."))
    held = sheet.choice.document.benefits or tuple(sheet.counted.values())
    key = free_key("own-", said, {benefit.key for benefit in held} | set(sheet.offered))
    return (*held, Benefit(key=key, a_year=ranged(amounts), once=once, evidence=Bilingual(en=said, zh=said)))
