#!/usr/bin/env python3
"""Where maps may lead, what they remember of their sources, and https: the command against servers that answer well.

    maps_test.py RUTTER
"""

import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
from scripted_server import Answer, Server, right

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
FILE = PROJECT / "examples/recording.nwb"
ARRAY, SLICE = "/acquisition/ElectricalSeries/data", "1000:6000,:5"
DONE, USAGE, IO, UNSUPPORTED, POLICY, CHANGED = 0, 2, 3, 5, 7, 8
HANG = 900  # seconds; only to notice a command that never ends


class Tester:
    def __init__(self, rutter, folder):
        self.rutter, self.folder, self.passed, self.failed = rutter, pathlib.Path(folder), 0, 0
        self.files = {"data/a.nwb": FILE.read_bytes()}
        self.elsewhere = {}  # of another server
        self.etag = '"v1"'
        self.environment = dict(os.environ, XDG_STATE_HOME=str(self.folder / "state"))
        self.run("read", FILE, ARRAY, "-s", SLICE, "--raw", self.folder / "good.raw")
        self.values = (self.folder / "good.raw").read_bytes()

    def script(self, request, data):
        return right(request, data, etag=self.etag) if data is not None else Answer("404 Not Found", ["Content-Length: 0"])

    def run(self, *arguments, **environment):
        return subprocess.run([self.rutter, *map(str, arguments)], capture_output=True, timeout=HANG, cwd=self.folder, env={**self.environment, **environment})

    def check(self, name, holds, said=""):
        self.passed += bool(holds)
        self.failed += not holds
        if not holds:
            print(f"FAILED {name}: {said}")

    def read(self, name, place, code, *options, says="", **environment):
        raw = self.folder / "read.raw"
        raw.unlink(missing_ok=True)
        done = self.run("read", place, ARRAY, "-s", SLICE, "--raw", raw, *options, **environment)
        text = done.stderr.decode()
        self.check(name, done.returncode == code and (raw.read_bytes() == self.values if code == DONE else says in text), f"exit code {done.returncode}: {text}")
        return text


def places(test, server, stranger):
    """A map of one's own, a stranger's, one on a server."""
    url = server.url("data/a.nwb")
    done = test.run("map", url)
    test.check("a map is named after the URL", done.returncode == DONE and (test.folder / "a.nwb.json").exists(), done.stderr)
    document = json.loads((test.folder / "a.nwb.json").read_bytes())
    source = document["rutter"]["sources"][0]
    test.check("size and validators are kept", source == {"url": url, "size": len(test.files["data/a.nwb"]), "etag": '"v1"', "last_modified": "Sat, 21 Nov 2026 08:00:00 GMT"}, source)

    before = len(server.requests)
    test.read("one's own map", "a.nwb.json", DONE)
    test.check("the first bytes that are read verify the source", len(server.requests) == before + 1 and server.requests[-1].fields["if-match"] == '"v1"', len(server.requests) - before)
    text = test.read("a stranger's map", "a.nwb.json", POLICY, says=f"--allow {server.origin()}/data/", XDG_STATE_HOME=str(test.folder / "stranger"))
    flag = text.split("add ")[1].split(" to follow")[0].split()
    test.read("with the flag that the error names", "a.nwb.json", DONE, *flag, XDG_STATE_HOME=str(test.folder / "stranger"))
    test.read("another folder is not enough", "a.nwb.json", POLICY, "--allow", server.url("other/"), XDG_STATE_HOME=str(test.folder / "stranger"))

    served = json.dumps(document).encode()
    test.files["maps/m.json"] = served
    test.read("a remote map, data on its own origin", server.url("maps/m.json"), DONE)
    test.elsewhere["m.json"] = served
    test.environment["XDG_STATE_HOME"] = str(test.folder / "stranger")  # from here on no map is one's own
    test.read("a remote map, data on another origin", stranger.url("m.json"), POLICY, says="--allow")
    test.read("the same, allowed", stranger.url("m.json"), DONE, "--allow", server.url("data/"))
    test.files["data/relative.json"] = json.dumps(json.loads(served.replace(url.encode(), b"a.nwb"))).encode()
    test.read("a remote map with relative references", server.url("data/relative.json"), DONE)
    for name, place in (("link-local", "http://169.254.169.254/latest/"), ("another port", "http://127.0.0.1:1/a.nwb")):
        test.files["maps/sly.json"] = served.replace(url.encode(), place.encode())
        test.read(f"a remote map that leads to {name}", server.url("maps/sly.json"), POLICY, "--allow", "/")
    for place in (str(FILE), f"file://{FILE}"):
        test.files["maps/sly.json"] = served.replace(url.encode(), place.encode())
        test.read("a path in a remote map is a path on its server", server.url("maps/sly.json"), IO, "--allow", "/", says="no such file")
    test.files["maps/sly.json"] = served.replace(url.encode(), f"file:{FILE}".encode())
    test.read("whatever its spelling", server.url("maps/sly.json"), IO, "--allow", "/", says="no such file")
    test.files["maps/sly.json"] = served.replace(url.encode(), b"ftp://host/key")
    test.read("another scheme", server.url("maps/sly.json"), UNSUPPORTED)
    test.read("another scheme on the command line", "ftp://host/key", UNSUPPORTED)
    test.read("a host that is not there", "http://no-such-host.invalid/x", IO, says="no such host", no_proxy="*")
    test.read("a port that nobody listens at", "http://127.0.0.1:1/x", IO, says="Couldn't connect", no_proxy="*")
    test.read("a password on the command line", "http://me:secret@127.0.0.1/x", USAGE)

    for command in (("ls", url), ("ls", server.url("maps/m.json")), ("inspect", url), ("check", url, "--decode"), ("check", server.url("maps/m.json"), "--decode"), ("check", "a.nwb.json", "--allow", server.url("data/"))):
        done = test.run(*command)
        test.check(" ".join(command), done.returncode == DONE and b"rutter:" not in done.stderr, done.stderr)


def versions(test, server):
    test.environment["XDG_STATE_HOME"] = str(test.folder / "state")
    test.etag = '"v2"'
    test.read("a source that was replaced", "a.nwb.json", CHANGED, says="source-changed")
    test.check("check tells of it", test.run("check", "a.nwb.json").returncode == CHANGED)
    test.etag = '"v1"'
    data = test.files["data/a.nwb"]
    test.files["data/a.nwb"] = data + b"x"
    test.read("a source that has grown", "a.nwb.json", CHANGED, says="source-changed")
    test.files["data/a.nwb"] = data
    test.etag = 'W/"v1"'
    done = test.run("check", server.url("data/a.nwb"))
    test.check("check warns of a weak validator", done.returncode == DONE and b"cannot be verified" in done.stdout, done.stdout)
    test.etag = '"v1"'
    del test.files["data/a.nwb"]
    test.read("a source that is gone", "a.nwb.json", IO, says="no such file")
    test.check("check tells of that", test.run("check", "a.nwb.json").returncode == IO)
    test.files["data/a.nwb"] = data


def over_tls(test):
    if shutil.which("openssl") is None:
        print("skipped: https, because there is no openssl command to make a certificate")
        return
    key, certificate = test.folder / "key.pem", test.folder / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", certificate, "-subj", "/CN=127.0.0.1",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def to_http(request, data):
        return Answer("302 Found", [f"Location: http://127.0.0.1:1/{request.path}", "Content-Length: 0"])

    with Server(test.script, test.files.get, tls=context) as server, Server(to_http, test.files.get, tls=context) as downgrade:
        test.read("https with its certificate", server.url("data/a.nwb"), DONE, CURL_CA_BUNDLE=str(certificate))
        test.read("https with an unknown certificate", server.url("data/a.nwb"), IO, says="certificate")
        test.read("a redirect from https to http", downgrade.url("data/a.nwb"), POLICY, says="https to http", CURL_CA_BUNDLE=str(certificate))


def main():
    with tempfile.TemporaryDirectory() as folder:
        test = Tester(os.path.abspath(sys.argv[1]), folder)
        with Server(test.script, test.files.get) as server, Server(test.script, test.elsewhere.get) as stranger:
            places(test, server, stranger)
            versions(test, server)
        over_tls(test)
    print(f"{test.passed} passed, {test.failed} failed")
    return 1 if test.failed else 0


if __name__ == "__main__":
    sys.exit(main())
