"""The app really started, in a process and on a port of its own, spoken to as browsers, programs and strangers do."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests.postgresql_server import end_with_parent

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60


@dataclass(frozen=True)
class Served:
    """The running app."""

    port: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def visitor(self) -> Visitor:
        """Somebody with a browser of their own."""
        return Visitor(self, requests.Session())


@dataclass(frozen=True)
class Visitor:
    """A browser without scripts: cookies, links, forms; and the websocket over which pages come."""

    served: Served
    session: requests.Session

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.session.get(f"{self.served.url}{path}", headers={"Accept": "text/html", **headers}, timeout=20)

    def send(self, form_at: str, to: str | None = None, **fields: str) -> requests.Response:
        """Open a page and send its form, as a browser would, with its hidden fields."""
        page = self.get(form_at).text
        hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
        given = {**{name: unescape(value) for name, value in hidden.items()}, **fields}
        address = f"{self.served.url}{to or form_at.split('?', maxsplit=1)[0]}"
        return self.session.post(address, data=given, headers={"Origin": self.served.url}, timeout=20)

    def signs_in(self, name: str, password: str) -> requests.Response:
        return self.send("/signin", name=name, password=password)

    def opens(self, page: str = "", query: str = "lang=en") -> str:
        """What a page sends over the websocket, until its run is over: all its messages as one text."""
        return "\n".join(str(message) for message in self.runs(page, query))

    def runs(
        self, page: str = "", query: str = "lang=en", click: str | None = None, *, believed: bool = True
    ) -> list[ForwardMsg]:
        """The messages of a page's run; with `click` of the run after the button of that label was pressed.
        `believed`: with the token without which Streamlit overlooks the provider's cookie."""
        with self._connected(believed=believed) as socket_:
            asked = BackMsg()
            asked.rerun_script.query_string = query
            asked.rerun_script.page_name = page
            messages = _run(socket_, asked)
            if click is not None:
                pressed = next(
                    message.delta.new_element.button
                    for message in messages
                    if message.delta.new_element.button.label == click
                )
                asked.rerun_script.widget_states.widgets.add(id=pressed.id, trigger_value=True)
                messages = _run(socket_, asked)
            return messages

    def hands_in(self, cookies: str | None = None) -> int:
        """The answer to a file that is handed in while a page is open, with the token against forgery. `cookies`: sent
        in place of this browser's own."""
        token = self._token()
        with self._connected() as socket_:
            asked = BackMsg()
            asked.rerun_script.query_string = ""
            begun = next(message for message in _run(socket_, asked) if message.WhichOneof("type") == "new_session")
            at = f"{self.served.url}/_stcore/upload_file/{begun.new_session.initialize.session_id}/any"
            sent = self._cookies() if cookies is None else f"_streamlit_xsrf={token}; {cookies}"
            headers = {"X-Xsrftoken": token, "Cookie": sent}
            return requests.put(at, files={"file": b"x"}, headers=headers, timeout=20).status_code

    def _token(self) -> str:
        if "_streamlit_xsrf" not in self.session.cookies:
            self.get("/_stcore/health")
        return str(self.session.cookies["_streamlit_xsrf"])

    def _cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.session.cookies)

    def _connected(self, *, believed: bool = True) -> ClientConnection:
        xsrf = self.session.cookies.get("_streamlit_xsrf") if believed else None
        cookies = self._cookies()
        return connect(
            f"ws://localhost:{self.served.port}/_stcore/stream",
            additional_headers={"Cookie": cookies} if cookies else {},
            origin=self.served.url,  # type: ignore[arg-type]
            subprotocols=["streamlit", *([xsrf] if xsrf else [])],  # type: ignore[list-item]
            max_size=None,
        )


def _run(socket_: ClientConnection, asked: BackMsg) -> list[ForwardMsg]:
    """Ask for a run and take all that comes until it is over."""
    socket_.send(asked.SerializeToString())
    messages = []
    while not messages or messages[-1].WhichOneof("type") not in ("script_finished", "auth_redirect"):
        message = ForwardMsg()
        message.ParseFromString(socket_.recv(timeout=40))  # type: ignore[arg-type]
        messages.append(message)
    return messages


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(home: Path, port: int, *options: str, address: str = "127.0.0.1") -> subprocess.Popen[bytes]:
    """Start the app; what it says goes to server.log in its ERP_HOME."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ERP_", "STREAMLIT_"))}
    home.mkdir(parents=True, exist_ok=True)
    with (home / "server.log").open("wb") as log:
        return subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"),
                *("--server.address", address, "--server.port", str(port), "--server.fileWatcherType", "none"),
                *options,
            ],
            cwd=ROOT,
            env={**environment, "ERP_HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=end_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
        )


@contextmanager
def serving(home: Path, *options: str, port: int = 0, address: str = "127.0.0.1") -> Iterator[Served]:
    """The app, from its first answer on until the block is left."""
    port = port or free_port()
    server = start(home, port, *options, address=address)
    try:
        _wait(port, server, home / "server.log")
        yield Served(port, home / "server.log")
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            if requests.get(f"http://127.0.0.1:{port}/api/health", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.2)
    raise AssertionError(f"the app did not start: {log.read_text(errors='replace')}")
