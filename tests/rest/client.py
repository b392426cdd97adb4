"""A REST v4 client of its own: signs, asks, and holds every reply to the common form.

Written against the documented API alone, with nothing but the standard library, so that it shares no mistake with
the server.
"""

import base64
import hashlib
import hmac
import http.client
import json
import random
import threading
import time
import urllib.parse
import zlib

SIX_MONTHS = 15_552_000


def encode_sig(fields):
    """The text of a signature: JSON, zlib, base64 with three characters replaced."""
    packed = zlib.compress(json.dumps(fields).encode())
    return base64.b64encode(packed).decode().translate(str.maketrans("+/=", "*-_"))


def user_sig(sdkappid, key, identifier, expire=SIX_MONTHS, now=None):
    """A UserSig of the second generation (HMAC-SHA256)."""
    now = int(time.time()) if now is None else now
    text = (
        f"TLS.identifier:{identifier}\nTLS.sdkappid:{sdkappid}\n"
        f"TLS.time:{now}\nTLS.expire:{expire}\n"
    )
    digest = hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()
    return encode_sig({
        "TLS.ver": "2.0",
        "TLS.identifier": str(identifier),
        "TLS.sdkappid": int(sdkappid),
        "TLS.expire": int(expire),
        "TLS.time": now,
        "TLS.sig": base64.b64encode(digest).decode(),
    })


def old_sig(sdkappid, identifier, now=None):
    """The envelope of the first generation (ECDSA), with a signature nobody made."""
    return encode_sig({
        "TLS.account_type": "0",
        "TLS.identifier": identifier,
        "TLS.appid_at_3rd": "0",
        "TLS.sdk_appid": str(sdkappid),
        "TLS.expire_after": "86400",
        "TLS.version": "201610110000",
        "TLS.time": str(int(time.time()) if now is None else now),
        "TLS.sig": base64.b64encode(b"0" * 70).decode(),
    })


class Reply(dict):
    """The object a command answers with."""

    @property
    def code(self):
        return self.get("ErrorCode")


class Client:
    """Asks one app's commands as one of its administrators. May be used by several threads."""

    def __init__(self, base, sdkappid, key, admin):
        parts = urllib.parse.urlsplit(base)
        self.host, self.port = parts.hostname, parts.port or 80
        self.sdkappid, self.key, self.admin = sdkappid, key, admin
        self.sig = user_sig(sdkappid, key, admin)
        self.local = threading.local()
        self.violations = []
        self.replies = 0

    def query(self, **changes):
        """The usual query; a change to None leaves a parameter out."""
        query = {
            "sdkappid": self.sdkappid,
            "identifier": self.admin,
            "usersig": self.sig,
            "random": random.randrange(2**32),
            "contenttype": "json",
        }
        query.update(changes)
        return {name: value for name, value in query.items() if value is not None}

    def ask(self, path, body=b"{}", query=None, method="POST", content_type="application/json", escape=True):
        """One HTTP exchange: status, headers in lower case, bytes."""
        query = self.query() if query is None else query
        if escape:
            text = urllib.parse.urlencode(query)
        else:
            text = "&".join(f"{name}={value}" for name, value in query.items())
        headers = {"Content-Type": content_type} if content_type else {}
        for again in (True, False):
            try:
                link = self.local.__dict__.setdefault("link", None)
                if link is None:
                    link = self.local.link = http.client.HTTPConnection(self.host, self.port, timeout=10)
                link.request(method, f"{path}?{text}", body=body, headers=headers)
                answer = link.getresponse()
                payload = answer.read()
                return answer.status, {name.lower(): value for name, value in answer.getheaders()}, payload
            except (http.client.HTTPException, ConnectionError):
                self.local.link.close()
                self.local.link = None
                if not again:
                    raise
        raise AssertionError("unreachable")

    def call(self, command, body=None, **options):
        """Asks `service/command` and returns its reply, after checking the form that all replies have."""
        if not isinstance(body, (bytes, str)):
            body = json.dumps({} if body is None else body)
        if isinstance(body, str):
            body = body.encode()
        path = options.pop("path", f"/v4/{command}")
        status, headers, payload = self.ask(path, body, **options)
        return self.checked(command, status, headers, payload)

    def checked(self, command, status, headers, payload):
        """The reply, after noting whatever a strict typed client would refuse."""
        self.replies += 1
        note = lambda what: self.violations.append(f"{command}: {what}: {payload[:200]!r}")
        if status != 200:
            note(f"status {status}")
        kind = headers.get("content-type", "application/json").split(";")[0].strip().lower()
        if kind != "application/json" and not kind.endswith("+json"):
            note(f"content type {kind}")
        try:
            reply = json.loads(payload)
        except ValueError:
            note("the body is not JSON")
            return Reply()
        if not isinstance(reply, dict):
            note("the body is not an object")
            return Reply()
        code, action = reply.get("ErrorCode"), reply.get("ActionStatus")
        if not isinstance(code, int) or isinstance(code, bool):
            note("ErrorCode is not an integer")
        if not isinstance(reply.get("ErrorInfo"), str):
            note("ErrorInfo is not a string")
        fitting = {"OK", "SomeError"} if code == 0 else {"FAIL"}
        if action not in fitting:
            note(f"ActionStatus is {action!r}")
        if has_null(reply):
            note("a null")
        return Reply(reply)


def has_null(value):
    """Whether a null is anywhere in it: typed clients stumble over each."""
    if isinstance(value, dict):
        return any(has_null(member) for member in value.values())
    if isinstance(value, list):
        return any(has_null(member) for member in value)
    return value is None
