"""Views that were kept: this page with its filters under a name; open one, share it, rename it, take it away."""

from __future__ import annotations

import streamlit as st

from erp_core.db.uow import UnitOfWork
from erp_core.overview.saved_views import (
    LONGEST_NAME,
    NOT_KEPT,
    SavedView,
    delete_view,
    rename_view,
    save_view,
    saved_views,
    share_view,
)
from erp_core.security.permissions import Permission
from erp_core.text import T
from ui import acts, kept
from ui.guard import Visit
from ui.literal import literal
from ui.pages_list import ENTRIES, address

PAGE = "page_open"  # which page the shell shows, in the session
_SAVE_FORM = "save_view"


def show(visit: Visit) -> None:
    """The popover beside the filters, and the word of what was done last."""
    acts.say_what_was_done(visit)
    titles = {entry.name: entry.title for entry in ENTRIES if visit.actor.may(entry.permission)}
    with visit.database.reading() as connection:
        found = [view for view in saved_views(connection, visit.actor.name) if view.page in titles]
    here = st.session_state.get(PAGE, "home")
    with st.popover(visit.say(T("Views")), icon=":material/bookmark:", width="stretch"):
        st.markdown(f"**{visit.say(T('Saved views'))}**")
        if not found:
            st.caption(visit.say(T("None yet. Set the filters as you need them every week, and keep them here.")))
        for view in sorted(found, key=lambda view: view.page != here):
            page = "" if view.page == here else f"{visit.say(titles[view.page])} · "
            by = "" if view.own else f" · {visit.say(T('shared by {name}', name=view.owner))}"
            icon = ":material/group:" if view.shared else ":material/lock:"
            if st.button(f"{page}{literal(view.name)}{by}", key=f"open_view_{view.id}", icon=icon, type="tertiary"):
                _open(view)
        if visit.actor.may(Permission.SAVE_VIEWS):
            _save(visit, here)
            own = [view for view in found if view.own]
            if own:
                _change(visit, own)


def _open(view: SavedView) -> None:
    """The page with exactly the view's parameters: whatever was chosen before does not count."""
    kept.forget()
    query: dict[str, list[str]] = {}
    for name, value in view.query:
        query.setdefault(name, []).append(value)
    language = st.query_params.get_all("lang")
    st.switch_page(address(view.page), query_params=query | ({"lang": language} if language else {}))


def _save(visit: Visit, page: str) -> None:
    # a form whose fields are emptied by a new token once it was stored
    token = acts.token(_SAVE_FORM)
    with st.form(f"{_SAVE_FORM}_{token}", border=False):
        name = st.text_input(visit.say(T("Keep this view as")), max_chars=LONGEST_NAME, key=f"view_name_{token}")
        shared = False
        if visit.actor.may(Permission.SHARE_VIEWS):
            shared = st.toggle(visit.say(T("Share with all who use the workbench")), key=f"view_shared_{token}")
        if st.form_submit_button(visit.say(T("Save view")), icon=":material/bookmark_add:"):
            query = [
                (word, value)
                for word in st.query_params
                if word not in NOT_KEPT
                for value in st.query_params.get_all(word)
            ]

            def save(uow: UnitOfWork) -> None:
                save_view(uow, page, name, query, shared)
                acts.renew(_SAVE_FORM)

            acts.perform(visit, save, T("View saved."))


def _change(visit: Visit, own: list[SavedView]) -> None:
    by_id = {view.id: view for view in own}
    with st.expander(visit.say(T("Change my views"))):
        chosen = st.selectbox(
            visit.say(T("View")), list(by_id), format_func=lambda number: by_id[number].name, key="view_to_change"
        )
        view = by_id[chosen]
        name = st.text_input(visit.say(T("New name")), view.name, max_chars=LONGEST_NAME, key=f"rename_view_{view.id}")
        with st.container(horizontal=True):
            if st.button(visit.say(T("Rename")), key="rename_view", disabled=name == view.name):
                acts.perform(visit, lambda uow: rename_view(uow, view.id, name))
            if visit.actor.may(Permission.SHARE_VIEWS):
                label = T("Stop sharing") if view.shared else T("Share with all")
                if st.button(visit.say(label), key="share_view"):
                    acts.perform(visit, lambda uow: share_view(uow, view.id, not view.shared))
            if st.button(visit.say(T("Delete")), key="delete_view", icon=":material/delete:"):
                acts.perform(visit, lambda uow: delete_view(uow, view.id), T("View deleted."))
