#!/usr/bin/env python3
"""s3://, gs:// and az:// against stores that do what a script says and check every signature: where keys go and where not,
regions, refusals, maps of strangers, and the real names of hosts.

    object_stores_test.py RUTTER
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.dont_write_bytecode = True
from scripted_server import Answer, Server, right
from signature_v4 import verify
from tls_proxy import TlsProxy, make_certificate

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
FILE = PROJECT / "examples/recording.nwb"
ARRAY, SLICE = "/acquisition/ElectricalSeries/data", "1000:6000,:5"
DONE, USAGE, IO, UNSUPPORTED, POLICY, CHANGED = 0, 2, 3, 5, 7, 8
KEY_ID, SECRET, TOKEN = "AKIDOFTESTS", "sesame/+=open", "token//of+tests=="
HANG = 900  # seconds; only to notice a command that never ends


def refuse(status, code, *fields, more=""):
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>Words.</Message>{more}</Error>'.encode()
    return Answer(status, ["Content-Type: application/xml", f"Content-Length: {len(body)}", *fields], body)


class Store:
    """A bucket of S3's kind, in one region, that wants signatures (or none)."""

    def __init__(self):
        self.objects, self.keys, self.region, self.is_public, self.next = {}, {KEY_ID: (SECRET, "")}, "us-east-1", False, []
        self.tells_region_in_field = True

    def __call__(self, request, data):
        if self.next:
            scripted = self.next.pop(0)
            if scripted is not None:
                return scripted
        code, region = verify(request.method, request.path, request.fields, self.keys)
        if self.is_public and "authorization" not in request.fields:
            code = ""
        elif not code and region != self.region:
            if self.tells_region_in_field:
                return refuse("301 Moved Permanently", "PermanentRedirect", f"x-amz-bucket-region: {self.region}", "Location: https://evil.example.org/")
            return refuse("400 Bad Request", "AuthorizationHeaderMalformed", more=f"<Region>{self.region}</Region>")
        if code:
            return refuse("403 Forbidden", code)
        data = self.objects.get(urllib.parse.unquote(request.path)[1:])
        return right(request, data) if data is not None else refuse("404 Not Found", "NoSuchKey")


class Tester:
    def __init__(self, rutter, folder):
        self.rutter, self.folder, self.passed, self.failed, self.said = rutter, pathlib.Path(folder), 0, 0, ""
        self.data = FILE.read_bytes()
        self.environment = {name: value for name, value in os.environ.items() if not name.upper().startswith(("AWS_", "AZURE_", "HTTP", "ALL_PROXY", "NO_PROXY"))}
        self.environment |= {"HOME": str(self.folder / "home"), "XDG_STATE_HOME": str(self.folder / "state"), "AWS_ACCESS_KEY_ID": KEY_ID, "AWS_SECRET_ACCESS_KEY": SECRET}
        (self.folder / "home/.aws").mkdir(parents=True)
        self.run("read", FILE, ARRAY, "-s", SLICE, "--raw", self.folder / "good.raw")
        self.values = (self.folder / "good.raw").read_bytes()

    def run(self, *arguments, **environment):
        merged = {**self.environment, **environment}
        done = subprocess.run([self.rutter, *map(str, arguments)], capture_output=True, timeout=HANG, cwd=self.folder, env={name: value for name, value in merged.items() if value is not None})
        self.said += (done.stdout + done.stderr).decode(errors="replace")
        return done

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


def names(test, store, server):
    """Keys of every kind of letter, and what the map says of them."""
    for key in ("a.nwb", "with space+plus=equals.nwb", "\u00fcn\u00ef/\u6f22.nwb", "a/b%20c?d#e&f;g,h:i@j!k$l'(m)*~_-.nwb", "two//slashes.nwb", "/leading.nwb", "trailing/"):
        store.objects = {f"bucket/{key}": test.data}
        before = len(server.requests)
        test.read(f"key {key}", f"s3://bucket/{key}", DONE)
        test.check(f"later requests of {key} are signed and conditional", all(r.fields.get("if-match") == '"v1"' for r in server.requests[before + 1 :]), server.requests[before:])
        done = test.run("map", f"s3://bucket/{key}", "-o", "keys.json")
        sources = json.loads((test.folder / "keys.json").read_bytes())["rutter"]["sources"] if done.returncode == 0 else done.stderr
        test.check(f"the map names {key} as it is", done.returncode == DONE and [s["url"] for s in sources] == [f"s3://bucket/{key}"], sources)
        test.read(f"through the map of {key}", "keys.json", DONE)
    store.objects = {"bucket/folder/a.nwb": test.data}
    done = test.run("map", "s3://bucket/folder/a.nwb")
    test.check("a map is named after the key", done.returncode == DONE and (test.folder / "a.nwb.json").exists(), done.stderr)
    for wrong in ("s3://bucket", "s3://bucket/a/../b", "s3://bu@cket/a", "s3:///a"):
        test.read(wrong, wrong, USAGE)


def keys(test, store, server):
    """Where keys come from."""
    place, without = "s3://bucket/folder/a.nwb", {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    files = test.folder / "home/.aws"
    test.read("no keys", place, IO, says="no keys were found", **without)
    test.check("nothing was signed then", "authorization" not in server.requests[-1].fields)
    test.read("--anonymous", place, IO, "--anonymous", says="leave out --anonymous")
    test.check("nothing was signed there either", "authorization" not in server.requests[-1].fields)
    test.read("half a pair", place, USAGE, says="without its access key id", AWS_ACCESS_KEY_ID=None)
    (files / "credentials").write_text(f"[lab]\naws_access_key_id = {KEY_ID}\naws_secret_access_key = {SECRET}\naws_session_token = {TOKEN}\n")
    (files / "config").write_text("[profile sso]\nsso_session = x\n")
    test.read("a profile that is nowhere", place, USAGE, says="no profile 'none'", AWS_PROFILE="none", **without)
    test.read("a profile that logs in by SSO", place, IO, says="aws configure export-credentials --profile sso", AWS_PROFILE="sso", **without)
    test.read("a token that the store does not know", place, IO, says="SignatureDoesNotMatch", AWS_PROFILE="lab", **without)
    store.keys = {KEY_ID: (SECRET, TOKEN)}
    test.read("a profile with a session token", place, DONE, AWS_PROFILE="lab", **without)
    test.read("a session token in the environment", place, DONE, AWS_SESSION_TOKEN=TOKEN)
    store.next = [None, refuse("400 Bad Request", "ExpiredToken")]
    test.read("keys that expire and are not renewed", place, IO, says="the keys have expired", AWS_PROFILE="lab", **without)

    def renew():
        (files / "credentials").write_text(f"[lab]\naws_access_key_id = NEWKEY\naws_secret_access_key = {SECRET}x\n")
        store.keys = {"NEWKEY": (SECRET + "x", "")}
        return refuse("400 Bad Request", "ExpiredToken")

    class Renewing(list):
        def pop(self, at):
            return renew() if super().pop(at) == "renew" else None

    store.next = Renewing(["", "renew"])
    test.read("keys that expire and are renewed meanwhile", place, DONE, AWS_PROFILE="lab", **without)
    store.next, store.keys = [], {KEY_ID: (SECRET, "")}
    store.is_public = True
    test.read("a public object without keys", place, DONE, **without)
    test.read("a public object with --anonymous", place, DONE, "--anonymous")
    store.is_public = False


def regions(test, store, server):
    place = "s3://bucket/folder/a.nwb"
    for in_field in (True, False):
        store.region, store.tells_region_in_field = "ap-southeast-2", in_field
        before = len(server.requests)
        test.read("a bucket in another region", place, DONE)
        test.check("the region is asked for once", sum("/us-east-1/" in r.fields["authorization"] for r in server.requests[before:]) == 1)
    test.read("--region", place, DONE, "--region", "ap-southeast-2")
    test.check("is what signs", "/ap-southeast-2/" in server.requests[-1].fields["authorization"])
    test.read("no region", place, USAGE, "--region", "evil.org/", says="is no region")
    store.region, store.tells_region_in_field = "us-east-1", True
    store.next = [refuse("301 Moved Permanently", "PermanentRedirect", f"x-amz-bucket-region: r{k}") for k in range(20)]
    test.read("a store that sends round and round", place, IO, says="is in the region")
    store.next = [refuse("301 Moved Permanently", "PermanentRedirect", "x-amz-bucket-region: evil.org/x")]
    test.read("a region that is none", place, IO)
    store.next = []


def refusals(test, store, server):
    place = "s3://bucket/folder/a.nwb"
    for status, code, exit_code, says in (("403 Forbidden", "AccessDenied", IO, "--anonymous reads public objects"), ("403 Forbidden", "RequestTimeTooSkewed", IO, "clock"),
                                          ("404 Not Found", "NoSuchBucket", IO, "no such bucket"), ("403 Forbidden", "InvalidObjectState", UNSUPPORTED, "archived"),
                                          ("301 Moved Permanently", "PermanentRedirect", IO, "--endpoint")):  # fmt: skip
        store.next = [refuse(status, code)]
        test.read(code, place, exit_code, says=says)
    store.next = [refuse("416 Requested Range Not Satisfiable", "InvalidRange")]
    test.read("an object without bytes", place, UNSUPPORTED, says="no format")
    test.read("a missing key", "s3://bucket/none.nwb", IO, says="not-found: there is no such object")
    test.read("a wrong secret", place, IO, says="SignatureDoesNotMatch", AWS_SECRET_ACCESS_KEY="not it")
    test.read("a key id that nobody knows", place, IO, says="InvalidAccessKeyId", AWS_ACCESS_KEY_ID="nobody")
    store.next = [None, refuse("503 Slow Down", "SlowDown", "Retry-After: 1"), refuse("500 Internal Server Error", "InternalError"), refuse("400 Bad Request", "RequestTimeout")]
    start = time.monotonic()
    test.read("a store that is busy, ill and slow", place, DONE)
    test.check("Retry-After is obeyed", time.monotonic() - start >= 1)
    test.run("map", place, "-o", "version.json")
    store.next = [refuse("412 Precondition Failed", "PreconditionFailed")]
    test.read("another version", "version.json", CHANGED, says="source-changed")
    store.next = []


def strangers(test, store, server, other):
    """Who may lead to an object, and that keys go to their own store alone."""
    place = "s3://bucket/folder/a.nwb"
    test.run("map", place, "-o", "own.json")
    test.read("one's own map", "own.json", DONE)
    state = str(test.folder / "nobody")
    before = len(server.requests)
    test.read("a stranger's map", "own.json", POLICY, says="--allow s3://bucket/folder/", XDG_STATE_HOME=state)
    test.check("asks the store for nothing", len(server.requests) == before)
    test.read("a stranger's map that is allowed", "own.json", DONE, "--allow", "s3://bucket/folder/", XDG_STATE_HOME=state)
    test.read("... the bucket", "own.json", DONE, "--allow", "s3://bucket/", XDG_STATE_HOME=state)
    test.read("... another bucket", "own.json", POLICY, "--allow", "s3://bucket2/", XDG_STATE_HOME=state)
    test.read("... local files", "own.json", POLICY, "--allow", "/", XDG_STATE_HOME=state)

    document = json.loads((test.folder / "own.json").read_bytes())
    kerchunk = {"version": 1, "refs": document["refs"]}
    (test.folder / "kerchunk.json").write_text(json.dumps(kerchunk))
    test.read("a kerchunk map", "kerchunk.json", POLICY, says="--allow s3://bucket/folder/")
    test.check("a kerchunk map that is allowed", test.run("read", "kerchunk.json", ARRAY, "-s", SLICE, "--raw", "k.raw", "--allow", "s3://bucket/").returncode == DONE
               and (test.folder / "k.raw").read_bytes() == test.values)  # fmt: skip

    store.objects["bucket/maps/own.json"] = (test.folder / "own.json").read_bytes()
    test.read("a map in the bucket of its data", "s3://bucket/maps/own.json", DONE, XDG_STATE_HOME=state)
    store.objects["elsewhere/own.json"] = store.objects["bucket/maps/own.json"]
    test.read("a map in another bucket", "s3://elsewhere/own.json", POLICY, says="--allow s3://bucket/folder/", XDG_STATE_HOME=state)
    stranger = other.url("own.json")
    test.read("a map on a web server", stranger, POLICY, says="--allow s3://bucket/folder/", XDG_STATE_HOME=state)

    for status in ("302 Found", "307 Temporary Redirect"):
        store.next = [Answer(status, [f"Location: {other.url('a.nwb')}", "Content-Length: 0"])]
        before = len(other.requests)
        test.read(f"a store that redirects ({status})", place, DONE, "--allow", other.url(""))
        seen = other.requests[before:]
        test.check("no keys go to another place", seen and not any("authorization" in r.fields or any(n.startswith("x-amz-") for n in r.fields) for r in seen), seen)
    store.next = [refuse("307 Temporary Redirect", "TemporaryRedirect", f"Location: {other.url('a.nwb')}")]
    test.read("a signed request stays where it is", place, IO, "--allow", other.url(""), says="keys are not sent there")
    before = len(other.requests)
    test.read("a URL of a web server", other.url("a.nwb"), DONE)
    test.check("is never signed", not any("authorization" in r.fields for r in other.requests[before:]))
    store.next = []


def hosts(test):
    """The real names: AWS's hosts, Google, Azure, a signed URL that expires (DANDI), a redirect chain (Hugging Face)."""
    names = ["*.s3.us-east-1.amazonaws.com", "*.s3.eu-west-1.amazonaws.com", "s3.us-east-1.amazonaws.com", "s3.eu-west-1.amazonaws.com", "storage.googleapis.com", "account.blob.core.windows.net",
             "api.dandiarchive.org", "dandiarchive.s3.amazonaws.com", "huggingface.co", "cdn-lfs.huggingface.co"]  # fmt: skip
    made = make_certificate(test.folder, names)
    if made is None:
        print("skipped: the real names of hosts, because there is no openssl command to make a certificate")
        return
    state = {"signed": 0}

    def script(request, data):
        host, (path, _, query) = request.fields["host"], request.path.partition("?")
        if ".amazonaws.com" in host and not host.startswith("dandiarchive"):
            code, region = verify(request.method, request.path, request.fields, {KEY_ID: (SECRET, "")})
            if code:
                return refuse("403 Forbidden", code)
            if "us-east-1" in host:
                return refuse("301 Moved Permanently", "PermanentRedirect", "x-amz-bucket-region: eu-west-1")
            right_place = {"bucket.s3.eu-west-1.amazonaws.com": "/a%20b.nwb", "s3.eu-west-1.amazonaws.com": "/with.dots/a%20b.nwb"}
            return right(request, test.data) if region == "eu-west-1" and right_place.get(host) == path else refuse("404 Not Found", "NoSuchKey")
        if "authorization" in request.fields:
            return refuse("400 Bad Request", "KeysWereSent")
        if host == "storage.googleapis.com":
            return right(request, test.data) if path == "/bucket/a%20b.nwb" else refuse("403 Forbidden", "AccessDenied")
        if host == "account.blob.core.windows.net":
            return right(request, test.data) if path == "/container/a%20b.nwb" else refuse("404 Not Found", "BlobNotFound")
        if host == "api.dandiarchive.org":
            state["signed"] += 1
            return Answer("302 Found", [f"Location: https://dandiarchive.s3.amazonaws.com/blobs/1?X-Amz-Signature=secret{state['signed']}", "Content-Length: 0"])
        if host == "dandiarchive.s3.amazonaws.com":
            # Each signed URL is good for two requests.
            state[query] = state.get(query, 0) + 1
            return right(request, test.data) if state[query] <= 2 else refuse("403 Forbidden", "AccessDenied", more="<Expires>earlier</Expires>")
        if host == "huggingface.co":
            if path == "/datasets/x/resolve/main/a.nwb":
                return Answer("307 Temporary Redirect", ["Location: /api/resolve-cache/datasets/x/0f/a.nwb", "Content-Length: 0"])
            return Answer("302 Found", ["Location: https://cdn-lfs.huggingface.co/repos/0f?Signature=secret", "X-Linked-Size: 5", 'ETag: "of the redirect"', "Content-Length: 0"])
        return right(request, test.data)

    context, certificate = made
    with TlsProxy(script, lambda path: None, context) as proxy:
        through = {"https_proxy": f"http://127.0.0.1:{proxy.port}", "CURL_CA_BUNDLE": str(certificate), "AWS_ENDPOINT_URL_S3": None}
        before = len(proxy.requests)
        test.read("virtual-host style, and a region found", "s3://bucket/a b.nwb", DONE, **through)
        test.check("one request to the first region", [r.fields["host"] for r in proxy.requests[before:]].count("bucket.s3.us-east-1.amazonaws.com") == 1)
        test.read("path style for a bucket with dots", "s3://with.dots/a b.nwb", DONE, AWS_REGION="eu-west-1", **through)
        test.read("an addressing that is none", "s3://bucket/a b.nwb", USAGE, "--addressing", "0", **through)
        test.read("--addressing path", "s3://with.dots/a b.nwb", DONE, "--addressing", "path", "--region", "eu-west-1", **through)
        test.read("a Google object", "gs://bucket/a b.nwb", DONE, **through)
        test.read("a Google object that is not public", "gs://bucket/private", IO, says="only public objects", **through)
        test.read("an Azure blob", "abfs://container@account.dfs.core.windows.net/a b.nwb", DONE, **through)
        test.read("an Azure blob of an account in the environment", "az://container/a b.nwb", DONE, AZURE_STORAGE_ACCOUNT_NAME="account", **through)
        test.read("an Azure blob without its account", "az://container/a b.nwb", USAGE, says="AZURE_STORAGE_ACCOUNT_NAME", **through)
        done = test.run("map", "gs://bucket/a b.nwb", "-o", "gs.json", **through)
        sources = json.loads((test.folder / "gs.json").read_bytes())["rutter"]["sources"]
        test.check("a map names the Google object", done.returncode == DONE and sources[0]["url"] == "gs://bucket/a b.nwb", sources)
        test.read("through that map", "gs.json", DONE, **through)
        test.read("a stranger's map to Google", "gs.json", POLICY, says="--allow gs://bucket/", **{**through, "XDG_STATE_HOME": str(test.folder / "nobody")})

        asset, blobs = "https://api.dandiarchive.org/api/assets/1/download/", ("--allow", "https://dandiarchive.s3.amazonaws.com/")
        test.read("a DANDI asset whose signed URLs expire", asset, DONE, *blobs, **through)
        test.check("is resolved again", state["signed"] >= 2, state)
        done = test.run("map", asset, "-o", "dandi.json", *blobs, **through)
        text = (test.folder / "dandi.json").read_text()
        test.check("its map names the asset, and no signature", done.returncode == DONE and json.loads(text)["rutter"]["sources"][0]["url"] == asset and "X-Amz-Signature" not in text, done.stderr)
        test.read("through its map", "dandi.json", DONE, *blobs, **through)
        test.read("a Hugging Face file", "https://huggingface.co/datasets/x/resolve/main/a.nwb", DONE, "--allow", "https://cdn-lfs.huggingface.co/", **through)


def main():
    with tempfile.TemporaryDirectory() as folder:
        test = Tester(os.path.abspath(sys.argv[1]), folder)
        store, elsewhere = Store(), {"a.nwb": test.data}
        serve = lambda request, data: right(request, data) if data is not None else Answer("404 Not Found", ["Content-Length: 0"])  # noqa: E731
        with Server(store, lambda path: None) as server, Server(serve, elsewhere.get) as other:
            test.environment["AWS_ENDPOINT_URL_S3"] = server.origin()
            names(test, store, server)
            keys(test, store, server)
            regions(test, store, server)
            refusals(test, store, server)
            test.run("map", "s3://bucket/folder/a.nwb", "-o", "own.json")
            elsewhere["own.json"] = (test.folder / "own.json").read_bytes()
            strangers(test, store, server, other)
        hosts(test)
        written = test.said + "".join(path.read_text(errors="replace") for path in test.folder.glob("*.json"))
        for secret in (SECRET, TOKEN, "secret1", "Signature=secret", "AWS4-HMAC"):
            test.check(f"no word of {secret}", secret not in written)
    print(f"{test.passed} passed, {test.failed} failed")
    return 1 if test.failed else 0


if __name__ == "__main__":
    sys.exit(main())
