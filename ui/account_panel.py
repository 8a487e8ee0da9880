"""The way in for whoever is signed out, and who one is, in the sidebar."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import streamlit as st

from erp_core.api.doors import ELSEWHERE
from erp_core.security.sessions import SignedOut
from erp_core.settings import load_settings
from erp_core.text import T, say
from ui import whose
from ui.guard import Visit, own_database
from ui.pages_list import address


def way_in(refusal: SignedOut, language: str) -> None:
    """A sentence and the way to sign in: all that a page shows to nobody."""
    st.info(f"{say(refusal.message, language)} {say(refusal.hint or '', language)}", icon=":material/lock:")
    at = urlsplit(st.context.url or "/")
    wanted = quote((at.path or "/") + (f"?{at.query}" if at.query else ""), safe="")
    with st.container(horizontal=True):
        label = say(T("Sign in"), language)
        st.link_button(label, f"/signin?lang={language}&next={wanted}", type="primary", icon=":material/login:")
        if whose.signs_in_elsewhere():
            _ways_elsewhere(language)


def _ways_elsewhere(language: str) -> None:
    if ELSEWHERE in st.query_params and not whose.claims_elsewhere():
        del st.query_params[ELSEWHERE]
    for provider in whose.providers():
        label = T("Sign in with {provider}", provider=provider) if provider else T("Sign in with your organisation")
        if st.button(say(label, language), icon=":material/key:", key=f"sign_in_{provider}"):
            st.login(provider)


def in_sidebar(visit: Visit) -> None:
    """Who is signed in, one's own account, and the way out. Nothing without accounts."""
    visitor = visit.visitor
    if visitor is None or visitor.account is None:
        return
    with st.sidebar.popover(visitor.account.name, icon=":material/person:", width="stretch"):
        if not visitor.elsewhere:
            st.link_button(
                visit.say(T("My account")),
                f"/account?lang={visit.language}",
                icon=":material/manage_accounts:",
                width="stretch",
            )
        if st.button(visit.say(T("Sign out")), icon=":material/logout:", width="stretch", key="sign_out"):
            whose.sign_out(own_database(load_settings()))
            if visitor.elsewhere:
                st.logout()
            else:
                st.rerun()


def some_shops_only(visit: Visit) -> None:
    """What stands where the numbers of the whole company would, for whoever is limited to some shops."""
    st.info(visit.say(T("This page speaks of the whole company. You are responsible for some of its shops.")))
    st.page_link(address("sales"), label=visit.say(T("See what your shops sold")), icon=":material/bar_chart:")
