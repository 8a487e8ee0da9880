"""Receivers on this machine that note what is posted or mailed to them, and answer as they are told."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Posts:
    """What was posted: path with query, document. `answers`: status and body, in turn; the last one stays."""

    url: str = ""
    posted: list[tuple[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, bytes]] = field(default_factory=lambda: [(200, b'{"errcode":0,"code":0,"errmsg":"ok"}')])
    hold: threading.Event | None = None  # no answer before it is set


@contextmanager
def web_receiver() -> Iterator[Posts]:
    """A web server for posts."""
    posts = Posts()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/json; charset=utf-8"
            posts.posted.append((self.path, json.loads(body)))
            if posts.hold is not None:
                posts.hold.wait(20)
            status, answer = posts.answers.pop(0) if len(posts.answers) > 1 else posts.answers[0]
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{posts.url}/elsewhere")
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_arguments: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    posts.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield posts
    finally:
        if posts.hold is not None:
            posts.hold.set()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Mails:
    """What was mailed: sender, recipients, the raw message. `refuses`: recipients that are not known here."""

    url: str = ""
    mailed: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    users: list[str] = field(default_factory=list)


@contextmanager
def mail_receiver() -> Iterator[Mails]:
    """A mail server that knows just enough of SMTP (RFC 5321), without encryption."""
    mails = Mails()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 here")
            sender, to = "", []
            while line := self.rfile.readline().decode().strip():
                verb = line.upper()
                if verb.startswith("EHLO"):
                    self.say("250-here")
                    self.say("250 AUTH PLAIN")
                elif verb.startswith("AUTH PLAIN"):
                    mails.users.append(line.split()[2])
                    self.say("235 welcome")
                elif verb.startswith("MAIL FROM:"):
                    sender = line[10:].split(">")[0].strip(" <")
                    self.say("250 ok")
                elif verb.startswith("RCPT TO:"):
                    name = line[8:].strip(" <>")
                    if name in mails.refuses:
                        self.say("550 nobody of that name")
                    else:
                        to.append(name)
                        self.say("250 ok")
                elif verb == "DATA":
                    self.say("354 go on")
                    raw = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        raw += part
                    mails.mailed.append((sender, to, raw))
                    self.say("250 taken")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    mails.url = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield mails
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
