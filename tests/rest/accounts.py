"""Accounts, their online state, and kicks."""

import time

from client import user_sig

LOGIN = "im_open_login_svc"


def statuses(stage, *names):
    reply = stage.client.call(f"{LOGIN}/account_check", {"CheckItem": [{"UserID": name} for name in names]})
    return [item.get("AccountStatus") for item in reply.get("ResultItem", [])]


def profile(stage, name, tag="Tag_Profile_IM_Nick"):
    reply = stage.client.call("profile/portrait_get", {"To_Account": [name], "TagList": [tag]})
    for user in reply.get("UserProfileItem", []):
        for item in user.get("ProfileItem", []):
            if item["Tag"] == tag:
                return item["Value"]
    return ""


def imports(stage):
    call, report = stage.client.call, stage.report
    ann, old = stage.name("ann"), stage.name("old")
    face = "https://example.org/a.png"
    report.code("import", call(f"{LOGIN}/account_import", {"UserID": ann, "Nick": "Ann", "FaceUrl": face}))
    report.code("import by the older name", call(f"{LOGIN}/account_import", {"Identifier": old, "Type": 0}))
    stage.made |= {ann, old}
    report.equal("the nickname was kept", profile(stage, ann), "Ann")
    report.equal("the avatar was kept", profile(stage, ann, "Tag_Profile_IM_Image"), face)
    report.code("import again", call(f"{LOGIN}/account_import", {"UserID": ann, "Nick": "Anna"}))
    report.equal("the nickname was replaced", profile(stage, ann), "Anna")
    report.code("import without a nickname", call(f"{LOGIN}/account_import", {"UserID": ann}))
    report.equal("the nickname stayed", profile(stage, ann), "Anna")
    for what, body in [
        ("no name", {}),
        ("an empty name", {"UserID": ""}),
        ("33 bytes", {"UserID": "x" * 33}),
        ("33 bytes in 11 characters", {"UserID": "\u6d4b" * 11}),
        ("a number", {"UserID": 7}),
    ]:
        report.code(f"import of {what}", call(f"{LOGIN}/account_import", body), 70402, 60015)
    long = {"UserID": ann, "Nick": "x" * 501}
    report.code("a nickname of 501 bytes", call(f"{LOGIN}/account_import", long), 40601, 40006)
    report.equal("names are case-sensitive", statuses(stage, ann, ann.upper()), ["Imported", "NotImported"])


def many(stage):
    call, report = stage.client.call, stage.report
    names = [stage.name(f"m{number}") for number in range(4)]
    body = {"Accounts": [names[0], names[1], names[0], "x" * 33]}
    reply = call(f"{LOGIN}/multiaccount_import", body)
    stage.made |= set(names)
    report.code("several names", reply)
    report.equal("the bad name is listed", reply.get("FailAccounts"), ["x" * 33])
    rows = [{"UserID": names[1], "Nick": "One"}, {"UserID": names[2], "Nick": "Two"}, {"UserID": names[3]}]
    reply = call(f"{LOGIN}/multiaccount_import", {"AccountList": rows})
    report.code("several accounts", reply)
    report.equal("no bad name", reply.get("FailAccounts", []), [])
    report.equal("all are there", statuses(stage, *names), ["Imported"] * 4)
    report.equal("nicknames of a list", [profile(stage, name) for name in names], ["", "One", "Two", ""])
    for what, body in [
        ("nobody", {"Accounts": []}),
        ("neither list", {}),
        ("101 names", {"Accounts": [f"x{number}" for number in range(101)]}),
        ("no list", {"Accounts": "ann"}),
        ("an account without a name", {"AccountList": [{"Nick": "x"}]}),
    ]:
        report.code(f"import of {what}", call(f"{LOGIN}/multiaccount_import", body), 70402)
    report.equal("a refused list imports nobody", statuses(stage, "x1"), ["NotImported"])


def checks(stage):
    call, report = stage.client.call, stage.report
    ann, ghost = stage.user("ann"), stage.name("ghost")
    reply = call(f"{LOGIN}/account_check", {"CheckItem": [{"UserID": ghost}, {"UserID": ann}]})
    wanted = [
        {"UserID": ghost, "ResultCode": 0, "ResultInfo": "", "AccountStatus": "NotImported"},
        {"UserID": ann, "ResultCode": 0, "ResultInfo": "", "AccountStatus": "Imported"},
    ]
    report.equal("accounts are checked in order", reply.get("ResultItem"), wanted)
    bad = {"nobody": [], "101 names": [{"UserID": "x"}] * 101, "no list": "x", "an empty item": [{}]}
    for what, items in bad.items():
        report.code(f"check of {what}", call(f"{LOGIN}/account_check", {"CheckItem": items}), 70402)


def deletion(stage):
    call, report = stage.client.call, stage.report
    gone, ghost = stage.user("gone"), stage.name("ghost")
    items = [{"UserID": gone}, {"UserID": ghost}, {"UserID": gone}]
    reply = call(f"{LOGIN}/account_delete", {"DeleteItem": items})
    report.code("delete", reply)
    results = reply.get("ResultItem", [])
    report.equal("results in order", [item.get("ResultCode") for item in results], [0, 70107, 70107])
    report.check("every result has its text", all(isinstance(item.get("ResultInfo"), str) for item in results), results)
    report.equal("it is gone", statuses(stage, gone), ["NotImported"])
    stage.made.discard(gone)
    body = {"To_Account": gone, "MsgRandom": 1, "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "x"}}]}
    report.code("nothing is sent to it", call("openim/sendmsg", body), 90012, 20003)
    stage.user("gone")
    report.equal("its name can be taken again", statuses(stage, gone), ["Imported"])
    for what, body in [("nobody", {"DeleteItem": []}), ("101", {"DeleteItem": items[:1] * 101}), ("no list", {})]:
        report.code(f"delete {what}", call(f"{LOGIN}/account_delete", body), 70402)


def online(stage):
    call, report = stage.client.call, stage.report
    ann, ghost = stage.user("ann"), stage.name("ghost")
    for command in ("openim/query_online_status", "openim/querystate"):
        reply = call(command, {"To_Account": [ann, ghost], "IsNeedDetail": 1})
        report.code(command, reply)
        rows = reply.get("QueryResult", [])
        report.check(
            f"{command}: Offline under both names",
            len(rows) == 1 and (rows[0].get("To_Account"), rows[0].get("Status"), rows[0].get("State"))
            == (ann, "Offline", "Offline"),
            rows,
        )
        failures = [(row.get("To_Account"), row.get("ErrorCode")) for row in reply.get("ErrorList", [])]
        report.equal(f"{command}: the unknown is listed", failures, [(ghost, 70107)])
        report.code(f"{command}: only unknowns", call(command, {"To_Account": [ghost]}), 70107, 90003)
        report.code(f"{command}: nobody", call(command, {"To_Account": []}), 90001)
        report.code(f"{command}: no list", call(command, {"To_Account": ann}), 90003)
        report.code(f"{command}: numbers", call(command, {"To_Account": [7]}), 90003, 60015)
        report.code(f"{command}: missing", call(command, {}), 90003, 90001)
        report.code(f"{command}: 501", call(command, {"To_Account": [ann] * 501}), 90011)
        reply = call(command, {"To_Account": [ann] + [f"{ghost}{number}" for number in range(499)]})
        report.check(f"{command}: 500", reply.code == 0 and len(reply.get("ErrorList", [])) == 499, reply.code)


def kicks(stage):
    call, report = stage.client.call, stage.report
    ann = stage.user("ann")
    report.code("kick", call(f"{LOGIN}/kick", {"UserID": ann}))
    report.code("kick by the older name", call(f"{LOGIN}/kick", {"Identifier": ann}))
    reply = call("openim/query_online_status", {"To_Account": [ann]})
    report.equal("a kicked user is offline", [row["Status"] for row in reply.get("QueryResult", [])], ["Offline"])
    report.code("kick of a ghost", call(f"{LOGIN}/kick", {"UserID": stage.name("ghost")}), 70107)
    report.code("kick of nobody", call(f"{LOGIN}/kick", {}), 70402)
    report.code("kick of a number", call(f"{LOGIN}/kick", {"UserID": 7}), 70402, 60015)


def admin_kick(stage):
    """An administrator's signature is worth nothing after a kick, one made later is."""
    client, report = stage.client, stage.report
    report.code("the administrator is kicked", client.call(f"{LOGIN}/kick", {"UserID": client.admin}))
    report.code("its signature is revoked", client.call(f"{LOGIN}/account_check", {}), 70052)
    client.sig = user_sig(client.sdkappid, client.key, client.admin, now=int(time.time()) + 2)
    report.code("a later one is good", client.call(f"{LOGIN}/account_check", {}), 70402)


def clean_up(stage):
    names = sorted(stage.made)
    for start in range(0, len(names), 100):
        items = [{"UserID": name} for name in names[start : start + 100]]
        reply = stage.client.call(f"{LOGIN}/account_delete", {"DeleteItem": items})
        codes = [item.get("ResultCode") for item in reply.get("ResultItem", [])]
        stage.report.equal("the run's accounts are removed", codes, [0] * len(items))


SECTIONS = [imports, many, checks, deletion, online, kicks]
