"""The merchant's next years, the same for every vendor: users, orders, prices, hours, overrun, rates; part of view Cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from erp_core.errors import BadInput
from erp_core.money import currencies
from erp_core.text import T, Text, format_number
from erp_core.vendors import service
from erp_core.vendors.bill import values_by_year
from erp_core.vendors.own_numbers import scenario_from
from erp_core.vendors.schema import Modules, Path, Scenario
from ui import acts, erp_choice
from ui.erp_choice import Choice
from ui.erp_fields import PARTS, amount, numbers, ranged, three
from ui.erp_words import years_said
from ui.guard import Visit
from ui.literal import literal

PATHS: Mapping[str, tuple[Text, Text]] = {
    "users": (T("Users now"), T("Who works in the system at the start")),
    "orders": (T("Orders a month now"), T("An average month at the start")),
    "locations": (T("Locations now"), T("Warehouses and shops that the system keeps apart")),
}
HOURS: Mapping[tuple[str, str], Text] = {
    ("labour", "project_hours"): T("Own hours for the project"),
    ("labour", "hours_a_year"): T("Own hours a year afterwards"),
    ("downtime", "hours_a_year"): T("Hours of standstill a year"),
}
_PEAK = T("Peak month ÷ average month")
_FORM = "erp_scenario"


@dataclass(frozen=True)
class _Sheet:
    """The form: whose scenario, under which key, and whether it can be changed."""

    visit: Visit
    choice: Choice
    key: str
    locked: bool

    @property
    def scenario(self) -> Scenario:
        """What stands."""
        return self.choice.document.scenario

    def say(self, text: Text) -> str:
        """A sentence for a label."""
        return self.visit.say(text)


def show(visit: Visit, choice: Choice) -> None:
    """A sentence that says the scenario, and the form behind it."""
    scenario = choice.document.scenario

    def said(path: Path, year: int) -> str:
        """A path's number in a year."""
        return format_number(values_by_year(path, scenario.years)[year], visit.language)

    title = T(
        "{years}: {users} users, in the end {users_then}; {orders} orders a month, in the end {orders_then}",
        years=years_said(scenario.years), users=said(scenario.users, 0), users_then=said(scenario.users, -1),
        orders=said(scenario.orders, 0), orders_then=said(scenario.orders, -1),
    )  # fmt: skip
    sheet = _Sheet(visit, choice, erp_choice.form_of(visit, _FORM, scenario), not choice.may_change)
    with st.expander(visit.say(title), icon=":material/tune:"):
        _from_data(sheet)
        if sheet.locked:
            _fields(sheet)
            return
        with st.form(sheet.key, border=False):
            given = _fields(sheet)
            sent = st.form_submit_button(
                visit.say(T("Save")), type="primary", icon=":material/save:", key="erp_scenario_save"
            )
        if sent:
            acts.perform(visit, lambda uow: service.change_settings(uow, choice.at, {"scenario": _scenario(given)}))


def _from_data(sheet: _Sheet) -> None:
    """What the merchant's own numbers say of these years where it differs from what stands, with the reasons."""
    visit, scenario = sheet.visit, sheet.scenario
    numbers_known = sheet.choice.document.own_numbers
    found = scenario_from(numbers_known, scenario.currency, scenario.start, scenario.rates, scenario.years)
    changes = {
        name: getattr(found.scenario, name)
        for name in found.reasons
        if getattr(found.scenario, name) != getattr(scenario, name)
    }
    if not changes:
        return
    with st.container(border=True):
        st.markdown(f"**:material/database: {sheet.say(T('Your data say otherwise'))}**")
        for name, value in changes.items():
            label = _PEAK if name == "peak" else PATHS[name][0]
            reason = literal(found.reasons[name].said(visit.language))
            st.markdown(f"- {sheet.say(label)}: **{_said(visit, value)}** · {reason}")
        if not sheet.locked and st.button(
            sheet.say(T("Take over what the data say")), icon=":material/download_done:", key="erp_scenario_take"
        ):
            taken = scenario.model_copy(update=changes)
            acts.perform(visit, lambda uow: service.change_settings(uow, sheet.choice.at, {"scenario": taken}))


def _said(visit: Visit, value: Path | float) -> str:
    """A path year by year, or a ratio."""
    if not isinstance(value, Path):
        return format_number(value, visit.language, 2)
    return " → ".join(format_number(count, visit.language) for count in value.by_year or (value.now,))


def _fields(sheet: _Sheet) -> dict[str, Any]:
    scenario, key, locked, say = sheet.scenario, sheet.key, sheet.locked, sheet.say
    given: dict[str, Any] = {"currency": scenario.currency}
    one, two, three, four = st.columns(4)
    given["start"] = one.date_input(
        say(T("Start")), scenario.start, key=f"{key}_start", disabled=locked, format="YYYY-MM-DD"
    )
    given["years"] = two.number_input(say(T("Years")), 1, 10, scenario.years, key=f"{key}_years", disabled=locked)
    given["peak"] = three.number_input(
        say(_PEAK), 1.0, 100.0, float(scenario.peak), 0.1, key=f"{key}_peak", disabled=locked,
        help=say(T("Prices by transactions follow the busiest month")),
    )  # fmt: skip
    given["discount_rate"] = four.number_input(
        say(T("Discount rate, % a year")), 0.0, 100.0, 100 * scenario.discount_rate, 0.5, key=f"{key}_rate", disabled=locked,
        help=say(T("What money costs you: later years count less by it")),
    )  # fmt: skip
    for name in PATHS:
        given[name] = _path(sheet, name)
    given["modules"] = _modules(sheet)
    left, right = st.columns(2)
    with left:
        given["hours"] = _hours(sheet)
        one, two = st.columns(2)
        given["labour_price"] = one.number_input(
            say(T("An hour of work costs ({currency})", currency=scenario.currency)), 0.0, None,
            float(scenario.labour.cost_an_hour), key=f"{key}_labour", disabled=locked,
        )  # fmt: skip
        given["downtime_price"] = two.number_input(
            say(T("An hour of standstill costs ({currency})", currency=scenario.currency)), 0.0, None,
            float(scenario.downtime.cost_an_hour), key=f"{key}_downtime", disabled=locked,
        )  # fmt: skip
        given["shares"] = _shares(sheet)
    with right:
        given["overrun"] = _overrun(sheet)
        given["rates"] = _rates(sheet)
    return given


def _path(sheet: _Sheet, name: str) -> dict[str, Any]:
    path: Path = getattr(sheet.scenario, name)
    label, note = PATHS[name]
    key, locked, say = f"{sheet.key}_{name}", sheet.locked, sheet.say
    one, two, three = st.columns([2, 2, 4])
    now = one.number_input(
        say(label), 0.0, None, float(path.now), 1.0, format="%.0f", key=f"{key}_now", disabled=locked, help=say(note)
    )
    growth = two.number_input(
        say(T("Growth, % a year")), -99.0, 1000.0, 100 * path.growth, 1.0, key=f"{key}_growth", disabled=locked
    )
    by_year = three.text_input(
        say(T("Or year by year")), ", ".join(f"{value:.10g}" for value in path.by_year), key=f"{key}_by_year", disabled=locked,
        placeholder="3, 5, 8", help=say(T("Year 1, 2, …; the last number holds on. It goes before growth.")),
    )  # fmt: skip
    return {"now": now, "growth": _share(growth), "by_year": by_year}


def _modules(sheet: _Sheet) -> list[str]:
    """Modules of the vendors on the list: those that are wanted are paid for."""
    document = sheet.choice.document
    plans = [plan for vendor in document.vendors for plan in vendor.plans] + [quote.plan for quote in document.quotes]
    parts = [part for plan in plans for part in plan.pricing.parts if isinstance(part, Modules)]
    offered = {module.key: module.name for part in parts for module in part.modules}
    others = [key for key in sheet.scenario.modules if key not in offered]
    if not offered:
        return others
    chosen = st.multiselect(
        sheet.say(T("Modules that are wanted")), list(offered), [key for key in sheet.scenario.modules if key in offered],
        format_func=lambda name: offered[name], key=f"{sheet.key}_modules", disabled=sheet.locked,
        help=sheet.say(T("Of vendors that price by module, only these are paid for")), placeholder=sheet.say(T("None")),
    )  # fmt: skip
    return [*chosen, *others]


def _grid(sheet: _Sheet, title: Text, rows: Mapping[Text, list[float | None]], name: str) -> list[list[float | None]]:
    """Amounts from, most likely, to: three numbers a row, which may be equal."""
    st.markdown(f"**{sheet.say(title)}**")
    frame = pd.DataFrame(list(rows.values()), columns=list(PARTS), dtype=float)
    frame.insert(0, "what", [sheet.visit.plain(text) for text in rows])
    number, plain = st.column_config.NumberColumn, sheet.visit.plain
    edited = st.data_editor(
        frame, hide_index=True, disabled=True if sheet.locked else ["what"], key=f"{sheet.key}_{name}",
        column_config={
            "what": plain(T("What")), **{name: number(plain(text)) for name, text in PARTS.items()},
        },
    )  # fmt: skip
    return [[None if pd.isna(value) else float(value) for value in row] for row in edited[list(PARTS)].to_numpy()]


def _hours(sheet: _Sheet) -> list[list[float | None]]:
    rows = {text: three(getattr(getattr(sheet.scenario, group), name)) for (group, name), text in HOURS.items()}
    return _grid(sheet, T("Hours"), rows, "hours")


def _shares(sheet: _Sheet) -> list[list[float | None]]:
    rows = {
        T("Price growth at renewal, % a year, where a vendor tells none"): three(sheet.scenario.price_growth, 100),
        T("Each one-off that is not told, % of the first year’s software"): three(sheet.scenario.one_off_unknown, 100),
    }
    found = _grid(sheet, T("Where vendors tell nothing"), rows, "priors")
    st.caption(sheet.say(T("Left blank, it is left out of the total, and the total says so.")))
    st.caption(
        sheet.say(
            T(
                "One-offs begin at what projects really cost by one consultant’s figures (ecosire 2026, grade B): 78 for "
                "all one-offs together where licences are 20. A quote that tells them goes before."
            )
        )
    )
    return found


def _overrun(sheet: _Sheet) -> list[list[Any]]:
    st.markdown(f"**{sheet.say(T('How projects end beside their budget'))}**")
    frame = pd.DataFrame(
        [[100 * step.share, 100 * step.low, 100 * step.high] for step in sheet.scenario.overrun],
        columns=["share", "low", "high"],
    )
    number, plain = st.column_config.NumberColumn, sheet.visit.plain
    edited = st.data_editor(
        frame, hide_index=True, num_rows="fixed" if sheet.locked else "dynamic", disabled=sheet.locked, key=f"{sheet.key}_overrun",
        column_config={
            "share": number(plain(T("Of 100 projects"))), "low": number(plain(T("% over budget, from"))),
            "high": number(plain(T("to"))),
        },
    )  # fmt: skip
    st.caption(
        sheet.say(
            T(
                "The default is an old survey of mostly large firms (Panorama 2012, from a secondary source): put your own "
                "experience in its place."
            )
        )
    )
    return [list(row) for row in edited.to_numpy() if not any(pd.isna(value) for value in row)]


def _rates(sheet: _Sheet) -> list[dict[str, Any]]:
    st.markdown(f"**{sheet.say(T('Exchange rates'))}**")
    own, plain, config = sheet.scenario.currency, sheet.visit.plain, st.column_config
    frame = pd.DataFrame(
        [[rate.currency, rate.rate, rate.as_of, rate.source] for rate in sheet.scenario.rates],
        columns=["currency", "rate", "as_of", "source"],
    ).astype({"currency": "string", "rate": "float", "source": "string"})
    frame["as_of"] = pd.to_datetime(frame["as_of"])
    edited = st.data_editor(
        frame, hide_index=True, num_rows="fixed" if sheet.locked else "dynamic", disabled=sheet.locked, key=f"{sheet.key}_rates",
        column_config={
            "currency": config.SelectboxColumn(plain(T("Currency")), options=sorted(currencies() - {own})),
            "rate": config.NumberColumn(plain(T("1 unit is worth ({base})", base=own)), min_value=0, format="%.6g"),
            "as_of": config.DateColumn(plain(T("Date"))), "source": config.TextColumn(plain(T("Source"))),
        },
    )  # fmt: skip
    return [
        {name: None if pd.isna(value) else value for name, value in row.items()} for row in edited.to_dict("records")
    ]


# --- from fields to a scenario -------------------------------------------------------------------------------------


def _scenario(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as the scenario's document. Raises BadInput for what is no number, no range or half a row."""
    hours = {where: amount(row) or 0.0 for where, row in zip(HOURS, given["hours"], strict=True)}
    growth, one_off = given["shares"]
    return {
        "currency": given["currency"],
        "start": given["start"],
        "years": int(given["years"]),
        "peak": float(given["peak"]),
        "discount_rate": _share(given["discount_rate"]),
        **{name: Path(**{**given[name], "by_year": numbers(given[name]["by_year"])}) for name in PATHS},
        "modules": tuple(given["modules"]),
        "rates": tuple(_rate(row) for row in given["rates"]),
        "price_growth": amount(growth, 0.01),
        "one_off_unknown": None if amount(one_off) is None else ranged(one_off, 0.01),
        "labour": {
            "project_hours": hours["labour", "project_hours"],
            "hours_a_year": hours["labour", "hours_a_year"],
            "cost_an_hour": given["labour_price"],
        },
        "downtime": {"hours_a_year": hours["downtime", "hours_a_year"], "cost_an_hour": given["downtime_price"]},
        "overrun": [
            {"share": _share(share), "low": _share(low), "high": _share(high)} for share, low, high in given["overrun"]
        ],
    }


def _share(percent: float) -> float:
    """A percentage as a share, without the dust of the division: what nobody changed stays as it was."""
    return round(percent / 100, 10)


def _rate(row: Mapping[str, Any]) -> dict[str, Any]:
    if any(row[name] is None for name in ("currency", "rate", "as_of")):
        raise BadInput(
            T("An exchange rate lacks its currency, its value or its date."), hint=T("Fill in the row, or remove it.")
        )
    day = row["as_of"]
    as_of = day.date() if isinstance(day, dt.datetime) else day
    return {"currency": row["currency"], "rate": float(row["rate"]), "as_of": as_of, "source": row["source"] or "–"}
