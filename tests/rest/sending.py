"""Sending: to one, to many, and what counts as unread."""

import json
import re
import time

SEND, BATCH = "openim/sendmsg", "openim/batchsendmsg"
U32 = 2**32 - 1


def text(words):
    return [{"MsgType": "TIMTextElem", "MsgContent": {"Text": words}}]


def message(stage, to, words="hi", **fields):
    """A request to send; fields that are None are left out."""
    body = {"To_Account": to, "MsgSeq": stage.number(), "MsgRandom": stage.number(), "MsgBody": text(words)} | fields
    return {name: value for name, value in body.items() if value is not None}


def roam(stage, operator, peer, **fields):
    """The newest messages as one side sees them, oldest first."""
    now = int(time.time())
    body = {"Operator_Account": operator, "Peer_Account": peer, "MaxCnt": 100}
    body |= {"MinTime": now - 600, "MaxTime": now + 60}
    return stage.client.call("openim/admin_getroammsg", body | fields)


def words_of(reply):
    return [entry["MsgBody"][0]["MsgContent"].get("Text") for entry in reply.get("MsgList", [])]


def unread(stage, user, peer):
    reply = stage.client.call("openim/get_c2c_unread_msg_num", {"To_Account": user, "Peer_Account": [peer]})
    return [(row["Peer_Account"], row["C2CUnreadMsgNum"]) for row in reply.get("C2CUnreadMsgNumList", [])]


def one(stage):
    call, report = stage.client.call, stage.report
    ann, bob = stage.user("ann"), stage.user("bob")
    reply = call(SEND, message(stage, bob, "first", From_Account=ann, MsgSeq=7, MsgRandom=U32, CloudCustomData="k=v"))
    report.code("send", reply)
    key = reply.get("MsgKey", "")
    report.equal("the key is made of sequence, random and time", key, f"7_{U32}_{reply.get('MsgTime')}")
    report.check("the time is now", abs(reply.get("MsgTime", 0) - time.time()) < 10, reply)
    report.check("the client-side id", re.fullmatch(rf"\d+-\d+-{U32}", reply.get("MsgId", "")), reply)
    again = call(SEND, message(stage, bob, "first", From_Account=ann, MsgSeq=7, MsgRandom=U32))
    report.equal("a repeat gets the same key", again.get("MsgKey"), key)
    entry = roam(stage, ann, bob).get("MsgList", [{}])[-1]
    wanted = {
        "From_Account": ann, "To_Account": bob, "MsgSeq": 7, "MsgRandom": U32, "MsgTimeStamp": reply.get("MsgTime"),
        "MsgFlagBits": 0, "IsPeerRead": 0, "MsgKey": key, "MsgBody": text("first"), "CloudCustomData": "k=v",
    }
    report.equal("it is stored as sent", {name: entry.get(name) for name in wanted}, wanted)
    report.equal("and stored once", len(roam(stage, bob, ann).get("MsgList", [])), 1)
    free = call(SEND, message(stage, bob, "free", From_Account=ann, MsgSeq=None))
    found = re.fullmatch(r"(\d+)_\d+_\d+", free.get("MsgKey", ""))
    report.check("a sequence is chosen, below 2^31", found and int(found[1]) < 2**31, free)
    reply = call(SEND, message(stage, bob, "from above"))
    report.code("the administrator sends when nobody is named", reply)
    admin = stage.client.admin
    entries = roam(stage, bob, admin).get("MsgList", [])
    report.equal("the administrator is the sender", [entry["From_Account"] for entry in entries][-1:], [admin])
    report.code("a message to oneself", call(SEND, message(stage, ann, "note", From_Account=ann)))


def elements(stage):
    """Every type of element comes back as it was sent, with fields nobody knows."""
    call, report = stage.client.call, stage.report
    ann, eve = stage.user("ann"), stage.user("eve")
    url = "https://example.org/f"
    inner = {"From_Account": ann, "MsgSeq": 1, "MsgRandom": 1, "MsgTimeStamp": 1700000000, "MsgBody": text("in")}
    contents = {
        "TIMTextElem": {"Text": "\u6d4b\u8bd5 \U0001f600 \"\\\n\u0001</script>"},
        "TIMLocationElem": {"Desc": "here", "Latitude": 29.340656774469956, "Longitude": 116.77497920478824},
        "TIMFaceElem": {"Index": 1, "Data": "a\u0000b"},
        "TIMCustomElem": {"Data": "d", "Desc": "e", "Ext": "f", "Sound": "g.aiff"},
        "TIMSoundElem": {"Url": url, "UUID": "u", "Size": 62351, "Second": 1, "Download_Flag": 2},
        "TIMImageElem": {"UUID": "u", "ImageFormat": 1, "ImageInfoArray": [
            {"Type": kind, "Size": 1853095, "Width": 2448, "Height": 3264, "URL": url} for kind in (1, 2, 3)]},
        "TIMFileElem": {"Url": url, "UUID": "u", "FileSize": 1773552, "FileName": "a.txt", "Download_Flag": 2},
        "TIMVideoFileElem": {
            "VideoUrl": url, "VideoUUID": "u", "VideoSize": 1194603, "VideoSecond": 5, "VideoFormat": "mp4",
            "VideoDownloadFlag": 2, "ThumbUrl": url, "ThumbUUID": "v", "ThumbSize": 13907, "ThumbWidth": 720,
            "ThumbHeight": 1280, "ThumbFormat": "JPG", "ThumbDownloadFlag": 2},
        "TIMRelayElem": {"Title": "t", "MsgNum": 1, "CompatibleText": "c", "AbstractList": ["a"], "MsgList": [inner]},
    }
    for kind, content in contents.items():
        body = [{"MsgType": kind, "MsgContent": content | {"Unknown": {"A": [1, "x"]}}}]
        reply = call(SEND, message(stage, eve, From_Account=ann, MsgBody=body))
        report.code(kind, reply)
        report.equal(f"{kind} comes back", roam(stage, eve, ann).get("MsgList", [{}])[-1].get("MsgBody"), body)
    kinds = ("TIMTextElem", "TIMFaceElem", "TIMCustomElem")
    mixed = [{"MsgType": kind, "MsgContent": contents[kind]} for kind in kinds]
    report.code("elements are mixed", call(SEND, message(stage, eve, From_Account=ann, MsgBody=mixed)))
    report.equal("and stay in order", roam(stage, eve, ann).get("MsgList", [{}])[-1].get("MsgBody"), mixed)


def controls(stage):
    call, report = stage.client.call, stage.report
    ann, dan = stage.user("ann"), stage.user("dan")
    send = lambda words, **fields: call(SEND, message(stage, dan, words, From_Account=ann, **fields))
    report.code("online only", send("online", OnlineOnlyFlag=1))
    report.code("no lifetime", send("fleeting", MsgLifeTime=0))
    report.equal("both are not stored", words_of(roam(stage, dan, ann)), [])
    report.equal("nor unread", unread(stage, dan, ann), [(ann, 0)])
    report.code("a lifetime too long is cut", send("kept", MsgLifeTime=604801), 0, 90026)
    push = {"PushFlag": 0, "Title": "t", "Desc": "d", "Ext": "{}",
            "AndroidInfo": {"Sound": "a.mp3", "VIVOClassification": "1"}, "ApnsInfo": {"BadgeMode": 1}}
    report.code("everything at once", send("full", OfflinePushInfo=push, MsgLifeTime=60, SyncOtherMachine=1,
                                           IsNeedReadReceipt=1, SupportMessageExtension=1, MsgTimeStamp=1,
                                           ForbidCallbackControl=["ForbidBeforeSendMsgCallback"]))
    report.code("no copy for the sender", send("one-sided", SyncOtherMachine=2))
    report.code("not counted", send("silent", SendMsgControl=["NoUnread", "NoLastMsg"]))
    seen, own = words_of(roam(stage, dan, ann)), words_of(roam(stage, ann, dan))
    report.check("the receiver has all", seen[-3:] == ["full", "one-sided", "silent"], seen)
    report.check("the sender lacks the one-sided", own[-2:] == ["full", "silent"], own)
    report.equal("all but one are counted", unread(stage, dan, ann), [(ann, len(seen) - 1)])


def counts(stage):
    call, report = stage.client.call, stage.report
    ann, bob, fay, ghost = stage.user("ann"), stage.user("bob"), stage.user("fay"), stage.name("ghost")
    for sender, times in ((ann, 3), (bob, 2)):
        for _ in range(times):
            call(SEND, message(stage, fay, From_Account=sender))
    reply = call("openim/get_c2c_unread_msg_num", {"To_Account": fay})
    report.equal("unread in all", reply.get("AllC2CUnreadMsgNum"), 5)
    reply = call("openim/get_c2c_unread_msg_num", {"To_Account": fay, "Peer_Account": [bob, ghost, ann]})
    rows = [(row["Peer_Account"], row["C2CUnreadMsgNum"]) for row in reply.get("C2CUnreadMsgNumList", [])]
    report.equal("unread by peer", rows, [(bob, 2), (ann, 3)])
    failures = [(row["Peer_Account"], row["ErrorCode"]) for row in reply.get("ErrorList", [])]
    report.equal("an unknown peer", failures, [(ghost, 70107)])
    mark = lambda **fields: call("openim/admin_set_msg_read", {"Report_Account": fay, "Peer_Account": ann} | fields)
    report.code("read until long ago", mark(MsgReadTime=1000))
    report.equal("changes nothing", unread(stage, fay, ann), [(ann, 3)])
    report.code("read until now, as a text", mark(MsgReadTime=str(int(time.time()))))
    report.equal("nothing is unread", unread(stage, fay, ann), [(ann, 0)])
    report.equal("of others it still is", unread(stage, fay, bob), [(bob, 2)])
    call(SEND, message(stage, fay, From_Account=ann))
    report.equal("what comes later is unread", unread(stage, fay, ann), [(ann, 1)])
    report.code("read until now, by default", mark())
    report.equal("nothing is unread again", unread(stage, fay, ann), [(ann, 0)])
    report.code("a time that is none", mark(MsgReadTime="now"), 90001)
    report.code("a reader that is not", mark(Report_Account=ghost), 90008, 90003)
    report.code("a peer that is not", mark(Peer_Account=ghost), 90003, 90008)
    report.code("no peer", mark(Peer_Account=7), 90003)
    read = lambda **fields: call("openim/get_c2c_unread_msg_num", {"To_Account": fay} | fields)
    report.code("a user that is not", read(To_Account=ghost), 90003, 90008)
    report.code("no user", read(To_Account=7), 90003)
    report.code("11 peers", read(Peer_Account=[ann] * 11), 90001, 90011)


def batches(stage):
    call, report = stage.client.call, stage.report
    ann, users, ghost = stage.user("ann"), [stage.user(f"b{number}") for number in range(3)], stage.name("ghost")
    reply = call(BATCH, message(stage, users, "all", From_Account=ann, MsgSeq=5, MsgRandom=12, CloudCustomData="c"))
    report.code("to several", reply)
    report.equal("all were reached", (reply.get("ActionStatus"), reply.get("ErrorList", [])), ("OK", []))
    key = reply.get("MsgKey", "")
    report.check("one key", re.fullmatch(r"5_12_\d+", key), reply)
    for user in users:
        entry = roam(stage, user, ann).get("MsgList", [{}])[-1]
        report.equal("a copy with that key", (entry.get("MsgKey"), entry.get("CloudCustomData")), (key, "c"))
    reply = call(BATCH, message(stage, users[:1] + [ghost], "some", From_Account=ann))
    report.equal("some were reached", (reply.get("ActionStatus"), reply.code), ("SomeError", 0))
    failures = [(row["To_Account"], row["ErrorCode"]) for row in reply.get("ErrorList", [])]
    report.equal("who was not", failures, [(ghost, 70107)])
    reply = call(BATCH, message(stage, [ghost, ghost + "2"], "none", From_Account=ann))
    report.check("nobody was reached", reply.get("ActionStatus") == "FAIL" and reply.code in (90012, 70107), reply)
    failures = [row["To_Account"] for row in reply.get("ErrorList", [])]
    report.equal("nobody, all listed", failures, [ghost, ghost + "2"])
    reply = call(BATCH, message(stage, users[:1] + [f"{ghost}{number}" for number in range(499)]))
    failures = reply.get("ErrorList", [])
    report.check("500 receivers", reply.get("ActionStatus") == "SomeError" and len(failures) == 499, reply.code)
    before = unread(stage, users[1], ann)
    report.code("online only", call(BATCH, message(stage, users[1:2], "now", From_Account=ann, MsgLifeTime=0)))
    report.equal("is not counted", unread(stage, users[1], ann), before)
    call(BATCH, message(stage, users[2:], "one-sided", From_Account=ann, SyncOtherMachine=2))
    report.equal("one-sided at the receiver", words_of(roam(stage, users[2], ann))[-1:], ["one-sided"])
    report.equal("one-sided at the sender", words_of(roam(stage, ann, users[2]))[-1:], ["all"])
    for user in users:
        recalled = call("openim/admin_msgwithdraw", {"From_Account": ann, "To_Account": user, "MsgKey": key})
        report.code("recalled at one receiver", recalled)


def refusals(stage):
    """Each wrong field has its code."""
    call, code = stage.client.call, stage.report.code
    ann, bob, ghost = stage.user("ann"), stage.user("bob"), stage.name("ghost")
    custom = {"MsgType": "TIMCustomElem", "MsgContent": {"Data": "d"}}
    shared = [
        ("MsgRandom", None, (90005,)), ("MsgRandom", "1", (90005,)), ("MsgRandom", -1, (90005,)),
        ("MsgRandom", 2**32, (90005,)), ("MsgRandom", 1.5, (90005,)), ("MsgSeq", "x", (90004,)),
        ("MsgBody", None, (90007, 90002)), ("MsgBody", {}, (90007,)), ("MsgBody", "x", (90007,)),
        ("MsgBody", [], (90002, 90010)), ("MsgBody", ["x"], (90002, 90010)),
        ("MsgBody", [{"MsgType": "TIMTextElem"}], (90002, 90010)),
        ("MsgBody", [{"MsgContent": {"Text": "x"}}], (90002, 90010)),
        ("MsgBody", [{"MsgType": "TIMNoElem", "MsgContent": {}}], (90002, 90010)),
        ("MsgBody", [{"MsgType": "TIMTextElem", "MsgContent": "x"}], (90002, 90010)),
        ("MsgBody", [{"MsgType": "TIMTextElem", "MsgContent": {}}], (90002, 90010)),
        ("MsgBody", [custom, custom], (90010, 90002)),
        ("To_Account", None, (90003,)), ("To_Account", 7, (90003, 60015)),
        ("From_Account", ghost, (90008, 20003)), ("From_Account", 7, (90008, 60015)),
        ("CloudCustomData", {}, (90010, 90001)),
    ]
    sends = [
        ("SyncOtherMachine", "1", (90031,)), ("MsgLifeTime", "60", (90044,)), ("MsgLifeTime", 0.5, (90044,)),
        ("OfflinePushInfo", [], (90043,)), ("OfflinePushInfo", {"PushFlag": "x"}, (90043,)),
        ("OfflinePushInfo", {"AndroidInfo": 1}, (90043,)),
    ]
    for name, value, codes in shared + sends:
        body = message(stage, bob, From_Account=ann) | {name: value}
        shown = json.dumps(value)
        code(f"sendmsg with {name} {shown}", call(SEND, strip(body)), *codes)
        if name != "To_Account":
            code(f"batchsendmsg with {name} {shown}", call(BATCH, strip({"To_Account": [bob]} | without(body))), *codes)
    code("sendmsg with a time that is none", call(SEND, message(stage, bob, MsgTimeStamp="x")), 90006)
    code("sendmsg to many", call(SEND, message(stage, [bob])), 90003)
    code("sendmsg to a ghost", call(SEND, message(stage, ghost)), 90012)
    code("sendmsg to an empty name", call(SEND, message(stage, "")), 90012, 90003)
    code("batchsendmsg to one name", call(BATCH, message(stage, bob)), 90003)
    code("batchsendmsg to numbers", call(BATCH, message(stage, [7])), 90003, 60015)
    code("batchsendmsg to nobody", call(BATCH, message(stage, [])), 90001, 90003)
    code("batchsendmsg to 501", call(BATCH, message(stage, [bob] * 501)), 90011)
    code("sendmsg of 13 KB", call(SEND, message(stage, bob, "x" * 13000)), 93000)
    code("batchsendmsg of 13 KB", call(BATCH, message(stage, [bob], "x" * 13000)), 93000, 90055)
    code("batchsendmsg of 70 KB", call(BATCH, message(stage, [bob], "x" * 70000)), 90055, 93000)
    code("sendmsg of 11 KB", call(SEND, message(stage, bob, "x" * 11000, From_Account=stage.user("eve"))))
    imports = [
        ("SyncFromOldSystem", None, (90030,)), ("SyncFromOldSystem", 3, (90030,)), ("SyncFromOldSystem", "5", (90030,)),
        ("MsgTimeStamp", None, (90006,)), ("MsgTimeStamp", "x", (90006,)), ("From_Account", None, (90008,)),
        ("To_Account", ghost, (90012,)),
    ]
    for name, value, codes in shared + imports:
        body = message(stage, bob, From_Account=ann, SyncFromOldSystem=2, MsgTimeStamp=1700000000) | {name: value}
        code(f"importmsg with {name} {json.dumps(value)}", call("openim/importmsg", strip(body)), *codes)
    big = message(stage, bob, "x" * 13000, From_Account=ann, SyncFromOldSystem=2, MsgTimeStamp=1700000000)
    code("importmsg of 13 KB", call("openim/importmsg", big), 93000)


def strip(body):
    return {name: value for name, value in body.items() if value is not None}


def without(body):
    return {name: value for name, value in body.items() if name != "To_Account"}


SECTIONS = [one, elements, controls, counts, batches, refusals]
