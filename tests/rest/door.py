"""How requests are addressed, signed and limited."""

import concurrent.futures
import time
import urllib.parse

from client import old_sig, user_sig

CHECK = "im_open_login_svc/account_check"


def paths(stage):
    call, code = stage.client.call, stage.report.code
    code("a path without a command", call("", path="/v4/openim"), 60002)
    code("a path that is too long", call("", path="/v4/openim/sendmsg/now"), 60002)
    code("an unknown command", call("openim/no_such_command"), 60009)
    code("an unknown service", call("no_such_service/sendmsg"), 60009)
    code("names have their case", call("openim/SendMsg"), 60009)
    code("GET is not a method", call(CHECK, method="GET"), 60008)
    code("commands of clients are not for REST", call("im_open_status/wslogin"), 60009)


def signatures(stage):
    client, code = stage.client, stage.report.code
    app, key, admin = client.sdkappid, client.key, client.admin
    body = {"CheckItem": [{"UserID": "nobody"}]}
    ask = lambda **changes: client.call(CHECK, body, query=client.query(**changes))
    signed = lambda **changes: user_sig(**{"sdkappid": app, "key": key, "identifier": admin} | changes)
    code("the usual query", ask())
    code("no sdkappid", ask(sdkappid=None), 60012)
    code("an unknown sdkappid", ask(sdkappid=1), 60006, 70020)
    code("a sdkappid that is no number", ask(sdkappid="x"), 60006, 60012, 70020)
    code("no identifier", ask(identifier=None), 60004)
    code("an empty identifier", ask(identifier=""), 60004)
    # Failures are counted by name, so they are made under one that no other run uses.
    forger = stage.name("forger")
    forged = lambda sig: ask(identifier=forger, usersig=sig)
    own = lambda **changes: signed(**{"identifier": forger} | changes)
    code("no usersig", forged(None), 60004, 60005, 70002)
    code("an empty usersig", forged(""), 60004, 60005, 70002)
    code("a usersig that expired", forged(own(expire=10, now=int(time.time()) - 60)), 70001)
    code("a garbled usersig", forged("eJnonsense"), 70003, 70005)
    code("half a usersig", forged(own()[:90]), 70003, 70005)
    code("a usersig of another key", forged(own(key="f" * 64)), 70009, 70003, 70005)
    code("a usersig of another user", forged(signed()), 70013)
    code("a usersig of another app", forged(own(sdkappid=app + 1)), 70014)
    code("a usersig of the old kind", forged(old_sig(app, forger)), 70016, 70009)
    code("a good usersig of nobody important", forged(own()), 60010, 70403)
    code("a usersig made a little later", ask(usersig=signed(now=int(time.time()) + 30)))
    sleuth = stage.name("sleuth")
    wrong = [ask(identifier=sleuth, usersig=signed(identifier=sleuth, key="f" * 64)).code for _ in range(40)]
    stage.report.check("too many wrong signatures [70050]", wrong[-1] == 70050, wrong)


def rights(stage):
    client, code = stage.client, stage.report.code
    user = stage.user("plain")
    query = lambda: client.query(identifier=user, usersig=user_sig(client.sdkappid, client.key, user))
    for command, own in [
        (CHECK, 70403),
        ("openim/sendmsg", 90009),
        ("openim/admin_getroammsg", 90009),
        ("profile/portrait_get", 40004),
    ]:
        code(f"{command} by a plain user", client.call(command, {}, query=query()), 60010, own)


def bodies(stage):
    client, code = stage.client, stage.report.code
    for command, own in [(CHECK, 70402), ("openim/sendmsg", 90001), ("openim/batchsendmsg", 90001)]:
        for what, body in [("empty", b""), ("not JSON", b"{"), ("a list", b"[]"), ("not UTF-8", b'{"A":"\xff"}')]:
            code(f"{command} with a body that is {what}", client.call(command, body), 60003, own)
    good = {"CheckItem": [{"UserID": "nobody"}]}
    for kind in ("text/plain", "application/x-www-form-urlencoded", None):
        code(f"a body sent as {kind}", client.call(CHECK, good, content_type=kind))
    code("a query that is not escaped", client.call(CHECK, good, escape=False))
    turned = dict(reversed(list(client.query().items())))
    code("a query in another order", client.call(CHECK, good, query=turned))
    code("contenttype in capitals", client.call(CHECK, good, query=client.query(contenttype="JSON")))
    escaped = client.query(usersig="".join(f"%{ord(char):02X}" for char in client.sig))
    escaped["identifier"] = urllib.parse.quote(client.admin)
    code("a query escaped all over", client.call(CHECK, good, query=escaped, escape=False))
    code("fields nobody knows", client.call(CHECK, good | {"New": {"A": [1]}}))


def rates(stage):
    """Accounts may be deleted 100 times a second."""
    command, body = "im_open_login_svc/account_delete", {"DeleteItem": [{"UserID": stage.name("ghost")}]}
    with concurrent.futures.ThreadPoolExecutor(16) as threads:
        started = time.monotonic()
        codes = list(threads.map(lambda _: stage.client.call(command, body).code, range(600)))
        took = time.monotonic() - started
    done, refused = codes.count(0), codes.count(60007)
    stage.report.check("only 0 and 60007 when asked too often", done + refused == 600, set(codes))
    # A few may have been used up by the clean-up of a run just before.
    stage.report.check("about 100 a second pass", done >= 90, done)
    stage.report.check("not many more", done <= 100 * (took + 2), f"{done} in {took:.2f} s")
    if took < 2.5:
        stage.report.check("too many calls a second [60007]", refused > 0, f"600 calls in {took:.2f} s")
    other = stage.client.call("openim/querystate", {"To_Account": []})
    stage.report.code("other commands go on meanwhile", other, 90001)
    until = time.monotonic() + 3
    while time.monotonic() < until and stage.client.call(command, body).code != 0:
        pass


SECTIONS = [paths, signatures, rights, bodies, rates]
