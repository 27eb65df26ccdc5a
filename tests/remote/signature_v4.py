"""Signature Version 4 of AWS, written from its description, to check and to make signed requests."""

import datetime
import hashlib
import hmac
import urllib.parse

EMPTY = hashlib.sha256(b"").hexdigest()


def signature(method, target, fields, names, secret, scope):
    """`target` as on the wire; `fields` by names in lower case; `names` of those that are signed; scope "date/region/s3/aws4_request"."""
    path, _, query = target.partition("?")
    canonical = [method, path, "&".join(sorted(query.split("&"))) if query else ""]
    canonical += [f"{name}:{' '.join(fields[name].split())}" for name in names]
    canonical += ["", ";".join(names), fields["x-amz-content-sha256"]]
    text = "\n".join(["AWS4-HMAC-SHA256", fields["x-amz-date"], scope, hashlib.sha256("\n".join(canonical).encode()).hexdigest()])
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def verify(method, target, fields, keys):
    """(error code of S3 or "", the region that signed). `keys`: access key id -> (secret, session token)."""
    said = fields.get("authorization")
    if said is None:
        return "AccessDenied", ""
    assert said.startswith("AWS4-HMAC-SHA256 "), said
    parts = dict(part.strip().split("=", 1) for part in said[len("AWS4-HMAC-SHA256 ") :].split(","))
    key_id, scope = parts["Credential"].split("/", 1)
    names = parts["SignedHeaders"].split(";")
    region = scope.split("/")[1]
    if key_id not in keys:
        return "InvalidAccessKeyId", region
    secret, token = keys[key_id]
    # The rules of S3: host and every x-amz field are signed, the names are sorted, the key is encoded canonically.
    wanted = {name for name in fields if name.startswith("x-amz-")} | {"host"}
    raw = urllib.parse.unquote_to_bytes(target.partition("?")[0])
    proper = names == sorted(names) and wanted <= set(names) and target.partition("?")[0] == urllib.parse.quote(raw, safe="/-._~")
    if fields.get("x-amz-security-token", "") != token or fields.get("x-amz-content-sha256") != EMPTY or not proper:
        return "SignatureDoesNotMatch", region
    if not hmac.compare_digest(signature(method, target, fields, names, secret, scope), parts["Signature"]):
        return "SignatureDoesNotMatch", region
    return "", region


def sign(method, host, target, key_id, secret, region, body=b""):
    """The fields of a signed request."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    fields = {"host": host, "x-amz-date": now, "x-amz-content-sha256": hashlib.sha256(body).hexdigest()}
    scope = f"{now[:8]}/{region}/s3/aws4_request"
    names = sorted(fields)
    fields["authorization"] = f"AWS4-HMAC-SHA256 Credential={key_id}/{scope},SignedHeaders={';'.join(names)},Signature={signature(method, target, fields, names, secret, scope)}"
    return fields


def check_example():
    """The GET of an object in AWS's own description of Signature Version 4 (its example keys, a range, 24 May 2013)."""
    fields = {"host": "examplebucket.s3.amazonaws.com", "range": "bytes=0-9", "x-amz-content-sha256": EMPTY, "x-amz-date": "20130524T000000Z"}
    made = signature("GET", "/test.txt", fields, sorted(fields), "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524/us-east-1/s3/aws4_request")
    assert made == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", made


check_example()
