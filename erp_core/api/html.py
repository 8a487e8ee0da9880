"""Small pages of plain HTML, for what no page of the workbench can do: set a cookie. No script, nothing loaded."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, Response

from erp_core.text import LANGUAGES, T, Text, say

_STYLE = """
:root{color-scheme:light dark;--page:#f3f6f7;--card:#fff;--ink:#16242b;--soft:#51656f;--line:#d9e1e4;--main:#0b6e8a;
--onmain:#fff;--bad:#a4262c;--badback:#fdf0f0}
@media (prefers-color-scheme:dark){:root{--page:#10181c;--card:#18242a;--ink:#e6eef1;--soft:#a3b5bd;--line:#2c3c44;
--main:#4fb3cc;--onmain:#0b1a20;--bad:#ff9b9b;--badback:#3a1f22}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 "Source Sans 3","Source Sans Pro",system-ui,
-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
main{max-width:27rem;margin:8vh auto 3rem;padding:0 1rem}
main.wide{max-width:40rem}
header{display:flex;justify-content:space-between;align-items:baseline;gap:1rem;margin-bottom:1rem}
header strong{font-size:1.05rem}
nav a{margin-left:.75rem;color:var(--soft);text-decoration:none}
nav a[aria-current]{color:var(--ink)}
section{background:var(--card);border:1px solid var(--line);border-radius:.375rem;padding:1.5rem;margin-bottom:1rem}
h1{font-size:1.35rem;line-height:1.3;margin:0 0 .75rem;font-weight:600}
h2{font-size:1.1rem;margin:0 0 .5rem;font-weight:600}
p{margin:0 0 .75rem}
.soft{color:var(--soft)}
label{display:block;margin:.75rem 0 .25rem}
input{width:100%;font:inherit;color:inherit;background:var(--page);border:1px solid var(--line);border-radius:.375rem;
padding:.5rem .65rem}
input:focus,button:focus-visible,a:focus-visible{outline:2px solid var(--main);outline-offset:1px}
button{font:inherit;margin-top:1rem;padding:.5rem 1.1rem;border-radius:.375rem;border:1px solid var(--main);
background:var(--main);color:var(--onmain);cursor:pointer}
button.quiet{background:transparent;color:var(--ink);border-color:var(--line)}
.bad,.good{border-left:3px solid var(--bad);background:var(--badback);padding:.6rem .8rem;margin:0 0 1rem}
.good{border-color:var(--main);background:var(--page)}
.bad b,.good b{display:block;font-weight:600}
a{color:var(--main)}
code{font:14px/1.5 ui-monospace,Consolas,monospace;overflow-wrap:anywhere}
ul{margin:0 0 .75rem;padding-left:1.1rem}
.codes{columns:2;list-style:none;padding:0}
.qr{background:#fff;padding:.5rem;display:inline-block;border-radius:.375rem;line-height:0;margin-bottom:.5rem}
"""


class Html(str):
    """Markup that is safe already; every other text is escaped where it is put into a page."""


@dataclass(frozen=True)
class Field:
    """One input of a form. `kind` and `autocomplete` as in HTML."""

    name: str
    label: Text
    kind: str = "text"
    autocomplete: str = "off"
    value: str = ""


@dataclass(frozen=True)
class Writer:
    """Writes pages in one language. `form_token`: what every form carries; `query`: what links keep in the address."""

    language: str
    form_token: str
    query: tuple[tuple[str, str], ...] = ()

    def say(self, text: Text | str) -> str:
        """A sentence in the reader's language, escaped."""
        return escape(say(text, self.language))

    def text(self, text: Text | str, css: str = "") -> Html:
        """A paragraph."""
        return Html(f"<p{_class(css)}>{self.say(text)}</p>")

    def heading(self, text: Text, level: int = 1) -> Html:
        """A heading."""
        return Html(f"<h{level}>{self.say(text)}</h{level}>")

    def notice(self, message: Text | str, hint: Text | None = None, *, good: bool = False) -> Html:
        """What went wrong, or well, and what to do."""
        more = "" if hint is None else self.say(hint)
        role = "status" if good else "alert"
        return Html(f'<div class="{"good" if good else "bad"}" role="{role}"><b>{self.say(message)}</b>{more}</div>')

    def form(self, action: str, fields: Iterable[Field], button: Text, *, quiet: bool = False) -> Html:
        """A form that is sent to `action`."""
        first = True
        parts = [f'<form method="post" action="{escape(action)}">']
        hidden = (("form_token", self.form_token), ("lang", self.language), *self.query)
        parts += [f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in hidden]
        for field in fields:
            inputmode = ' inputmode="numeric"' if field.autocomplete == "one-time-code" else ""
            focus = " autofocus" if first else ""
            parts.append(
                f'<label for="{field.name}">{self.say(field.label)}</label>'
                f'<input id="{field.name}" name="{field.name}" type="{field.kind}" value="{escape(field.value)}" '
                f'autocomplete="{field.autocomplete}" maxlength="300" required{inputmode}{focus}>'
            )
            first = False
        parts.append(f"<button{_class('quiet' if quiet else '')}>{self.say(button)}</button></form>")
        return Html("".join(parts))

    def link(self, address: str, label: Text) -> Html:
        """A link in a paragraph of its own."""
        return Html(f'<p><a href="{escape(address)}">{self.say(label)}</a></p>')

    def code(self, word: str) -> Html:
        """Letters to type off."""
        return Html(f"<p><code>{escape(word)}</code></p>")

    def items(self, lines: Iterable[str], css: str = "") -> Html:
        """A list."""
        return Html(f"<ul{_class(css)}>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>")

    def page(self, title: Text, sections: Sequence[Sequence[Html]], *, wide: bool = False) -> HTMLResponse:
        """The whole page, with the headers that keep it out of caches, frames and scripts."""
        nonce = secrets.token_urlsafe(16)
        tongues = "".join(
            f'<a href="?{escape(urlencode([("lang", code), *self.query]))}" lang="{code.replace("_", "-")}"'
            f"{' aria-current=true' if code == self.language else ''}>{escape(name)}</a>"
            for code, name in LANGUAGES.items()
        )
        body = "".join(f"<section>{''.join(section)}</section>" for section in sections)
        name = self.say(T("ERP Workbench"))
        document = (
            f'<!doctype html><html lang="{self.language.replace("_", "-")}"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f'<title>{self.say(title)} · {name}</title><style nonce="{nonce}">{_STYLE}</style></head><body>'
            f"<main{_class('wide' if wide else '')}><header><strong>{name}</strong><nav>{tongues}</nav></header>"
            f"{body}</main></body></html>"
        )
        response = HTMLResponse(document)
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; form-action 'self'; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        without_trace(response)
        return response


def without_trace(response: Response) -> Response:
    """The same answer, kept in no cache, named to no other site, shown in no frame."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    return response


def _class(css: str) -> str:
    return f' class="{css}"' if css else ""
