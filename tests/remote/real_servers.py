"""Servers that others wrote, started on loopback for one test: nginx, and an S3 store that verifies signatures."""

import http.client
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.parse

import signature_v4
from tls_proxy import make_certificate

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
SECONDS_TO_START = 300


class Missing(Exception):
    """The server is not on this machine; the text says what is missing."""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


class Process:
    """A server in a folder of its own, ended with the test."""

    def start(self, *arguments):
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen(list(map(str, arguments)), stdin=subprocess.DEVNULL, stdout=self.log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    said = (self.folder / "log").read_text(errors="replace")
                    self.stop()
                    raise RuntimeError(f"{arguments[0]} does not start: {said[-2000:]}") from None
                time.sleep(0.02)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Nginx(Process):
    """Serves a folder as it lies."""

    name, scheme, protocol = "nginx", "http", "HTTP/1.1"
    environment = {}

    def __init__(self, root):
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin")
        if program is None:
            raise Missing("no nginx (Debian's package nginx)")
        self.folder, self.port = pathlib.Path(tempfile.mkdtemp(prefix="rutter-nginx-")), free_port()
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        user = "user root;" if os.getuid() == 0 else ""
        self.environment, listen = self.secure()
        (self.folder / "nginx.conf").write_text(
            f"{user} daemon off; worker_processes 1; pid {self.folder}/pid; error_log {self.folder}/errors;"
            "events { worker_connections 1024; }"
            f"http {{ log_format counted '$status $bytes_sent $server_protocol'; access_log {self.folder}/access counted; {temporary}"
            f"sendfile on; keepalive_requests 100000; server {{ listen 127.0.0.1:{self.port} {listen}; root '{root}'; }} }}"
        )
        self.start(program, "-c", self.folder / "nginx.conf", "-e", self.folder / "errors")

    def secure(self):
        """(what clients have to know, the parameters of `listen` and what goes with them)"""
        return {}, ""

    def url(self, name):
        return f"{self.scheme}://127.0.0.1:{self.port}/{urllib.parse.quote(name)}"

    def counted(self):
        """(requests, bytes sent with their heads) so far."""
        lines = [line.split() for line in (self.folder / "access").read_text().splitlines()]
        if any(protocol != self.protocol for _, _, protocol in lines):
            raise RuntimeError(f"{self.name}: not every request came as {self.protocol}")
        return len(lines), sum(int(size) for _, size, _ in lines)


class NginxHttp2(Nginx):
    """The same over TLS, where requests share one connection."""

    name, scheme, protocol = "nginx with HTTP/2", "https", "HTTP/2.0"

    def secure(self):
        made = make_certificate(self.folder, ["localhost"], addresses=["127.0.0.1"])
        if made is None:
            raise Missing("no openssl command to make a certificate")
        _, certificate = made
        return {"CURL_CA_BUNDLE": str(certificate)}, f"ssl http2; ssl_certificate {certificate}; ssl_certificate_key {certificate.with_suffix('.key')}"


class ObjectStore(Process):
    """A bucket that takes signed requests of one region alone, filled with the files of a folder."""

    name = "S3"
    key_id, secret, region, bucket = "AKIDTESTS", "se/cr+et=of%20tests", "eu-west-1", "corpus"

    def __init__(self, root, files):
        found = sorted((PROJECT / "build/tools").glob("versitygw-*"))
        if not found:
            raise Missing("no S3 server (tools/make_s3_server.sh builds it with Go 1.25 or newer)")
        self.folder, self.port = pathlib.Path(tempfile.mkdtemp(prefix="rutter-s3-")), free_port()
        (self.folder / "data").mkdir()
        (self.folder / "sidecar").mkdir()
        self.access = self.folder / "access"
        self.start(found[-1], "--port", f"127.0.0.1:{self.port}", "--access", self.key_id, "--secret", self.secret, "--region", self.region, "--keep-alive", "--quiet",
                   "--access-log", self.access, "posix", "--sidecar", self.folder / "sidecar", self.folder / "data")  # fmt: skip
        self.environment = {"AWS_ACCESS_KEY_ID": self.key_id, "AWS_SECRET_ACCESS_KEY": self.secret, "AWS_REGION": self.region, "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{self.port}"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        self.put(connection, "", b"")
        for path in files:
            self.put(connection, str(path.relative_to(root)), path.read_bytes())
        connection.close()
        self.before = self.counted()

    def put(self, connection, key, body):
        target = "/" + urllib.parse.quote(f"{self.bucket}/{key}" if key else self.bucket, safe="/-._~")
        fields = signature_v4.sign("PUT", f"127.0.0.1:{self.port}", target, self.key_id, self.secret, self.region, body)
        connection.request("PUT", target, body, fields)
        answer = connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"PUT {target}: {answer.status} {said.decode(errors='replace')}")

    def url(self, name):
        return f"s3://{self.bucket}/{name}"

    def counted(self):
        """(requests, bytes written with their heads) so far, without those that filled the bucket."""
        text = self.access.read_bytes()
        written = int(re.search(r"wchar: (\d+)", pathlib.Path(f"/proc/{self.process.pid}/io").read_text()).group(1)) - len(text)
        before = getattr(self, "before", (0, 0))
        return text.count(b"s3_GetObject") - before[0], written - before[1]
