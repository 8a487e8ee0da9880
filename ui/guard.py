"""The first call of every page: who visits, may they, and what the page works with."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from erp_core.clock import Clock, SystemClock
from erp_core.company.views import Company, read_company
from erp_core.db.engine import Database
from erp_core.security import guard
from erp_core.security.actor import LOCAL_USER, Actor
from erp_core.security.permissions import Permission
from erp_core.settings import Settings, load_settings
from erp_core.text import LANGUAGES, Text, say

LANGUAGE = "language"


@dataclass(frozen=True)
class Visit:
    """One run of a page."""

    actor: Actor
    database: Database
    settings: Settings
    clock: Clock
    language: str
    company: Company

    def say(self, text: Text | str) -> str:
        """A sentence in the visitor's language."""
        return say(text, self.language)


@st.cache_resource(max_entries=4)
def _database(url: str) -> Database:
    return Database(url)


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


def visit() -> Visit:
    """What every run works with; asks for no permission."""
    settings = load_settings()
    database = _database(settings.database_url)
    with database.reading() as connection:
        company = read_company(connection)
    return Visit(current_actor(), database, settings, SystemClock(), current_language(), company)


def require(permission: Permission) -> Visit:
    """The visit, or NotPermitted, which the shell shows."""
    here = visit()
    guard.require(here.actor, permission)
    return here
