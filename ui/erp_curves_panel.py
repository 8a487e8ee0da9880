"""Where the cheapest changes: cost against months, users and orders; what renewals may bring; quotes side by side."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from erp_core.text import T, Text, format_date, format_number, format_share
from erp_core.vendors import curves, renewal
from erp_core.vendors.curves import Curves
from erp_core.vendors.schema import Decision
from ui import charts
from ui.erp_words import Answered, dressed, palette, short, titled, years_said
from ui.tables import Column, downloads

_DASHES = ("solid", "dash", "dot")
_LINES = 8
_CHANGES = 6
_MARKED = 4
_RECKONED = {"months": curves.against_time, "users": curves.against_users, "orders": curves.against_orders}


@st.cache_resource(max_entries=12, show_spinner=False)
def _curves(_document: Decision, key: str, what: str) -> Curves:
    return _RECKONED[what](curves.bills(_document))


def months(told: Answered) -> None:
    """What has been paid by the end of each month, and when another vendor becomes the cheapest."""
    found = _curves(told.document, told.answer.inputs_hash, "months")
    words = [
        T("From {month} on {after} has cost less than {before}.", month=_month(told, int(row["at"])),
          after=told.name(row["after"]), before=told.name(row["before"]))
        for row in found.changes.to_dict("records")
    ]  # fmt: skip
    if found.first is None:
        return
    if words:
        last = found.changes.iloc[-1]
        title = T("{first} costs least at first, {after} from {month} on", first=told.name(found.first),
                  after=told.name(last["after"]), month=_month(told, int(last["at"])))  # fmt: skip
    else:
        title = T("{first} costs least from the first month to the last", first=told.name(found.first))
    _draw(told, found, title, words, "months")
    st.caption(
        told.visit.say(T("Expected cost, month by month: overrun, ranges and unknown price growth at their mean."))
    )


def _month(told: Answered, at: int) -> str:
    year, month = curves.month_of(told.document.scenario, at)
    return f"{year}-{month:02d}"


def users(told: Answered) -> None:
    """The total if so many users worked in the system in every year."""
    _by_count(told, "users")


def orders(told: Answered) -> None:
    """The total if so many orders came in a month in every year."""
    _by_count(told, "orders")


def _by_count(told: Answered, what: str) -> None:
    found = _curves(told.document, told.answer.inputs_hash, what)
    words = []
    for row in found.changes.to_dict("records"):
        size = _size(told, what, int(row["at"]))
        if row["after"] is None:
            words.append(T("From {size} on no plan serves.", size=size))
        else:
            words.append(T("From {size} on {after} is cheapest.", size=size, after=told.name(row["after"])))
    _draw(told, found, _count_title(told, found, what), words, what)


def _size(told: Answered, what: str, count: int) -> Text:
    said = format_number(count, told.visit.language)
    return T("{count} users", count=said) if what == "users" else T("{count} orders a month", count=said)


def _count_title(told: Answered, found: Curves, what: str) -> Text:
    if found.changes.empty:
        if found.first is None:
            return T("No plan serves")
        first = told.name(found.first)
        if what == "users":
            return T("{first} stays cheapest, however many users", first=first)
        return T("{first} stays cheapest, however many orders", first=first)
    size = _size(told, what, int(found.changes.iloc[0]["at"]))
    after = found.changes.iloc[0]["after"]
    if found.first is None or after is None:
        return T("The cheapest changes at {size}", size=size)
    return T(
        "{first} is cheapest below {size}, then {after}",
        first=told.name(found.first),
        size=size,
        after=told.name(after),
    )


def _draw(told: Answered, found: Curves, title: Text, words: Sequence[Text], what: str) -> None:
    visit, paint = told.visit, charts.colours()
    if found.curve.empty:
        return
    by_vendor = {key: found.curve[found.curve["vendor"] == key] for key in dict.fromkeys(found.curve["vendor"])}
    drawn = _drawn(told, found, list(by_vendor))
    figure, colours = go.Figure(), palette()
    for at, key in enumerate(drawn):
        rows = by_vendor[key]
        figure.add_scatter(
            x=rows["at"], y=rows["cost"], mode="lines", name=charts.unmarked(short(told.name(key))), hoverinfo="x+y+name",
            line={"color": colours[at % len(colours)], "dash": _DASHES[at // len(colours) % len(_DASHES)], "width": 2},
            customdata=[[key]] * len(rows), connectgaps=False,
        )  # fmt: skip
    for row, height in zip(found.changes.to_dict("records")[:_MARKED], cycle((1.0, 0.92))):
        at = int(row["at"])
        said = _month(told, at) if what == "months" else format_number(at, visit.language)
        figure.add_vline(x=at, line_color=paint["mark"], line_dash="dot")
        figure.add_annotation(
            x=at, y=height, yref="paper", showarrow=False, text=said, xanchor="left", font={"color": paint["mark"]}
        )
    said_title = visit.plain(title)
    figure = dressed(figure, height=400, legend=True)
    figure.update_yaxes(rangemode="tozero")
    axis = {"months": T("Months from the start"), "users": T("Users"), "orders": T("Orders a month")}[what]
    figure.update_xaxes(title_text=visit.plain(axis))
    table = pd.DataFrame({visit.plain(axis): by_vendor[drawn[0]]["at"].to_numpy()})
    for key in drawn:
        table[f"{told.name(key)} ({key})" if told.name(key) in table else told.name(key)] = (
            by_vendor[key]["cost"].round(0).to_numpy()
        )
    titled(visit, figure, table, f"erp_curve_{what}", said_title)
    for text in words[:_CHANGES]:
        st.markdown(f"- {visit.say(text)}")
    left = len(by_vendor) - len(drawn)
    if left:
        st.caption(
            visit.say(T("The {shown} cheapest are drawn; {count} more cost more.", shown=len(drawn), count=left))
        )


def _drawn(told: Answered, found: Curves, vendors: Sequence[str]) -> list[str]:
    """Those that are cheapest somewhere, then the cheapest of the others."""
    ever = [key for key in dict.fromkeys([found.first, *found.changes["after"]]) if key is not None]
    others = sorted(
        (key for key in vendors if key not in ever), key=lambda key: told.answer.costs[key].p50 or float("inf")
    )
    return (ever + others)[: max(_LINES, len(ever))]


@st.cache_resource(max_entries=8, show_spinner=False)
def _stress(_document: Decision, key: str) -> pd.DataFrame:
    return renewal.stress(_document)


def renewals(told: Answered) -> None:
    """What each vendor costs if its prices grow so much a year at renewal."""
    visit = told.visit
    found = _stress(told.document, told.answer.inputs_hash)
    if found.empty:
        return
    total = {(row["vendor"], row["growth"], bool(row["capped"])): row["total"] for row in found.to_dict("records")}
    vendors = list(dict.fromkeys(found["vendor"]))
    vendors.sort(key=lambda key: total[key, renewal.GROWTHS[0], False])
    rows = pd.DataFrame({"name": [told.name(key) for key in vendors]})
    columns = {"name": Column(T("Vendor"))}
    for growth in renewal.GROWTHS:
        rows[f"g{growth}"] = [total[key, growth, False] for key in vendors]
        columns[f"g{growth}"] = Column(T("{share} a year", share=format_share(growth, visit.language, 0)), "money")
    worst = max(renewal.GROWTHS)
    rows["capped"] = [total.get((key, worst, True)) for key in vendors]
    if rows["capped"].notna().any():
        columns["capped"] = Column(
            T("{share} a year, under its cap", share=format_share(worst, visit.language, 0)), "money"
        )
    most = max(vendors, key=lambda key: total[key, worst, False] - total[key, renewal.GROWTHS[0], False])
    more = told.money(total[most, worst, False] - total[most, renewal.GROWTHS[0], False])
    title = visit.plain(T("At {share} a year {vendor} costs {amount} more than at steady prices", vendor=told.name(most), amount=more,
                          share=format_share(worst, visit.language, 0)))  # fmt: skip
    titled(visit, _stress_bars(told, vendors[:_LINES], total), rows.round(0).rename(columns=_plain(told, columns)), "erp_stress", title)  # fmt: skip
    downloads(visit, rows, columns, T("Renewal stress"), {visit.plain(T("Decision")): told.document.name})


def _plain(told: Answered, columns: dict[str, Column]) -> dict[str, str]:
    return {name: told.visit.plain(column.title) for name, column in columns.items()}


def _stress_bars(told: Answered, vendors: Sequence[str], total: dict[Any, float]) -> go.Figure:
    visit = told.visit
    labels = [f"{at}.{charts.unmarked(key)}" for at, key in enumerate(vendors)]
    shades = ("#9fd0de", "#56b4e9", "#0b6e8a", "#d55e00")
    figure = go.Figure(
        [
            go.Bar(x=labels, y=[total[key, growth, False] for key in vendors], name=visit.plain(T("{share} a year", share=format_share(growth, visit.language, 0))),
                   marker_color=shades[at % len(shades)])
            for at, growth in enumerate(renewal.GROWTHS)
        ]
    )  # fmt: skip
    figure = dressed(figure, height=380, legend=True)
    figure.update_layout(barmode="group")
    figure.update_xaxes(
        type="category", tickvals=labels, ticktext=[charts.unmarked(short(told.name(key), 14)) for key in vendors]
    )
    figure.update_yaxes(rangemode="tozero")
    return figure


@st.cache_resource(max_entries=8, show_spinner=False)
def _quotes(_document: Decision, key: str) -> pd.DataFrame:
    return renewal.quotes_side_by_side(_document)


def quotes(told: Answered) -> None:
    """The quotes beside each other, one column a quote."""
    visit = told.visit
    found = _quotes(told.document, told.answer.inputs_hash).to_dict("records")
    if not found:
        st.info(visit.say(T("No quote is in yet: list prices are reckoned with. Add quotes under Vendors, and they stand here side by side.")), icon=":material/request_quote:")  # fmt: skip
        return
    cells = {
        f"{at + 1} · {told.name(quote['vendor'])} · {quote['name']}": _quote(told, quote)
        for at, quote in enumerate(found)
    }
    rows = pd.DataFrame(cells)
    names = [visit.plain(text) for text in QUOTE_ROWS]
    rows.insert(0, "what", names)
    columns = {"what": Column(T("What"))} | {name: Column(T("{text}", text=name)) for name in cells}
    st.dataframe(
        rows, hide_index=True, height="content", key="erp_quotes_side",
        column_config={"what": st.column_config.TextColumn(visit.plain(T("What")), pinned=True)},
    )  # fmt: skip
    downloads(visit, rows, columns, T("Quotes side by side"), {visit.plain(T("Decision")): told.document.name})


QUOTE_ROWS = (
    T("Dated"), T("Valid until"), T("Currency"), T("Project, before year 1"), T("First year with the project"), T("Total as told"),
    T("Cost P50"), T("Cost P90"), T("Below the list"), T("Discount"), T("Price growth a year"), T("Cap on growth"),
    T("Prices locked for"), T("What the total leaves out or assumes"),
)  # fmt: skip


def _quote(told: Answered, quote: dict[Any, Any]) -> list[str]:
    visit = told.visit

    def share(name: str) -> str:
        """A share of the quote; unknown is said."""
        value = quote[name]
        return visit.plain(T("unknown")) if value is None or pd.isna(value) else format_share(value, visit.language)

    def day(name: str) -> str:
        """A day of the quote."""
        value = quote[name]
        return visit.plain(T("not said")) if value is None or pd.isna(value) else format_date(value, visit.language)

    until = day("valid_until")
    if not quote["valid"]:
        until = visit.plain(T("{day}: it has ended", day=until))
    notes = [visit.plain(text) for text in quote["lacking"] or ()]
    reason = quote.get("reason")
    if reason is not None and not (isinstance(reason, float) and pd.isna(reason)):
        notes.insert(0, visit.plain(reason))
    money = [told.money(quote[name], compact=False) for name in ("project", "first_year", "total", "p50", "p90")]
    return [
        day("as_of"), until, quote["currency"], *money, share("below_list"), share("discount"), share("growth"), share("cap"),
        visit.plain(years_said(quote["locked_years"])), " ".join(notes) or "–",
    ]  # fmt: skip
