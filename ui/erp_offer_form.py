"""The form for a vendor's offer: what is charged part by part, or the same as YAML."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from erp_core.clock import today
from erp_core.db.uow import unit_of_work
from erp_core.money import currencies
from erp_core.text import T, Text
from erp_core.vendors import service
from erp_core.vendors.loading import load
from erp_core.vendors.naming import listed
from erp_core.vendors.offers import ONE_OFFS, PARTS, YEARLY, module_keys, yaml_to_begin
from erp_core.vendors.schema import Grade, Pricing, Vendor
from ui import acts
from ui.erp_choice import Choice
from ui.guard import Visit, same_as_before

FORM = "offer"
_WAYS: dict[str, Text] = {"form": T("By form"), "yaml": T("As YAML")}
_PER: dict[str, Text] = {"month": T("a month"), "year": T("a year")}


@st.fragment
def show(visit: Visit, choice: Choice, vendor: Vendor) -> None:
    """The whole form; it reruns apart from the page, since its fields follow from what is charged."""
    same_as_before(visit)
    about = _about(visit, choice)
    way = st.segmented_control(
        visit.say(T("How?")), list(_WAYS), default="form", required=True, key=_key("way"), label_visibility="collapsed",
        format_func=lambda name: visit.say(_WAYS[name]),
    )  # fmt: skip
    pricing: dict[str, Any] | str
    if way == "yaml":
        st.caption(
            visit.say(
                T("Everything that a price can say, ranges among it; the fields are explained in docs/vendors.md.")
            )
        )
        pricing = st.text_area(
            visit.say(T("Price as YAML")), yaml_to_begin(about["currency"]), height=280, key=_key("yaml")
        )
    else:
        pricing = _pricing(visit, about["currency"])
    note = st.text_input(visit.say(T("Note")), max_chars=1000, key=_key("note"))
    if st.button(visit.say(T("Save offer")), type="primary", icon=":material/save:", key=_key("save")):
        _save(visit, choice, vendor, about | {"note": note}, pricing)


def _key(name: str) -> str:
    return f"{FORM}_{name}_{acts.token(FORM)}"


def _about(visit: Visit, choice: Choice) -> dict[str, Any]:
    now = today(visit.clock, visit.company.time_zone)
    one, two, three, four = st.columns([3, 1.4, 2, 2])
    known = sorted(currencies())
    return {
        "name": one.text_input(visit.say(T("Name of the offer")), max_chars=120, key=_key("name"),
                               placeholder=visit.say(T("Offer of March, 10 users"))),
        "currency": two.selectbox(visit.say(T("Currency")), known, index=known.index(choice.currency), key=_key("currency")),
        "as_of": three.date_input(visit.say(T("Came on")), now, max_value=now, key=_key("as_of"), format="YYYY-MM-DD"),
        "valid_until": four.date_input(visit.say(T("Valid until")), None, key=_key("valid"), format="YYYY-MM-DD"),
    }  # fmt: skip


def _pricing(visit: Visit, currency: str) -> dict[str, Any]:
    chosen = st.multiselect(
        visit.say(T("What is charged?")), list(PARTS), default=["per_user"], key=_key("parts"),
        format_func=lambda name: visit.plain(PARTS[name]), help=visit.say(T("All that is chosen adds up.")),
    )  # fmt: skip
    parts = []
    for name in chosen:
        with st.container(border=True):
            st.markdown(f"**{visit.say(PARTS[name])}**")
            parts.append({"model": name} | _FIELDS[name](visit))
    with st.container(border=True):
        st.markdown(f"**{visit.say(T('Paid once'))}**")
        st.caption(visit.say(T("Empty means not known, not nothing. In {currency}.", currency=currency)))
        once = _amounts(visit, ONE_OFFS, "once")
    with st.container(border=True):
        st.markdown(f"**{visit.say(T('Every year, and later'))}**")
        yearly = _amounts(visit, YEARLY, "yearly")
        one, two, three, four, five = st.columns(5)
        discount = _percent(visit, one, T("Discount %"), "discount")
        growth = _percent(visit, two, T("Prices grow % a year"), "growth")
        cap = _percent(visit, three, T("At most % a year"), "cap")
        locked = four.number_input(visit.say(T("Years locked")), 0, 10, 1, key=_key("locked"))
        leaving = five.number_input(visit.say(T("Leaving costs")), 0.0, value=None, key=_key("exit"))
    return {
        "currency": currency, "parts": parts, "one_off": once, "yearly": yearly, "discount": discount or 0.0,
        "renewal": {"growth": growth, "cap": cap, "locked_years": int(locked)}, "exit": leaving,
    }  # fmt: skip


def _amounts(visit: Visit, names: dict[str, Text], group: str) -> dict[str, float | None]:
    columns = st.columns(3)
    return {
        name: columns[at % 3].number_input(visit.say(label), 0.0, value=None, key=_key(f"{group}_{name}"))
        for at, (name, label) in enumerate(names.items())
    }


def _percent(visit: Visit, place: Any, label: Text, name: str) -> float | None:
    value = place.number_input(visit.say(label), 0.0, 100.0, None, 1.0, key=_key(name))
    return None if value is None else value / 100


def _price(visit: Visit, place: Any, label: Text, name: str, value: float | None = None) -> Any:
    return place.number_input(visit.say(label), 0.0, value=value, key=_key(name))


def _count(visit: Visit, place: Any, label: Text, name: str, value: int | None = 0) -> Any:
    return place.number_input(visit.say(label), 0, value=value, step=1, key=_key(name))


def _per(visit: Visit, place: Any, name: str) -> Any:
    return place.selectbox(
        visit.say(T("Charged")), list(_PER), key=_key(name), format_func=lambda per: visit.plain(_PER[per])
    )


def _per_user(visit: Visit) -> dict[str, Any]:
    one, two, three, four, five, six = st.columns(6)
    return {
        "price": _price(visit, one, T("Each user"), "user_price"),
        "per": _per(visit, two, "user_per"),
        "base": _price(visit, three, T("Base price"), "user_base", 0.0),
        "included": _count(visit, four, T("Users in it"), "user_included"),
        "minimum": _count(visit, five, T("At least (users)"), "user_minimum"),
        "maximum": _count(visit, six, T("At most (users)"), "user_maximum", None),
    }


def _flat(visit: Visit) -> dict[str, Any]:
    one, two, _ = st.columns([1, 1, 4])
    return {"price": _price(visit, one, T("Price"), "flat_price"), "per": _per(visit, two, "flat_per")}


def _per_order(visit: Visit) -> dict[str, Any]:
    one, two, _ = st.columns([1, 1, 4])
    return {
        "price": _price(visit, one, T("Each order"), "order_price"),
        "included": _count(visit, two, T("Orders a month in it"), "order_included"),
    }


def _per_location(visit: Visit) -> dict[str, Any]:
    one, two, three, _ = st.columns([1, 1, 1, 3])
    return {
        "price": _price(visit, one, T("Each location"), "location_price"),
        "per": _per(visit, two, "location_per"),
        "included": _count(visit, three, T("Locations in it"), "location_included"),
    }


def _perpetual(visit: Visit) -> dict[str, Any]:
    one, two, three, four = st.columns([1, 1.2, 1, 1])
    whose = {"user": T("for each user"), "all": T("for all")}
    price = _price(visit, one, T("Licence"), "licence_price")
    of = two.selectbox(
        visit.say(T("Licence is")),
        list(whose),
        key=_key("licence_of"),
        format_func=lambda name: visit.plain(whose[name]),
    )
    maintenance = _percent(visit, three, T("Maintenance % a year"), "maintenance")
    first = four.number_input(visit.say(T("Maintenance from year")), 1, 10, 1, key=_key("maintenance_from"))
    return {
        "price": price, "per_user": of == "user", "maintenance": maintenance or 0.0, "first_maintenance": int(first)
    }  # fmt: skip


def _tiers(visit: Visit) -> dict[str, Any]:
    config = st.column_config
    count = {"min_value": 0, "step": 1}
    rows = pd.DataFrame(
        {name: pd.Series([None] * 3, dtype="Float64") for name in ("price", "orders", "users", "locations")}
    )
    given = st.data_editor(
        rows, num_rows="dynamic", hide_index=True, placeholder="", key=_key("tiers"),
        column_config={
            "price": config.NumberColumn(visit.plain(T("Price")), min_value=0.0),
            "orders": config.NumberColumn(visit.plain(T("Up to orders a month")), **count),
            "users": config.NumberColumn(visit.plain(T("Up to users")), **count),
            "locations": config.NumberColumn(visit.plain(T("Up to locations")), **count),
        },
    )  # fmt: skip
    one, two, three, four = st.columns(4)
    measures = {"month": T("the average month"), "peak": T("the busiest month")}
    per = _per(visit, one, "tier_per")
    measure = two.selectbox(
        visit.say(T("Orders counted in")), list(measures), key=_key("measure"),
        format_func=lambda name: visit.plain(measures[name]),
    )  # fmt: skip
    return {
        "tiers": [
            {"price": float(row["price"])}
            | {name: int(row[name]) for name in ("orders", "users", "locations") if pd.notna(row[name])}
            for row in given.to_dict("records")
            if pd.notna(row["price"])
        ],
        "per": per,
        "measure": measure,
        "extra_user": _price(visit, three, T("Each further user"), "tier_user"),
        "extra_location": _price(visit, four, T("Each further location"), "tier_location"),
    }


def _modules(visit: Visit) -> dict[str, Any]:
    rows = pd.DataFrame({"name": pd.Series([""] * 3, dtype=object), "price": pd.Series([None] * 3, dtype="Float64")})
    given = st.data_editor(
        rows, num_rows="dynamic", hide_index=True, placeholder="", key=_key("modules"),
        column_config={
            "name": st.column_config.TextColumn(visit.plain(T("Module")), max_chars=100),
            "price": st.column_config.NumberColumn(visit.plain(T("Price")), min_value=0.0),
        },
    )  # fmt: skip
    named = [row for row in given.to_dict("records") if str(row["name"] or "").strip() and pd.notna(row["price"])]
    keys = module_keys([str(row["name"]) for row in named])
    return {
        "modules": [
            {"key": key, "name": str(row["name"]).strip(), "price": float(row["price"])}
            for key, row in zip(keys, named, strict=True)
        ],
        "per": _per(visit, st.columns([1, 5])[0], "module_per"),
    }


_FIELDS = {
    "per_user": _per_user,
    "flat": _flat,
    "tiers": _tiers,
    "per_order": _per_order,
    "per_location": _per_location,
    "modules": _modules,
    "perpetual": _perpetual,
}


def _unpriced(part: dict[str, Any]) -> bool:
    """Whether a chosen part lacks its price, or all of its steps or modules."""
    return part.get("price", 0.0) is None or part.get("tiers") == [] or part.get("modules") == []


def _save(visit: Visit, choice: Choice, vendor: Vendor, about: dict[str, Any], pricing: dict[str, Any] | str) -> None:
    name = about["name"].strip() or visit.plain(T("Offer"))
    if isinstance(pricing, dict):
        lacking = [PARTS[part["model"]] for part in pricing["parts"] if _unpriced(part)]
        if lacking or not pricing["parts"]:
            told = T("Say the price of: {what}", what=listed(lacking)) if lacking else T("Say what is charged.")
            st.error(visit.say(told), icon=":material/error:")
            return

    def save() -> None:
        asked = load(Pricing, pricing, visit.plain(T("Price"))) if isinstance(pricing, str) else pricing
        quote = {
            "vendor": vendor.key,
            "plan": {
                "name": name,
                "pricing": asked,
                "source": visit.plain(T("Offer of {vendor}", vendor=vendor.named(visit.language))),
                "as_of": about["as_of"],
                "grade": Grade.OWN,
            },
            "valid_until": about["valid_until"],
            "note": about["note"],
        }
        with unit_of_work(visit.database, visit.actor.acting(visit.clock)) as uow:
            service.add_quote(uow, choice.at, quote, acts.token(FORM))
            uow.commit()
        acts.renew(FORM)

    acts.attempt(visit, save, T("The offer is kept."))
