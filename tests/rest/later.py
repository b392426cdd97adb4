"""What happens to messages later: recalled, modified, deleted, confirmed, extended."""

from sending import message, roam, text, unread, words_of

EXTENSIONS = "openim_msg_ext_http_svc"


def sent(stage, sender, receiver, words, **fields):
    body = message(stage, receiver, words, From_Account=sender, **fields)
    return stage.client.call("openim/sendmsg", body)["MsgKey"]


def recalls(stage):
    call, report = stage.client.call, stage.report
    ann, jan, ghost = stage.user("ann"), stage.user("jan"), stage.name("ghost")
    key, kept = sent(stage, ann, jan, "oops"), sent(stage, ann, jan, "fine")
    where = {"From_Account": ann, "To_Account": jan, "MsgKey": key}
    recall = lambda **fields: call("openim/admin_msgwithdraw", where | fields)
    report.code("recall", recall())
    for side, peer in ((ann, jan), (jan, ann)):
        flags = {entry["MsgKey"]: entry["MsgFlagBits"] for entry in roam(stage, side, peer)["MsgList"]}
        report.equal("recalled on both sides", flags, {key: 8, kept: 0})
        report.check("its words are gone", "oops" not in words_of(roam(stage, side, peer)))
    report.code("recall again", recall(), 20023)
    report.code("recall what is not", recall(MsgKey="1_2_1700000000"), 20022)
    report.code("recall from the wrong side", recall(MsgKey=kept, From_Account=jan, To_Account=ann), 20022)
    for key in ("x", "1_2", "1_2_3_4", "", "-1_2_3", "1_4294967296_3"):
        report.code(f"recall by {key!r}", recall(MsgKey=key), 90054)
    report.code("recall by a number", recall(MsgKey=7), 90054, 90001)
    report.code("recall of a ghost's", recall(From_Account=ghost), 90008, 90003)
    report.code("recall from a ghost", recall(To_Account=ghost), 90003)
    report.code("recall from nobody", call("openim/admin_msgwithdraw", {"From_Account": ann, "MsgKey": key}), 90003)


def changes(stage):
    call, report = stage.client.call, stage.report
    ann, kim, ghost = stage.user("ann"), stage.user("kim"), stage.name("ghost")
    key = sent(stage, ann, kim, "draft", CloudCustomData="v1")
    where, content = {"From_Account": ann, "To_Account": kim, "MsgKey": key}, ("MsgKey", "MsgBody", "CloudCustomData")
    modify = lambda **fields: call("openim/modify_c2c_msg", where | fields)
    now = lambda: {name: roam(stage, kim, ann)["MsgList"][-1][name] for name in content}
    report.code("modify the body", modify(MsgBody=text("final")))
    report.equal("the data stays", now(), {"MsgKey": key, "MsgBody": text("final"), "CloudCustomData": "v1"})
    report.code("modify the data", modify(CloudCustomData="v2"))
    report.equal("the body stays", now(), {"MsgKey": key, "MsgBody": text("final"), "CloudCustomData": "v2"})
    report.code("modify both", modify(MsgBody=text("last"), CloudCustomData="v3"))
    report.equal("both changed", now(), {"MsgKey": key, "MsgBody": text("last"), "CloudCustomData": "v3"})
    report.code("modify with a bad body", modify(MsgBody=[{"MsgType": "TIMTextElem"}]), 90002, 90010)
    report.code("modify with no list", modify(MsgBody={}), 90007)
    report.code("modify to a ghost", modify(To_Account=ghost, MsgBody=text("x")), 90012, 90003, 20003)
    report.code("modify what is not", modify(MsgKey="1_2_1700000000", MsgBody=text("x")), 20022, 20001)
    report.equal("refused changes change nothing", now()["MsgBody"], text("last"))


def deletions(stage):
    call, report = stage.client.call, stage.report
    ann, lee = stage.user("ann"), stage.user("lee")
    keys = [sent(stage, ann, lee, words) for words in ("a", "b", "c")]
    where = {"Operator_Account": lee, "Peer_Account": ann}
    delete = lambda **fields: call("openim/delete_c2c_msg_ramble", where | fields)
    reply = delete(MsgKeyList=[keys[1], "nonsense"])
    report.code("delete", reply)
    report.equal("the bad key is listed", reply.get("InvalidMsgKeyList"), ["nonsense"])
    report.equal("gone on one side", words_of(roam(stage, lee, ann)), ["a", "c"])
    report.equal("there on the other", words_of(roam(stage, ann, lee)), ["a", "b", "c"])
    report.code("delete again", delete(MsgKeyList=[keys[1]]))
    report.equal("a deleted message is not unread", unread(stage, lee, ann), [(ann, 2)])
    report.code("delete nothing", delete(MsgKeyList=[]), 90001, 90054)
    report.code("delete 31", delete(MsgKeyList=keys[:1] * 31), 90001, 90054, 90011)
    report.code("delete a text", delete(MsgKeyList=keys[0]), 90001, 90054)


def receipts(stage):
    call, report = stage.client.call, stage.report
    ann, max_ = stage.user("ann"), stage.user("max")
    asked, unasked = sent(stage, ann, max_, "read me", IsNeedReadReceipt=1), sent(stage, ann, max_, "or not")
    info = lambda key, **fields: {"From_Account": ann, "To_Account": max_, "MsgKey": key} | fields
    confirm = lambda *items: call(
        "openim/c2c_msg_read_receipt", {"Operator_Account": max_, "Peer_Account": ann, "C2CMsgInfo": list(items)})
    report.code("confirm", confirm(info(asked), info(unasked)))
    marks = {entry["MsgKey"]: entry["IsPeerRead"] for entry in roam(stage, ann, max_)["MsgList"]}
    report.equal("only what asked for it is marked", marks, {asked: 1, unasked: 0})
    report.code("confirm again", confirm(info(asked)))
    report.code("confirm with a bad key", confirm(info("x")), 90001, 90054)
    report.check("confirm for somebody else", confirm(info(asked, From_Account=max_, To_Account=ann)).code != 0)
    report.code("no list", call("openim/c2c_msg_read_receipt", {"Operator_Account": max_, "Peer_Account": ann}), 90001)


def extensions(stage):
    call, report = stage.client.call, stage.report
    ann, ned = stage.user("ann"), stage.user("ned")
    key, plain = sent(stage, ann, ned, "vote", SupportMessageExtension=1), sent(stage, ann, ned, "plain")
    where = {"From_Account": ann, "To_Account": ned, "MsgKey": key}
    change = lambda kind, pairs=None, **fields: call(
        f"{EXTENSIONS}/set_key_values",
        where | {"OperateType": kind} | ({} if pairs is None else {"ExtensionList": pairs}) | fields)
    get = lambda **fields: call(f"{EXTENSIONS}/get_key_values", where | fields)
    pairs = lambda reply: {row["Key"]: row["Value"] for row in reply.get("ExtensionList", [])}
    reply = change(1, [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    report.code("set", reply)
    results = [(row["ErrorCode"], row["Extension"]["Key"], row["Extension"]["Value"]) for row in reply["ExtensionList"]]
    report.equal("each pair as stored", results, [(0, "a", "1"), (0, "b", "2")])
    reply = get()
    report.equal("get", (pairs(reply), reply.get("CompleteFlag")), ({"a": "1", "b": "2"}, 1))
    latest = reply.get("LatestSeq")
    report.equal("the greatest number", latest, max(row["Seq"] for row in reply["ExtensionList"]))
    report.code("administrators need no numbers", change(1, [{"Key": "a", "Value": "3"}]))
    reply = get(StartSeq=latest + 1)
    report.equal("only what is newer", pairs(reply), {"a": "3"})
    report.check("numbers grow", reply.get("LatestSeq", 0) > latest, reply)
    report.code("delete a pair", change(2, [{"Key": "b", "Value": ""}]))
    report.equal("it is gone", pairs(get()), {"a": "3"})
    report.code("clear", change(3))
    reply = get()
    report.check("all gone", pairs(reply) == {} and reply.get("ClearSeq", 0) > 0, reply)
    report.code("20 pairs", change(1, [{"Key": f"k{number}", "Value": "v" * 1000} for number in range(20)]))
    report.equal("20 pairs are kept", len(get().get("ExtensionList", [])), 20)
    report.code("21 pairs", change(1, [{"Key": f"k{number}", "Value": "v"} for number in range(21)]), 10004)
    report.code("another operation", change(4), 10004)
    report.code("without the support", change(1, [{"Key": "a", "Value": "1"}], MsgKey=plain), 23002)
    report.code("of no message", change(1, [{"Key": "a", "Value": "1"}], MsgKey="1_2_1700000000"), 23004)
    report.code("get of no message", get(MsgKey="1_2_1700000000"), 23004)
    report.code("by a bad key", get(MsgKey="x"), 10004)
    for what, pair in [("key", {"Key": "k" * 101, "Value": "v"}), ("value", {"Key": "k", "Value": "v" * 1001})]:
        reply = change(1, [pair])
        codes = {reply.code} | {row["ErrorCode"] for row in reply.get("ExtensionList", [])}
        report.check(f"a {what} that is too long", codes & {10004}, reply)


SECTIONS = [recalls, changes, deletions, receipts, extensions]
