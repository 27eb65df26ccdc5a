"""An HTTP server that does what a script says: right answers, and every fault that a range reader can meet.

A script is a function (request, file) -> Answer, called for each request in the order of arrival. Everything on the wire is
the script's: status, fields, body, pace, and how the connection ends.
"""

import dataclasses
import socket
import struct
import threading
import time
import urllib.parse


@dataclasses.dataclass
class Request:
    number: int  # from 0, over the server's life
    method: str
    path: str
    fields: dict  # names in lower case
    time: float  # of a clock that is never set
    wall_time: float

    def range(self, size):
        """(first, last) as asked for, cut to the file; None where no range is asked for."""
        text = self.fields.get("range", "")
        if not text.startswith("bytes="):
            return None
        first, last = text[6:].split("-")
        return int(first), min(int(last), size - 1)


@dataclasses.dataclass
class Answer:
    status: str = "206 Partial Content"
    fields: list = dataclasses.field(default_factory=list)  # "Name: value"
    body: bytes = b""
    delay: float = 0  # seconds before the head
    gate: object = None  # a Gate through which it goes before the head
    cut: int = None  # the body ends after so many bytes, and so does the connection
    reset: bool = False  # ... by a TCP reset
    bytes_per_second: float = None
    stall: bool = False  # nothing more comes after `cut`, and the connection stays
    raw: bytes = None  # all that is sent, in place of head and body


def right(request, data, etag='"v1"', modified="Sat, 21 Nov 2026 08:00:00 GMT", fields=()):
    """What a good server answers."""
    own = ["Accept-Ranges: bytes", *fields]
    if etag:
        own.append(f"ETag: {etag}")
    if modified:
        own.append(f"Last-Modified: {modified}")
    wanted = request.fields.get("if-match")
    if wanted and etag and wanted != etag:
        return Answer("412 Precondition Failed", [*own, "Content-Length: 0"])
    asked = request.range(len(data))
    if asked is None:
        return Answer("200 OK", [*own, f"Content-Length: {len(data)}"], data)
    first, last = asked
    if first >= len(data):
        return Answer("416 Range Not Satisfiable", [*own, f"Content-Range: bytes */{len(data)}", "Content-Length: 0"])
    body = data[first : last + 1]
    return Answer("206 Partial Content", [*own, f"Content-Range: bytes {first}-{last}/{len(data)}", f"Content-Length: {len(body)}"], body)


class Gate:
    """Holds answers back until `wanted` of them wait at once; then it stays open. So a test sees which requests do not wait
    for each other, however fast the machine. `was_met` is False where so many never came together."""

    PATIENCE = 60  # seconds

    def __init__(self, wanted):
        self.wanted, self.waiting, self.was_met = wanted, 0, False
        self.changed, self.is_open = threading.Condition(), False

    def pass_through(self):
        with self.changed:
            self.waiting += 1
            if self.waiting >= self.wanted and not self.is_open:
                self.is_open = self.was_met = True
                self.changed.notify_all()
            if not self.changed.wait_for(lambda: self.is_open, self.PATIENCE):
                self.is_open = True
                self.changed.notify_all()
            self.waiting -= 1


class Server:
    """Serves on loopback until closed. `files(path)` gives a file's bytes, or None; `tls` is an ssl.SSLContext for https. Each
    connection has a thread."""

    def __init__(self, script, files, tls=None):
        self.script, self.files, self.tls = script, files, tls
        self.requests, self.lock, self.bytes_sent = [], threading.Lock(), 0
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.socket.getsockname()[1]
        self.open, self.closing = set(), False
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closing = True
        self.socket.close()
        with self.lock:
            for connection in list(self.open):
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def origin(self):
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def url(self, name):
        return f"{self.origin()}/{urllib.parse.quote(name)}"

    def _accept(self):
        while not self.closing:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                self.open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            with connection.makefile("rb") as reader:
                while self._one(connection, reader):
                    pass
        except OSError:
            pass
        finally:
            with self.lock:
                self.open.discard(connection)
            connection.close()

    def _one(self, connection, reader):
        line = reader.readline().decode("latin-1").split()
        if len(line) != 3:
            return False
        fields = {}
        while (field := reader.readline().decode("latin-1").strip()):
            name, value = field.split(":", 1)
            fields[name.lower()] = value.strip()
        path = line[1].split("?")[0].lstrip("/")
        with self.lock:
            request = Request(len(self.requests), line[0], line[1], fields, time.monotonic(), time.time())
            self.requests.append(request)
            answer = self.script(request, self.files(urllib.parse.unquote(path)))
        return self._send(connection, answer)

    def _send(self, connection, answer):
        if answer.gate:
            answer.gate.pass_through()
        if answer.delay:
            time.sleep(answer.delay)
        if answer.raw is not None:
            connection.sendall(answer.raw)
            connection.shutdown(socket.SHUT_RDWR)
            return False
        connection.sendall("\r\n".join([f"HTTP/1.1 {answer.status}", *answer.fields, "", ""]).encode("latin-1"))
        body = answer.body if answer.cut is None else answer.body[: answer.cut]
        self.bytes_sent += len(body)  # of bodies; a test may lose some where threads meet
        if answer.bytes_per_second:
            for k in range(len(body)):
                connection.sendall(body[k : k + 1])
                time.sleep(1 / answer.bytes_per_second)
        elif body:
            connection.sendall(body)
        if answer.stall:
            while not self.closing and connection.recv(1 << 16):
                pass
            return False
        if answer.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()
            return False
        ends = answer.cut is not None or not any(f.lower().startswith(("content-length:", "transfer-encoding:")) for f in answer.fields)
        if ends:
            connection.shutdown(socket.SHUT_RDWR)
        return not ends
