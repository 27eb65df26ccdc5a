#!/usr/bin/env python3
"""Every scripted fault of a web server: rutter gives the right bytes, or the right error, and ends by itself.

    faults_test.py RUTTER [NAME ...]     the command to test; only the cases whose names hold one of NAMEs

No case depends on how fast the machine is: a wait may be too short, never too long. Where a server does not answer, the
command has a deadline of its own, and a case fails when the command is there long after it.
"""

import concurrent.futures
import dataclasses
import functools
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
from scripted_server import Answer, Server, right

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
ELEMENTS = 250_000  # of 4 bytes: 1 MB, beyond what opening fetches
WANTED = "100000:100500"
PATIENT, BRIEF = ("--timeout", "300"), ("--timeout", "8")  # of one range; the short one must not end what goes well on a busy machine
HANG = 900  # seconds; only to notice a command that never ends


def npy_file(seed):
    """A NumPy file of random int32, by its specification."""
    head = b"{'descr': '<i4', 'fortran_order': False, 'shape': (%d,), }" % ELEMENTS
    head += b" " * (-(len(head) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + random.Random(seed).randbytes(4 * ELEMENTS)


DATA, OTHER = npy_file(1), npy_file(2)
VALUES = DATA[-4 * ELEMENTS :][400_000:402_000]  # WANTED as bytes

DONE, USAGE, IO, CORRUPT, UNSUPPORTED, LIMIT, POLICY, CHANGED = 0, 2, 3, 4, 5, 6, 7, 8


@dataclasses.dataclass
class Case:
    """`script` answers; `code` and a part of the error's text are what must come out."""

    name: str
    script: object
    code: int = DONE
    says: str = ""
    most_requests: int = 40
    options: tuple = PATIENT
    check: object = None  # further requirements on the requests that were made


CASES = []


def case(code=DONE, says="", **more):
    def add(script):
        CASES.append(Case(script.__name__, script, code, says, **more))
        return script

    return add


def after_opening(faulty):
    """Opening goes well; then `faulty(request, data, nth)` counts the requests from 0."""

    @functools.wraps(faulty)
    def script(request, data):
        return right(request, data) if request.number == 0 else faulty(request, data, request.number - 1)

    return script


def first(times, fault):
    """A fault that passes: the first `times` requests behind the opening one meet it."""
    return lambda request, data, nth: fault(request, data) if nth < times else right(request, data)


def changed_field(answer, name, value):
    fields = [f for f in answer.fields if not f.lower().startswith(name.lower() + ":")]
    answer.fields = fields + ([f"{name}: {value}"] if value is not None else [])
    return answer


# ---- nothing wrong ----------------------------------------------------------------------------------------------------


@case(most_requests=2)
def good_server(request, data):
    return right(request, data)


@case(most_requests=2, check=lambda r: r[1].fields.get("if-match") == '"v1"')
def strong_etag_is_sent_as_if_match(request, data):
    return right(request, data)


@case(most_requests=2, check=lambda r: "if-match" not in r[1].fields and "if-unmodified-since" in r[1].fields)
def weak_etag_is_not_sent(request, data):
    return right(request, data, etag='W/"v1"')


@case(most_requests=2)
def no_validators(request, data):
    return right(request, data, etag=None, modified=None)


@case(most_requests=2)
def total_left_open_later(request, data):
    answer = right(request, data)
    asked = request.range(len(data))
    return answer if request.number == 0 else changed_field(answer, "Content-Range", f"bytes {asked[0]}-{asked[1]}/*")


@case(most_requests=2)
def chunked_coding(request, data):
    answer = changed_field(right(request, data), "Content-Length", None)
    answer.fields.append("Transfer-Encoding: chunked")
    answer.body = b"%x\r\n%s\r\n0\r\nETag: \"v9\"\r\n\r\n" % (len(answer.body), answer.body)
    return answer


@case(most_requests=2)
def no_content_length_and_closed(request, data):
    return changed_field(right(request, data), "Content-Length", None)


@case(most_requests=2)
def interim_response(request, data):
    answer = right(request, data)
    answer.raw = b"HTTP/1.1 103 Early Hints\r\nETag: \"hint\"\r\n\r\n" + "\r\n".join([f"HTTP/1.1 {answer.status}", *answer.fields, "Connection: close", "", ""]).encode() + answer.body
    return answer


# ---- servers without ranges -------------------------------------------------------------------------------------------


@case(most_requests=1)
def range_is_always_ignored(request, data):
    request.fields.pop("range", None)
    return right(request, data)


@case(most_requests=2)
@after_opening
def range_is_ignored_later(request, data, nth):
    request.fields.pop("range", None)
    return right(request, data)


@case(IO, "how many bytes")
def whole_without_length(request, data):
    return Answer("200 OK", [], data)


@case(IO, "failed", most_requests=6)
def whole_cut_short(request, data):
    answer = Answer("200 OK", [f"Content-Length: {len(data)}"], data, cut=500_000)
    return answer


@case(UNSUPPORTED, "too large")
def whole_claims_a_terabyte(request, data):
    return Answer("200 OK", ["Content-Length: 1099511627776"], data, stall=True)


@case(IO, "web page")
def login_page_at_once(request, data):
    return Answer("200 OK", ["Content-Type: text/html", "Content-Length: 25"], b"<html>please log in</html"[:25])


@case(IO, "web page")
@after_opening
def login_page_later(request, data, nth):
    return Answer("200 OK", ["Content-Type: text/html; charset=utf-8", "Content-Length: 25"], b"<html>please log in</html"[:25])


@case(CHANGED, "bytes")
@after_opening
def small_text_in_place_of_data(request, data, nth):
    return Answer("200 OK", ["Content-Type: text/plain", "Content-Length: 4"], b"busy")


# ---- 206 that is not what was asked for -------------------------------------------------------------------------------


def shifted(request, data):
    first_byte, last = request.range(len(data))
    return changed_field(right(request, data), "Content-Range", f"bytes {first_byte + 1}-{last + 1}/{len(data)}")


@case(IO, "Content-Range", most_requests=9)
@after_opening
def shifted_content_range(request, data, nth):
    return shifted(request, data)


@case()
@after_opening
def shifted_content_range_twice(request, data, nth):
    return first(2, shifted)(request, data, nth)


@case(IO, "without Content-Range", most_requests=9)
@after_opening
def no_content_range(request, data, nth):
    return changed_field(right(request, data), "Content-Range", None)


@case(IO, "malformed", most_requests=9)
@after_opening
def nonsense_content_range(request, data, nth):
    return changed_field(right(request, data), "Content-Range", "bytes 5-3/2")


@case(IO, "Content-Range", most_requests=9)
@after_opening
def start_of_the_file_in_place_of_the_range(request, data, nth):
    asked = request.range(len(data))
    length = asked[1] - asked[0] + 1
    return Answer("206 Partial Content", [f"Content-Range: bytes 0-{length - 1}/{len(data)}", f"Content-Length: {length}"], data[:length])


@case(IO, "Content-Length", most_requests=9)
@after_opening
def content_length_says_otherwise(request, data, nth):
    answer = right(request, data)
    return changed_field(answer, "Content-Length", len(answer.body) + 7)


@case(IO, "more bytes", most_requests=9)
@after_opening
def body_too_long(request, data, nth):
    answer = changed_field(right(request, data), "Content-Length", None)
    answer.body = b"extra" + answer.body
    return answer


@case()
@after_opening
def range_sent_in_two_parts(request, data, nth):
    asked = request.range(len(data))
    if nth > 0:
        return right(request, data)
    last = asked[0] + 999
    return Answer("206 Partial Content", [f"Content-Range: bytes {asked[0]}-{last}/{len(data)}", "Content-Length: 1000", 'ETag: "v1"'], data[asked[0] : last + 1])


@case(IO, "small pieces", most_requests=9)
@after_opening
def one_byte_at_a_time(request, data, nth):
    asked = request.range(len(data))
    return Answer("206 Partial Content", [f"Content-Range: bytes {asked[0]}-{asked[0]}/{len(data)}", "Content-Length: 1"], data[asked[0] : asked[0] + 1])


@case(IO, "several parts")
@after_opening
def multipart(request, data, nth):
    return Answer("206 Partial Content", ["Content-Type: multipart/byteranges; boundary=B", "Content-Length: 3"], b"--B")


@case(IO, "encoded with gzip")
@after_opening
def content_encoding(request, data, nth):
    return changed_field(right(request, data), "Content-Encoding", "gzip")


@case(IO, "encoded with br")
def content_encoding_when_opening(request, data):
    return changed_field(right(request, data), "Content-Encoding", "br")


@case(UNSUPPORTED, "how many bytes")
def total_unknown_when_opening(request, data):
    asked = request.range(len(data))
    return changed_field(right(request, data), "Content-Range", f"bytes {asked[0]}-{asked[1]}/*")


@case(IO, "twice and differs", most_requests=9)
@after_opening
def two_etags(request, data, nth):
    answer = right(request, data)
    answer.fields.append('ETag: "v2"')
    return answer


# ---- versions ---------------------------------------------------------------------------------------------------------


@case(CHANGED, "HTTP 412")
@after_opening
def replaced_and_server_checks(request, data, nth):
    return right(request, OTHER, etag='"v2"')


@case(CHANGED, "ETag")
@after_opening
def replaced_and_server_does_not_check(request, data, nth):
    request.fields.pop("if-match")
    return right(request, OTHER, etag='"v2"')


@case(CHANGED, "ETag")
@after_opening
def weak_etag_changes(request, data, nth):
    request.fields.pop("if-match")
    return right(request, OTHER, etag='W/"v1"')


@case(CHANGED, "Last-Modified")
@after_opening
def only_last_modified_changes(request, data, nth):
    return right(request, OTHER, modified="Sat, 21 Nov 2026 08:00:01 GMT")


@case(CHANGED, "bytes")
@after_opening
def file_has_grown(request, data, nth):
    return right(request, data + b"more", etag=None, modified=None)


@case(CHANGED, "bytes")
@after_opening
def file_was_cut(request, data, nth):
    return right(request, data[:1000], etag=None, modified=None)


@case(CORRUPT, "416")
@after_opening
def range_not_satisfiable(request, data, nth):
    return Answer("416 Range Not Satisfiable", ["Content-Length: 0"])


@case(CHANGED, "ETag")
@after_opening
def changes_in_the_middle_of_a_body(request, data, nth):
    request.fields.pop("if-match")
    answer = right(request, data if nth == 0 else OTHER, etag='"v1"' if nth == 0 else '"v2"')
    if nth == 0:
        answer.cut = 1000
    return answer


@case(CHANGED, "ETag")
def validator_appears_and_changes(request, data):
    request.fields.pop("if-match", None)
    answer = right(request, data, etag=None if request.number == 0 else f'"v{request.number}"', modified=None)
    if request.number == 1:
        answer.cut = 1000
    return answer


# ---- refusals, and servers that are busy ------------------------------------------------------------------------------


@case(IO, "no such file")
def not_found(request, data):
    return Answer("404 Not Found", ["Content-Length: 4"], b"none")


@case(IO, "no such file")
@after_opening
def gone_later(request, data, nth):
    return Answer("410 Gone", ["Content-Length: 0"])


@case(IO, "does not allow", most_requests=1)
def forbidden(request, data):
    return Answer("403 Forbidden", ["Content-Length: 9"], b"forbidden")


@case(IO, "HTTP 418")
@after_opening
def teapot(request, data, nth):
    return Answer("418 I'm a teapot", ["Content-Length: 0"])


@case(IO, "HTTP 204")
@after_opening
def no_content(request, data, nth):
    return Answer("204 No Content", [])


def busy_for(seconds, status="503 Service Unavailable"):
    return lambda request, data: Answer(status, [f"Retry-After: {seconds}", "Content-Length: 4"], b"busy")


def waited(requests, least):
    return requests[2].time - requests[1].time >= least


@case(check=lambda r: waited(r, 1.0))
@after_opening
def retry_after_seconds(request, data, nth):
    return first(1, busy_for(1))(request, data, nth)


@case(check=lambda r: r[2].wall_time >= int(r[1].wall_time) + 3)
@after_opening
def retry_after_date(request, data, nth):
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(int(request.wall_time) + 3))
    return first(1, busy_for(date, "429 Too Many Requests"))(request, data, nth)


@case(IO, "no time is left", options=BRIEF)
@after_opening
def retry_after_is_longer_than_we_have(request, data, nth):
    return busy_for(3000)(request, data)


@case()
@after_opening
def each_status_that_passes(request, data, nth):
    passing = ["500 Internal Server Error", "502 Bad Gateway", "503 Slow Down", "504 Gateway Timeout", "429 Too Many Requests"]
    return Answer(passing[nth], ["Content-Length: 0"]) if nth < len(passing) else right(request, data)


@case(IO, "HTTP 503", options=BRIEF)
@after_opening
def busy_for_ever(request, data, nth):
    return Answer("503 Service Unavailable", ["Content-Length: 0"])


@case()
def busy_when_opening(request, data):
    return busy_for(0)(request, data) if request.number < 3 else right(request, data)


# ---- connections ------------------------------------------------------------------------------------------------------


@case()
@after_opening
def closed_in_the_head(request, data, nth):
    return Answer(raw=b"HTTP/1.1 206 Par") if nth < 3 else right(request, data)


@case()
@after_opening
def closed_without_a_word(request, data, nth):
    return Answer(raw=b"") if nth < 3 else right(request, data)


@case(check=lambda r: int(r[2].fields["range"][6:].split("-")[0]) == int(r[1].fields["range"][6:].split("-")[0]) + 700)
@after_opening
def body_cut_is_resumed(request, data, nth):
    answer = right(request, data)
    if nth < 2:
        answer.cut = 700
    return answer


@case()
@after_opening
def body_reset(request, data, nth):
    answer = right(request, data)
    if nth < 3:
        answer.cut, answer.reset = 300, True
    return answer


@case(IO, "no time is left", options=BRIEF)
@after_opening
def always_reset(request, data, nth):
    answer = right(request, data)
    answer.cut, answer.reset = 0, True
    return answer


@case()
def opening_is_cut(request, data):
    answer = right(request, data)
    if request.number < 2:
        answer.cut = 1000
    return answer


@case(IO, "too slow", options=BRIEF)
@after_opening
def stalled_body(request, data, nth):
    answer = right(request, data)
    answer.cut, answer.stall = 100, True
    return answer


@case(IO, "too slow", options=BRIEF)
def no_answer_at_all(request, data):
    return Answer(raw=b"", delay=HANG)


@case(IO, "too slow", options=BRIEF)
@after_opening
def one_byte_per_second(request, data, nth):
    answer = right(request, data)
    answer.bytes_per_second = 1
    return answer


@case(IO, "failed", most_requests=9)
@after_opening
def not_http(request, data, nth):
    return Answer(raw=b"SSH-2.0-OpenSSH_9.2\r\n")


@case(IO, "wrong", most_requests=9)
@after_opening
def endless_head(request, data, nth):
    return Answer("206 Partial Content", ["X-Padding: " + "a" * 3000] * 95 + [f"Content-Range: bytes {request.range(len(data))[0]}-{request.range(len(data))[1]}/{len(data)}"], b"")


# ---- redirects --------------------------------------------------------------------------------------------------------


def redirect(to, status="302 Found"):
    return Answer(status, [f"Location: {to}", "Content-Length: 0"])


@case(most_requests=3, check=lambda r: [q.path for q in r] == ["/a.npy", "/moved/a.npy?sig=1", "/moved/a.npy?sig=1"])
def redirect_is_remembered(request, data):
    return redirect("/moved/a.npy?sig=1") if request.path == "/a.npy" else right(request, data)


@case(most_requests=6)
def every_kind_of_redirect(request, data):
    kinds = ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"]
    step = int(request.path.split("/")[1]) if request.path.count("/") == 2 else 0
    return redirect(f"/{step + 1}/a.npy", kinds[step]) if step < 4 else right(request, data)


@case(IO, "redirects", most_requests=6)
def redirect_circle(request, data):
    return redirect("/a.npy")


@case(most_requests=6, check=lambda r: [q.path for q in r] == ["/a.npy", "/moved/a.npy?sig=1", "/moved/a.npy?sig=1", "/a.npy", "/moved/a.npy?sig=2"])
def expired_signed_url_is_asked_for_again(request, data):
    if request.path == "/a.npy":
        return redirect(f"/moved/a.npy?sig={1 if request.number == 0 else 2}")
    if request.path.endswith("sig=1") and request.number > 1:
        return Answer("403 Forbidden", ["Content-Length: 7"], b"expired")
    return right(request, data)


@case(IO, "refuses the URL that a redirect gave", most_requests=2)
def signed_url_never_works(request, data):
    return redirect("/moved/a.npy?sig=1") if request.path == "/a.npy" else Answer("403 Forbidden", ["Content-Length: 0"])


@case(POLICY, "not public", most_requests=1)
def redirect_to_another_port_of_this_machine(request, data):
    return redirect("http://127.0.0.1:1/secret")


@case(POLICY, "not public", most_requests=1)
def redirect_to_a_name_of_this_machine(request, data):
    return redirect("http://localhost:1/secret")


@case(POLICY, "not public", most_requests=1)
def redirect_to_cloud_metadata(request, data):
    return redirect("http://169.254.169.254/latest/meta-data/")


@case(POLICY, "not public", most_requests=1)
def redirect_to_mapped_ipv6(request, data):
    return redirect("http://[::ffff:127.0.0.1]:1/secret")


@case(UNSUPPORTED, "only http and https", most_requests=1)
def redirect_to_a_file(request, data):
    return redirect("file:///etc/hostname")


@case(USAGE, "password", most_requests=1)
def redirect_with_a_password(request, data):
    return redirect("http://user:secret@127.0.0.1/")


@case(IO, "without a place", most_requests=1)
def redirect_to_nowhere(request, data):
    return Answer("302 Found", ["Content-Length: 0"])


# ---- running them -----------------------------------------------------------------------------------------------------


def run_case(rutter, one, folder):
    """Empty, or what was wrong."""
    out = os.path.join(folder, one.name + ".raw")
    with Server(one.script, lambda path: DATA) as server:
        command = [rutter, "read", server.url("a.npy"), "/data", "-s", WANTED, "--raw", out, "--json", *one.options]
        try:
            done = subprocess.run(command, capture_output=True, timeout=HANG)
        except subprocess.TimeoutExpired:
            return f"is not done after {HANG} s"
        requests = server.requests
    text = done.stderr.decode()
    if done.returncode != one.code:
        return f"exit code {done.returncode}, not {one.code}: {text}"
    if one.code == DONE:
        if open(out, "rb").read() != VALUES:
            return "WRONG BYTES"
    else:
        if os.path.exists(out):
            return "left a file behind"
        if one.says not in json.loads(text)["message"]:
            return f"does not say '{one.says}': {text}"
    if len(requests) > one.most_requests:
        return f"{len(requests)} requests, at most {one.most_requests}"
    if one.check and not one.check(requests):
        return f"the requests are not as they should be: {[(r.path, r.fields) for r in requests]}"
    return ""


def main():
    rutter, names = sys.argv[1], sys.argv[2:]
    chosen = [one for one in CASES if not names or any(name in one.name for name in names)]
    failed = 0
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(8) as pool:
        for one, problem in zip(chosen, pool.map(lambda one: run_case(rutter, one, folder), chosen)):
            if problem:
                failed += 1
                print(f"FAILED {one.name}: {problem}")
    print(f"{len(chosen) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
