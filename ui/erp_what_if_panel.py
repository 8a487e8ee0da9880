"""Other weights, tried at once: sliders beside the ranking, stored only when somebody says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from erp_core.db.uow import UnitOfWork
from erp_core.text import T
from erp_core.vendors import service
from erp_core.vendors.criteria import CRITERIA
from erp_core.vendors.schema import Sureness, Weighting
from ui import acts
from ui.erp_choice import Choice
from ui.erp_frame_panel import SURENESS
from ui.guard import Visit

_SET = "erp_what_if_set"


@dataclass(frozen=True)
class Tried:
    """The weights that the sliders say; `weightings` None: those stored."""

    weightings: tuple[Weighting, ...] | None
    sureness: Sureness

    @property
    def what_if(self) -> bool:
        """Whether anything differs from what is stored."""
        return self.weightings is not None


def show(visit: Visit, choice: Choice, weights: Mapping[str, float]) -> Tried:
    """The sliders, filled with the stored weights. `weights`: those, of the criteria that are scored."""
    usual = {name: round(100 * weight) for name, weight in weights.items()}
    held = _filling(choice)
    with st.container(border=True):
        st.markdown(f"**:material/tune: {visit.say(T('What if the weights were others?'))}**")
        sureness = st.segmented_control(
            visit.say(T("How far to trust them")), list(SURENESS), default=choice.document.sureness, required=True,
            format_func=lambda word: visit.say(SURENESS[word]), key=f"erp_what_if_sureness_{held}",
            help=visit.say(T("How far the answer lets the weights stray from those stated")),
        )  # fmt: skip
        points = {
            name: st.slider(visit.say(CRITERIA[name]), 0, 100, usual[name], key=f"erp_what_if_{name}_{held}")
            for name in usual
        }
        sureness = sureness or choice.document.sureness
        moved = points != usual
        if moved and not any(points.values()):
            st.warning(visit.say(T("Give at least one criterion points.")), icon=":material/warning:")
            moved = False
        if not moved and sureness is choice.document.sureness:
            st.caption(visit.say(T("Move a slider: everything in this view follows. Nothing is stored.")))
            return Tried(None, sureness)
        st.caption(f":orange[:material/science: {visit.say(T('What you see is a trial. Nothing is stored.'))}]")
        tried = _weighting(visit, points) if moved else None
        with st.container(horizontal=True):
            st.button(
                visit.say(T("Back to what is stored")), icon=":material/undo:", key="erp_what_if_back", on_click=_back
            )
            if choice.may_change and st.button(
                visit.say(T("Save as my weights")), icon=":material/save:", key="erp_what_if_save"
            ):
                _save(visit, choice, tried, sureness)
    return Tried(choice.document.weightings if tried is None else (tried,), sureness)


def _filling(choice: Choice) -> str:
    """Names this filling of the sliders: another one when the stored weights change or somebody goes back to them."""
    return f"{choice.id}_{choice.version}_{st.session_state.get(_SET, 0)}"


def _back() -> None:
    st.session_state[_SET] = st.session_state.get(_SET, 0) + 1


def _weighting(visit: Visit, points: Mapping[str, int]) -> Weighting:
    return Weighting(
        evaluator=visit.actor.name, criteria=tuple(points), points=tuple(float(value) for value in points.values())
    )


def _save(visit: Visit, choice: Choice, tried: Weighting | None, sureness: Sureness) -> None:
    def save(uow: UnitOfWork) -> None:
        """Store both as the visitor's own; other people's weights stay."""
        if tried is not None:
            service.set_weighting(uow, choice.at, tried)
        if sureness is not choice.document.sureness:
            service.change_settings(uow, choice.at, {"sureness": sureness})

    acts.perform(visit, save, T("Your weights are stored beside those of the others."))
