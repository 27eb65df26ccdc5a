"""Calls of the rutter command, and the forms of its JSON: the one place in the suites that knows them."""

import base64
import json
import os
import resource
import signal
import subprocess

import harness

BINARY = os.environ.get("RUTTER", os.path.join(harness.PROJECT, "build", "release", "bin", "rutter"))

MANY_READS = os.environ.get("RUTTER_MANY_READS", os.path.join(os.path.dirname(BINARY), "read_many"))

EXIT_NAMES = {0: "done", 2: "usage", 3: "io or not found", 4: "corrupt", 5: "unsupported", 6: "limit", 7: "policy",
              8: "source changed", 70: "internal"}


class Refused(Exception):
    """rutter ended with an error of its own; `code` is the exit code, `error` the JSON object from stderr."""

    def __init__(self, code, error):
        super().__init__(error.get("message", ""))
        self.code, self.error = code, error

    def reason(self):
        """One line without what differs from file to file."""
        return f"{EXIT_NAMES.get(self.code, self.code)}: {self.error.get('message', '')}"


class Broken(Exception):
    """rutter died, hung, or printed something that is not its contract."""


def require_binary():
    if not os.access(BINARY, os.X_OK):
        raise SystemExit(f"no rutter at {BINARY}: run make build, or set RUTTER")


def allowed():
    """Lets files and maps lead anywhere below the corpus: the maps of the suites stand elsewhere than the data."""
    return ["--allow", harness.corpus_root() or "/"]


def run(arguments, seconds=600, address_space=None, cwd=None):
    """(exit code, stdout, stderr). Raises Broken on a signal, a time-out, exit code 70 or an unknown exit code."""

    def limit():
        if address_space:
            resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))

    encoded = [os.fsencode(a) if isinstance(a, str) else a for a in [BINARY, *arguments]]
    try:
        done = subprocess.run(encoded, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, cwd=cwd,
                              preexec_fn=limit if address_space else None)
    except subprocess.TimeoutExpired:
        raise Broken(f"time-out after {seconds} s") from None
    if done.returncode < 0:
        raise Broken(f"died of {signal.Signals(-done.returncode).name}")
    if done.returncode == 70 or done.returncode not in EXIT_NAMES:
        raise Broken(f"exit code {done.returncode}: {done.stderr.decode('utf-8', 'replace')[:200]}")
    return done.returncode, done.stdout, done.stderr


def error_of(stderr):
    """The JSON error object on stderr, or the plain line."""
    for line in stderr.decode("utf-8", "surrogateescape").splitlines():
        try:
            found = json.loads(line)
            if isinstance(found, dict):
                return found.get("error", found)
        except ValueError:
            continue
    return {"message": stderr.decode("utf-8", "replace").strip()[:200]}


def checked(arguments, **options):
    code, out, err = run(arguments, **options)
    if code:
        raise Refused(code, error_of(err))
    return out


def parsed(arguments, **options):
    out = checked(arguments, **options)
    try:
        return json.loads(out.decode("utf-8", "surrogateescape"))
    except ValueError as error:
        raise Broken(f"stdout is no JSON: {error}") from None


def as_text(value):
    """A name from JSON as str; names that are no UTF-8 come as {"base64": ...} and keep their bytes as surrogates."""
    return base64.b64decode(value["base64"]).decode("utf-8", "surrogateescape") if isinstance(value, dict) else value


def listing(target):
    """{path: node} of `rutter ls --json --attrs`; a node is its JSON object."""
    return {as_text(node["path"]): node for node in parsed(["ls", target, "--json", "--attrs", *allowed()])["nodes"]}


def chunks(target, path):
    """[{"index", "source", "offset", "length", "filter_mask"}] of one array."""
    return parsed(["ls", target, path, "--chunks", "--json", *allowed()])


def failure(text):
    """A Refused made of a "failure" or "reason" in a listing: "unsupported: ..."."""
    word = text.split(":", 1)[0]
    return Refused({name: code for code, name in EXIT_NAMES.items()}.get(word, 4), {"message": text.split(": ", 1)[-1]})


def slice_text(selection):
    """A tuple of slices in the syntax of `-s`."""
    return ",".join(f"{s.start}:{s.stop}" for s in selection)


class ManyReads:
    """Reads of one file or map through one process (driver/read_many.cpp); the same functions as the commands use.

    The process ends when this one does.
    """

    def __init__(self, target):
        self.process = subprocess.Popen([MANY_READS, os.fsencode(target), harness.corpus_root() or "/"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def _ask(self, what, *words):
        line = " ".join([what, *(os.fsencode(w).hex() or "-" for w in words)])
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
            head = self.process.stdout.readline().split()
            answer = self.process.stdout.read(int(head[1])) if len(head) == 2 else b""
        except BrokenPipeError:
            head, answer = [], b""
        if len(head) != 2:
            code = self.process.wait()
            raise Broken(f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with {code}")
        if head[0] == b"error":
            error = json.loads(answer.decode("utf-8", "surrogateescape"))
            if error["exit"] == 70:
                raise Broken(f"exit code 70: {error['message']}")
            raise Refused(error["exit"], error)
        return json.loads(answer.decode("utf-8", "surrogateescape"))

    def npy(self, path, out, selection=()):
        """Writes the .npy file `out`."""
        self._ask("npy", path, slice_text(selection), out)

    def values(self, path, selection=()):
        """The "values" of `rutter read --json`."""
        return self._ask("json", path, slice_text(selection))["values"]

    def chunks(self, path):
        return self._ask("chunks", path)


def read_npy(target, path, out, selection=()):
    """Writes the .npy file `out`."""
    checked(["read", target, path, "--out", out, "--json", *allowed()] + (["-s", slice_text(selection)] if selection else []))


def read_values(target, path, selection=()):
    """The "values" of `rutter read --json`."""
    return parsed(["read", target, path, "--json", *allowed()] + (["-s", slice_text(selection)] if selection else []))["values"]


def write_map(target, out, arguments=()):
    """The summary of `rutter map`; its "unmapped" lists what the map does not hold."""
    return parsed(["map", target, "-o", out, "--json", *allowed(), *arguments])


def unmapped(summary):
    """{path: reason} of a map's summary; attributes are under "path@name", what could not be listed under "path, part"."""
    found = {}
    for entry in summary["unmapped"]:
        name = as_text(entry["path"]) + ("@" + as_text(entry["attribute"]) if "attribute" in entry else "")
        name += ", " + entry["part"] if "part" in entry else ""
        found[name] = as_text(entry["reason"])
    return found
