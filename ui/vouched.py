"""Who an OpenID provider vouches for, read from a request before any page runs.

Streamlit tells pages by `st.user`, and nobody else. Its cookie is read here by its own functions, so that what counts
for a page counts at the door, and a cookie that somebody made up counts for neither.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import HTTPConnection
from streamlit.web.server.server_util import AUTH_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from ui.whose import signs_in_elsewhere


def claims_of(asked: HTTPConnection) -> Mapping[str, Any] | None:
    """What the provider said of the sender; None without a provider, without its cookie, or where its signature is not
    ours."""
    if AUTH_COOKIE_NAME not in asked.cookies or not signs_in_elsewhere():
        return None
    signed = _get_signed_cookie_with_chunks(asked.cookies, AUTH_COOKIE_NAME)
    if not signed:
        return None
    try:
        said = json.loads(signed)
    except ValueError:
        return None
    return said if isinstance(said, dict) and said.get("is_logged_in") is True else None
