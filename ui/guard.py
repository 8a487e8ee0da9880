"""The first call of every page: who visits, may they, and what the page works with."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import streamlit as st

from erp_core.clock import Clock, SystemClock
from erp_core.company.views import Company, read_company
from erp_core.db.engine import Database
from erp_core.demo.place import About, about_demo
from erp_core.errors import NotPermitted
from erp_core.security import guard
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import Permission
from erp_core.settings import Settings, load_settings
from erp_core.text import LANGUAGES, T, Text, say
from ui.literal import literal

LANGUAGE = "language"
SHOP, DEMO, OWN = "company", "demo", "own"  # the URL's parameter and its value; one's own shop is not named there
_LOOKED_AT = "shop_looked_at"
_SENT_BACK = "sent_back_from_demo"
_STAYS = frozenset({LANGUAGE, "actor", _LOOKED_AT, _SENT_BACK})


@dataclass(frozen=True)
class Visit:
    """One run of a page. `settings`: of the shop that is looked at; `own`: of the installation, whichever that is.
    `demo`: the demo shop that is looked at; None in one's own shop."""

    actor: Actor
    database: Database
    settings: Settings
    clock: Clock
    language: str
    company: Company
    own: Settings
    demo: About | None = None

    def say(self, text: Text | str) -> str:
        """A sentence in the visitor's language, as Markdown: what people and files gave stands in it as text."""
        return say(text, self.language, literal)

    def plain(self, text: Text | str) -> str:
        """The same where no Markdown is read: cells and choices, charts, files."""
        return say(text, self.language)


@dataclass
class _Open:
    """Databases in use, by address. The demo shop's file comes and goes under one address: `token` tells which it was."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    held: dict[str, tuple[str, Database]] = field(default_factory=dict)

    def get(self, settings: Settings, token: str) -> Database:
        """The database, opened once; of a file that has been replaced the old connections are closed."""
        url = settings.database_url
        with self.lock:
            known = self.held.get(url)
            if known is not None and known[0] == token:
                return known[1]
            self._close(url)
            while len(self.held) >= _MOST_OPEN:
                self._close(next(iter(self.held)))
            self.held[url] = (token, Database(url, settings.keys))
            return self.held[url][1]

    def close(self, url: str) -> None:
        """Let go of a database before its file is deleted."""
        with self.lock:
            self._close(url)

    def _close(self, url: str) -> None:
        _, database = self.held.pop(url, ("", None))
        if database is not None:
            database.dispose()


_MOST_OPEN = 4


@st.cache_resource(max_entries=1)
def _open_databases() -> _Open:
    return _Open()


def close_database(settings: Settings) -> None:
    """Let go of a shop's database before its file is deleted."""
    _open_databases().close(settings.database_url)


def current_actor() -> Actor:
    """Who visits: the built-in local user, as long as there are no accounts."""
    actor: Actor = st.session_state.get("actor", LOCAL_USER)
    return actor


def current_language() -> str:
    """The visitor's language: chosen, else the URL's, else the browser's."""
    chosen = st.session_state.get(LANGUAGE) or st.query_params.get("lang")
    if chosen in LANGUAGES:
        return str(chosen)
    return "zh_CN" if (st.context.locale or "").lower().startswith("zh") else "en"


def look_at(shop: str) -> None:
    """From the next run on this session looks at that shop, DEMO or OWN; what was chosen in the other is forgotten."""
    for name in [name for name in st.session_state if name not in _STAYS]:
        del st.session_state[name]
    language = st.query_params.get("lang")
    st.query_params.clear()
    if language is not None:
        st.query_params["lang"] = language
    st.session_state[_LOOKED_AT] = shop


def keep_shop_in_url(here: Visit) -> None:
    """Links and refreshes stay in the demo shop while this session looks at it."""
    if here.demo is not None and st.query_params.get(SHOP) != DEMO:
        st.query_params[SHOP] = DEMO
    elif here.demo is None and SHOP in st.query_params:
        del st.query_params[SHOP]


def why_sent_back() -> Text | None:
    """Why this session is no longer in the demo shop, once; None where nothing of the kind happened."""
    return st.session_state.pop(_SENT_BACK, None)


def _demo_looked_at(own: Settings, actor: Actor) -> About | None:
    wanted = st.session_state.get(_LOOKED_AT, st.query_params.get(SHOP))
    if wanted != DEMO:
        return None
    about = about_demo(own)
    reason = None
    if about is None:
        reason = T("The demo shop has been removed. This is your own shop.")
        close_database(own.demo)
    try:
        guard.require(actor, Permission.USE_DEMO)
    except NotPermitted as refusal:
        reason = refusal.message
    if reason is not None:
        look_at(OWN)
        st.session_state[_SENT_BACK] = reason
        return None
    st.session_state[_LOOKED_AT] = DEMO
    return about


def visit() -> Visit:
    """What every run works with; asks for no permission but, in the demo shop, that to use it."""
    own, actor = load_settings(), current_actor()
    demo = _demo_looked_at(own, actor)
    settings = own if demo is None else own.demo
    database = _open_databases().get(settings, "" if demo is None else demo.token)
    with database.reading() as connection:
        company = read_company(connection)
    return Visit(actor, database, settings, SystemClock(), current_language(), company, own, demo)


def require(permission: Permission) -> Visit:
    """The visit, or NotPermitted, which the shell shows."""
    here = visit()
    guard.require(here.actor, permission)
    return here
