"""How much each criterion counts: by points, by swing or pair by pair, by one person or several."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import pandas as pd
import streamlit as st

from erp_core.db.uow import UnitOfWork
from erp_core.errors import ErpError
from erp_core.text import T, Text, format_number, format_share
from erp_core.vendors import service
from erp_core.vendors.criteria import CRITERIA
from erp_core.vendors.methods import ahp, group_weights, weights_of
from erp_core.vendors.schema import Weighting
from ui import acts, edits, erp_edits
from ui.erp_choice import Choice
from ui.guard import Visit, same_as_before

METHODS: dict[str, Text] = {
    "direct": T("By points"),
    "swing": T("By swing"),
    "ahp": T("Pair by pair"),
}
EXPLAINED: dict[str, Text] = {
    "direct": T("Give each criterion points: twice the points count twice as much. Nothing has to add up."),
    "swing": T(
        "Imagine a vendor who is worst at everything. What would you lift from worst to best first? Give that one 100, "
        "and the others what their lift is worth beside it. This minds how far apart the vendors can be at all."
    ),
    "ahp": T(
        "Say of each pair which counts more, and how many times. From all pairs together come the weights, and how well "
        "the answers fit each other."
    ),
}
_CONSISTENT = 0.10  # Saaty 1980: above a tenth the judgements are worth another look
_STEPS = (9, 7, 5, 4, 3, 2, 1, -2, -3, -4, -5, -7, -9)


@dataclass(frozen=True)
class _Draft:
    """What one person says so far."""

    evaluator: str
    share: float
    method: str
    held: Weighting | None


def show(visit: Visit, choice: Choice) -> None:
    """The weights as they stand, and the form that says them."""
    st.subheader(visit.say(T("What counts how much?")))
    weightings = choice.document.weightings
    if weightings:
        _standing(visit, weightings)
    else:
        st.info(visit.say(T("Nobody has weighed the criteria yet: each counts the same.")), icon=":material/balance:")
    if not choice.may_change:
        return
    with st.expander(visit.say(T("Weigh the criteria")), icon=":material/balance:", expanded=not weightings):
        _form(visit, choice)
    if weightings:
        _removal(visit, choice)


def _standing(visit: Visit, weightings: tuple[Weighting, ...]) -> None:
    try:
        together = group_weights(weightings)
        own = {weighting.evaluator: weights_of(weighting) for weighting in weightings}
    except ErpError as error:
        acts.refused(visit, error)
        return
    rows = pd.DataFrame({"criterion": [visit.plain(CRITERIA[key]) for key in together]})
    rows["together"] = list(together.values())
    look: dict[str, object] = {
        "criterion": visit.plain(T("Criterion")),
        "together": st.column_config.ProgressColumn(
            visit.plain(T("Together") if len(own) > 1 else T("Weight")), format="percent", min_value=0, max_value=1
        ),
    }
    if len(own) > 1:
        for at, (name, weights) in enumerate(own.items()):
            rows[f"of_{at}"] = [weights.get(key, 0.0) for key in together]
            look[f"of_{at}"] = st.column_config.NumberColumn(name, format="percent")
    st.dataframe(rows, hide_index=True, column_config=look, height="content")
    told = [
        visit.say(
            T(
                "{name}: {method}, voice {share}",
                name=weighting.evaluator,
                method=METHODS[weighting.method],
                share=format_share(weighting.share / sum(one.share for one in weightings), visit.language, 0),
            )
        )
        for weighting in weightings
    ]
    st.caption(" · ".join(told))


@st.fragment
def _form(visit: Visit, choice: Choice) -> None:
    same_as_before(visit)
    draft = _draft(visit, choice)
    st.caption(visit.say(EXPLAINED[draft.method]))
    found = _pairs(visit, draft) if draft.method == "ahp" else _points(visit, draft)
    if found is None:
        return
    name = _editor(draft)
    erp_edits.since(choice, name)
    erp_edits.overtaken(visit, name)
    if st.button(visit.say(T("Save these weights")), type="primary", icon=":material/save:", key="weights_save"):
        saving = erp_edits.Saving(name, T("Save these weights"))
        erp_edits.save(visit, choice, saving, lambda uow, seen: service.set_weighting(uow, seen, found))


def _editor(draft: _Draft) -> str:
    return f"weights_{draft.method}_{draft.evaluator}"


def _draft(visit: Visit, choice: Choice) -> _Draft:
    weightings = {weighting.evaluator: weighting for weighting in choice.document.weightings}
    one, two, three = st.columns([3, 4, 1.4], vertical_alignment="bottom")
    names = list(weightings) or [visit.account.name if visit.account else visit.plain(T("All of us"))]
    evaluator = one.selectbox(
        visit.say(T("Who weighs?")), names, accept_new_options=True, key="weights_evaluator",
        help=visit.say(T("Choose a name, or type a new one: each person weighs for themselves.")),
    )  # fmt: skip
    evaluator = (evaluator or names[0]).strip() or names[0]
    held = weightings.get(evaluator)
    method = two.segmented_control(
        visit.say(T("How?")), list(METHODS), default=held.method if held else "direct", required=True,
        format_func=lambda name: visit.say(METHODS[name]), key=f"weights_method_{evaluator}",
    )  # fmt: skip
    share = three.number_input(
        visit.say(T("Voice")), min_value=0.1, max_value=100.0, value=float(held.share) if held else 1.0, step=0.5,
        key=f"weights_share_{evaluator}", help=visit.say(T("How much this person’s weights count beside the others’.")),
    )  # fmt: skip
    return _Draft(evaluator, float(share), method or "direct", held)


def _points(visit: Visit, draft: _Draft) -> Weighting | None:
    held = draft.held if draft.held is not None and draft.held.method == draft.method else None
    before = dict(zip(held.criteria, held.points, strict=True)) if held else {}
    usual = 0.0 if before else 100.0 if draft.method == "swing" else 10.0
    stored = pd.DataFrame(
        {
            "criterion": [visit.plain(name) for name in CRITERIA.values()],
            "points": [float(before.get(key, usual)) for key in CRITERIA],
        },
        index=list(CRITERIA),
    )
    look = {
        "criterion": visit.plain(T("Criterion")),
        "points": st.column_config.NumberColumn(
            visit.plain(T("Points")), min_value=0, max_value=1000, step=1, required=True, format="localized"
        ),
    }
    changes = edits.table(edits.Editing(_editor(draft), ("points",), ("criterion", "points"), look, "content"), stored)
    points = [float(changes.get(key, {}).get("points", stored.at[key, "points"]) or 0.0) for key in CRITERIA]
    if not any(points):
        st.warning(visit.say(T("Give at least one criterion points.")), icon=":material/warning:")
        return None
    if draft.method == "swing" and max(points) != 100:
        st.caption(visit.say(T("The lift that you want first is usually set to 100.")))
    weighting = Weighting(
        evaluator=draft.evaluator, share=draft.share, method="swing" if draft.method == "swing" else "direct",
        criteria=tuple(CRITERIA), points=tuple(points),
    )  # fmt: skip
    _so_far(visit, weighting)
    return weighting


def _so_far(visit: Visit, weighting: Weighting) -> None:
    weights = weights_of(weighting)
    told = [
        f"{visit.say(CRITERIA[key])} {format_share(share, visit.language)}"
        for key, share in sorted(weights.items(), key=lambda item: -round(item[1], 4))
        if share > 0
    ]
    st.caption(visit.say(T("That makes: {weights}", weights=" · ".join(told))))


def _pairs(visit: Visit, draft: _Draft) -> Weighting:
    keys = list(CRITERIA)
    held = draft.held if draft.held is not None and draft.held.method == "ahp" else None
    stated = _stated(held, keys)
    steps = sorted(
        {*_STEPS, *(_step(value) for value in stated.values())}, key=lambda step: -step if step > 0 else 99 - step
    )
    stored = pd.DataFrame(
        {
            "one": [visit.plain(CRITERIA[one]) for one, _ in stated],
            "step": [_step(value) for value in stated.values()],
            "other": [visit.plain(CRITERIA[other]) for _, other in stated],
        },
        index=[f"{one}|{other}" for one, other in stated],
    )
    look = {
        "one": visit.plain(T("This")),
        "step": st.column_config.SelectboxColumn(
            visit.plain(T("compared with that")), options=steps, required=True,
            format_func=lambda step: visit.plain(_said(int(step))),
        ),
        "other": visit.plain(T("That")),
    }  # fmt: skip
    changes = edits.table(edits.Editing(_editor(draft), ("step",), ("one", "step", "other"), look), stored)
    for key, cells in changes.items():
        one, _, other = key.partition("|")
        stated[one, other] = _times(int(cells["step"]))
    matrix = [
        [1.0 if one == other else stated.get((one, other)) or 1.0 / stated[other, one] for other in keys]
        for one in keys
    ]
    weighting = Weighting(
        evaluator=draft.evaluator, share=draft.share, method="ahp", criteria=tuple(keys),
        pairwise=tuple(tuple(row) for row in matrix),
    )  # fmt: skip
    _so_far(visit, weighting)
    _consistency(visit, matrix, keys)
    return weighting


def _stated(held: Weighting | None, keys: list[str]) -> dict[tuple[str, str], float]:
    """Every pair once, with what was said of it; pairs that nobody compared count the same."""
    known: dict[tuple[str, str], float] = {}
    if held is not None:
        for at, row in enumerate(held.pairwise):
            known |= {(held.criteria[at], held.criteria[to]): value for to, value in enumerate(row)}
    return {pair: known.get(pair, 1.0) for pair in combinations(keys, 2)}


def _step(times: float) -> int:
    """A judgement as a whole number: 3 = three times as much, −3 = a third."""
    return max(1, round(times)) if times >= 1 else -max(2, round(1 / times))


def _times(step: int) -> float:
    return float(step) if step > 0 else 1.0 / -step


def _said(step: int) -> Text:
    if step == 1:
        return T("counts the same")
    if step > 0:
        return T("counts {times} times as much", times=step)
    return T("counts {times} times less", times=-step)


def _consistency(visit: Visit, matrix: list[list[float]], keys: list[str]) -> None:
    result = ahp(matrix)
    ratio = format_number(result.consistency_ratio, visit.language, 3)
    first = result.look_first
    if result.consistency_ratio <= _CONSISTENT or first is None:
        told = T("The answers fit each other: consistency ratio {ratio}, at most {most} is fine.",
                 ratio=ratio, most=format_number(_CONSISTENT, visit.language, 2))  # fmt: skip
        st.success(visit.say(told), icon=":material/check:")
        return
    told = T("The answers contradict each other: consistency ratio {ratio}, at most {most} is fine. Look first at “{one}” "
             "against “{other}”: you say that it {stated}; all answers together say that it {implied}.",
             ratio=ratio, most=format_number(_CONSISTENT, visit.language, 2), one=CRITERIA[keys[first.i]],
             other=CRITERIA[keys[first.j]], stated=_worded(visit, first.stated), implied=_worded(visit, first.implied))  # fmt: skip
    st.warning(visit.say(told), icon=":material/warning:")


def _worded(visit: Visit, times: float) -> Text:
    """A judgement in words, to one decimal."""
    size = format_number(max(times, 1 / times), visit.language, 1)
    if size == format_number(1.0, visit.language, 1):
        return T("counts the same")
    return T("counts {times} times as much", times=size) if times > 1 else T("counts {times} times less", times=size)


def _removal(visit: Visit, choice: Choice) -> None:
    names = [weighting.evaluator for weighting in choice.document.weightings]
    with st.popover(visit.say(T("Remove someone’s weights")), icon=":material/person_remove:"):
        who = st.selectbox(visit.say(T("Whose?")), names, key="weights_remove_whose")
        if st.button(visit.say(T("Remove these weights")), type="primary", key="weights_remove") and who:
            name = who

            def remove(uow: UnitOfWork) -> None:
                service.remove_weighting(uow, choice.at, name)

            acts.perform(visit, remove, T("The weights of {name} are removed.", name=name))
