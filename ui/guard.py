"""The first call of every page: who visits, may they, and what the page works with."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace

import streamlit as st

from erp_core.clock import Clock, SystemClock
from erp_core.company.views import Company, read_company
from erp_core.db.engine import Database
from erp_core.demo.place import About, about_demo
from erp_core.errors import NotPermitted
from erp_core.security import audit, guard
from erp_core.security.actor import Actor
from erp_core.security.permissions import Permission
from erp_core.security.views import Account
from erp_core.settings import Settings, load_settings
from erp_core.text import LANGUAGES, T, Text, say
from ui import whose
from ui.literal import literal

LANGUAGE = "language"
SHOP, DEMO, OWN = "company", "demo", "own"  # the URL's parameter and its value; one's own shop is not named there
_LOOKED_AT = "shop_looked_at"
_SENT_BACK = "sent_back_from_demo"
_STAYS = frozenset({LANGUAGE, whose.SESSION_OF, _LOOKED_AT, _SENT_BACK})


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
    visitor: whose.Visitor | None = None

    @property
    def account(self) -> Account | None:
        """The visitor's account; None as long as there are no accounts."""
        return self.visitor.account if self.visitor else None

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


def own_database(own: Settings) -> Database:
    """The database of the installation, where the accounts stand, whichever shop is looked at."""
    return _open_databases().get(own, "")


def current_actor() -> Actor:
    """Who visits, read afresh: the built-in local user as long as there are no accounts, else whoever is signed in.
    Raises SignedOut, and NotPermitted for visitors whom the workbench does not serve at all."""
    own = load_settings()
    return whose.visitor(own_database(own), own).actor


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
    own = load_settings()
    visitor = whose.visitor(own_database(own), own)
    actor = visitor.actor
    demo = _demo_looked_at(own, actor)
    if demo is not None:
        actor = replace(actor, channels=None)  # the limits are to shops of one's own
    settings = own if demo is None else own.demo
    database = _open_databases().get(settings, "" if demo is None else demo.token)
    with database.reading() as connection:
        company = read_company(connection)
    return Visit(actor, database, settings, SystemClock(), current_language(), company, own, demo, visitor)


def require(permission: Permission) -> Visit:
    """The visit, or NotPermitted, which the shell shows."""
    here = visit()
    guard.require(here.actor, permission)
    return here


def afresh(here: Visit) -> Visit:
    """The visit with what the visitor may do now: for what runs apart from the page, such as a download that is written
    when somebody clicks. Raises SignedOut."""
    if here.visitor is None:
        return here
    visitor = whose.still(own_database(here.own), here.own, here.visitor)
    channels = visitor.actor.channels if here.demo is None else None
    return replace(here, actor=replace(visitor.actor, channels=channels), visitor=visitor)


def require_still(here: Visit, permission: Permission) -> None:
    """Raise NotPermitted, and record it, where the visitor may no longer do what a page offered."""
    try:
        guard.require(afresh(here).actor, permission)
    except NotPermitted as error:
        note_refusal(here, "download", error)
        raise


def same_as_before(here: Visit) -> None:
    """For parts of a page that run apart from it: run the whole page where the visitor may do other things by now."""
    try:
        now = afresh(here)
    except NotPermitted:
        now = None
    if now is None or now.actor != here.actor:
        st.rerun()


def note_refusal(here: Visit, what: str, error: NotPermitted) -> None:
    """Record that a visitor was refused."""
    audit.refused(here.database, here.actor.acting(here.clock), what, error.code)
