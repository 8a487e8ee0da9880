"""The frame around every page: navigation, language, company, and errors said in words."""

from __future__ import annotations

import logging
import sys
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:  # `ui.…`, `erp_core.…` from wherever the app was started
    sys.path.insert(0, str(ROOT))

import streamlit as st  # noqa: E402

from erp_core.errors import ErpError, NotPermitted  # noqa: E402
from erp_core.security.sessions import SignedOut  # noqa: E402
from erp_core.text import LANGUAGES, T, say  # noqa: E402
from ui import account_panel, demo_panel  # noqa: E402
from ui.guard import (  # noqa: E402
    LANGUAGE,
    Visit,
    current_language,
    keep_shop_in_url,
    note_refusal,
    visit,
    why_sent_back,
)
from ui.literal import literal  # noqa: E402
from ui.pages_list import ENTRIES  # noqa: E402
from ui.saved_views import PAGE  # noqa: E402

log = logging.getLogger("erp_workbench")
ICON = ROOT / "ui" / "favicon.png"  # of our own: browsers fetch a symbol's picture from another host


def _language_switch(language: str) -> None:
    def chosen() -> None:
        st.query_params["lang"] = st.session_state[LANGUAGE]

    names = list(LANGUAGES)
    if LANGUAGE not in st.session_state:
        st.session_state[LANGUAGE] = language
    st.sidebar.segmented_control(
        say(T("Language"), language),
        names,
        format_func=lambda name: LANGUAGES[name],
        key=LANGUAGE,
        required=True,
        on_change=chosen,
        label_visibility="collapsed",
    )


def _company_badge(here: Visit) -> None:
    if here.company.name:
        st.sidebar.markdown(f"**{literal(here.company.name)}**")
    if here.company.demo:
        st.sidebar.badge(here.say(T("Demo data")), icon=":material/science:", color="orange")
    demo_panel.way_out(here)


def _say_why_sent_back(here: Visit) -> None:
    reason = why_sent_back()
    if reason is not None:
        st.warning(here.say(reason), icon=":material/science_off:")


def _show_error(error: ErpError, language: str) -> None:
    icon = ":material/lock:" if isinstance(error, NotPermitted) else ":material/error:"
    hint = f"\n\n{say(error.hint, language, literal)}" if error.hint else ""
    st.error(say(error.message, language, literal) + hint, icon=icon)


def _show_failure(error: Exception, language: str) -> None:
    reference = uuid.uuid4().hex[:8]
    log.exception("page failed, reference %s", reference, exc_info=error)
    text = T(
        "Something went wrong here that should not have. Nothing was changed. Try again; if it stays, tell whoever "
        "looks after the workbench this reference: {reference}",
        reference=reference,
    )
    st.error(say(text, language), icon=":material/error:")


language = current_language()
here: Visit | None = None
page_name = "home"
st.set_page_config(page_title=say(T("ERP Workbench"), language), page_icon=ICON, layout="wide")
try:
    here = visit()
    _language_switch(language)
    language = current_language()
    sections: dict[str, list[st.Page]] = {}  # type: ignore[valid-type]
    for entry in ENTRIES:
        if entry.path.exists():
            may = here.actor.may(entry.permission)
            page = st.Page(
                entry.path,
                title=say(entry.title, language),
                icon=entry.icon,
                url_path=entry.name,
                default=entry.name == "home",
                visibility="visible" if may else "hidden",  # its address still leads there, and is refused there
            )
            sections.setdefault(say(entry.section, language), []).append(page)
    chosen = st.navigation(sections)
    keep_shop_in_url(here)
    st.session_state[PAGE] = chosen.url_path or "home"
    _company_badge(here)
    account_panel.in_sidebar(here)
    _say_why_sent_back(here)
    page_name = chosen.url_path or "home"
    chosen.run()
except SignedOut as error:
    account_panel.way_in(error, language)
except NotPermitted as error:
    if here is not None:
        note_refusal(here, f"page {page_name}", error)
    _show_error(error, language)
except ErpError as error:
    _show_error(error, language)
except Exception as error:  # a page never shows a traceback; Streamlit's own reruns and stops are not Exceptions
    _show_failure(error, language)
