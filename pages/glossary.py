"""What does this number mean?"""

import streamlit as st

from erp_core.metrics.registry import METRICS
from erp_core.security.permissions import Permission
from erp_core.text import T
from erp_core.vendors.terms import choice_words
from ui import states
from ui.guard import require

visit = require(Permission.VIEW_DASHBOARDS)
NEEDS = {
    "orders": T("orders"),
    "costs": T("unit costs"),
    "counts": T("a stock count"),
    "fees": T("settlement fees, or what each shop takes"),
    "returns": T("returns with their reasons"),
}
GOOD = {"up": T("higher is better"), "down": T("lower is better"), "none": T("neither way is better")}

st.title(visit.say(T("What does this number mean?")))
search = st.text_input(visit.say(T("Search")), key="search", bind="query-params", icon=":material/search:")
wanted = st.query_params.get("metric")
shown = 0
for metric in METRICS.values():
    name, formula = visit.say(metric.name), visit.say(metric.formula)
    if (wanted and metric.key != wanted) or (
        search and search.casefold() not in f"{name} {formula} {metric.key}".casefold()
    ):
        continue
    shown += 1
    with st.container(border=True):
        st.markdown(f"**{name}** · :gray[{metric.system}] · :gray[`{metric.key}`]")
        st.markdown(formula)
        facts = [visit.say(GOOD[metric.good])]
        facts.append(visit.say(T("needs {what}", what=", ".join(visit.plain(NEEDS[need]) for need in metric.needs))))
        st.caption(" · ".join(facts))
        if metric.benchmark is not None:
            mark = metric.benchmark
            st.caption(
                visit.say(T("Benchmark: {low} to {high}, target {target}. {source}", low=mark.low, high=mark.high,
                            target=mark.target, source=mark.source))
            )  # fmt: skip
for title, formula, key in choice_words():
    name, meaning = visit.say(title), visit.say(formula)
    if (wanted and key != wanted) or (search and search.casefold() not in f"{name} {meaning} {key}".casefold()):
        continue
    shown += 1
    with st.container(border=True):
        st.markdown(f"**{name}** · :gray[{visit.say(T('ERP choice'))}]")
        st.markdown(meaning)
if not shown:
    states.nothing_matches(visit)
