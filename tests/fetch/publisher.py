"""A publisher on this machine: files with versions, and all that goes wrong on the way.

    publisher["/register.csv"] = Page(b"a;b\n1;2\n", etag='"1"')
    publisher.next("/register.csv", Trouble(status=429, headers={"Retry-After": "7"}))

What is asked is in `asked`: method, path, headers. It listens on loopback and stops by itself.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LAST_MODIFIED = "Mon, 02 Nov 2026 08:00:00 GMT"


@dataclass
class Page:
    """What stands at an address."""

    body: bytes
    kind: str = "text/csv"
    etag: str = '"one"'
    modified: str = LAST_MODIFIED
    ranges: bool = True


@dataclass
class Trouble:
    """What happens instead, once. `cut`: the connection breaks behind so many bytes of the body."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: int | None = None


class Publisher(dict[str, "Page | Callable[[dict[str, str]], Page]"]):
    """Its pages by path; one that is a function gets the parameters of the query."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.troubles: dict[str, deque[Trouble]] = defaultdict(deque)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def next(self, path: str, *troubles: Trouble) -> None:
        """What happens to the next requests for a path."""
        self.troubles[path].extend(troubles)

    def requests(self, path: str) -> list[dict[str, str]]:
        """The headers of the requests for a path."""
        return [headers for asked, headers in self.asked if urlsplit(asked).path == path]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(publisher) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                publisher.asked.append((self.path, dict(self.headers.items())))
                path = urlsplit(self.path).path
                trouble = Trouble()
                if publisher.troubles[path]:
                    trouble = publisher.troubles[path].popleft()
                if trouble.status:
                    self.answer(trouble.status, trouble.headers, trouble.body)
                    return
                page = publisher.get(path)
                if callable(page):
                    query = parse_qs(urlsplit(self.path).query)
                    page = page({name: values[0] for name, values in query.items()})
                if page is None:
                    self.answer(404, {"Content-Type": "text/html"}, b"<html>gone</html>")
                else:
                    self.page(page, trouble.cut)

            def page(self, page, cut):
                headers = {"Content-Type": page.kind}
                if page.etag:
                    headers["ETag"] = page.etag
                if page.modified:
                    headers["Last-Modified"] = page.modified
                validators = {page.etag, page.modified} - {""}
                known = self.headers.get("If-None-Match") or self.headers.get("If-Modified-Since")
                if known in validators:
                    self.answer(304, headers, b"")
                    return
                start = self.headers.get("Range", "").removeprefix("bytes=").removesuffix("-")
                if start and page.ranges and self.headers.get("If-Range") in validators:
                    end = len(page.body)
                    headers["Content-Range"] = f"bytes {start}-{end - 1}/{end}"
                    self.answer(206, headers, page.body[int(start) :], cut)
                else:
                    self.answer(200, headers, page.body, cut)

            def answer(self, status, headers, body, cut=None):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 304:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body if cut is None else body[:cut])
                if cut is not None:
                    self.close_connection = True

        return Handler
