"""What is said in groups, what belongs to it, and what an app moves over."""

import time

from groups import G, Groups, text

X = "openim_msg_ext_http_svc"
M = "million_group_open_http_svc"


def saying(stage):
    groups, report = Groups(stage), stage.report
    ann, bob = stage.user("ann"), stage.user("bob")
    group = groups.make("Public", ann, [bob])
    sequences = [groups.say(group, f"m{number}", From_Account=ann).get("MsgSeq") for number in range(25)]
    report.equal("sequences have no holes", sequences, list(range(sequences[0], sequences[0] + 25)))
    again = {"Random": 4711, "MsgBody": text("once"), "From_Account": ann}
    first, second = (groups.ask("send_group_msg", group, **again) for _ in range(2))
    report.equal("the same message is said once", (first.code, second.code, first["MsgSeq"]), (0, 0, second["MsgSeq"]))
    other = groups.ask("send_group_msg", group, **(again | {"MsgBody": text("twice")}))
    report.equal("another content is another message", other.get("MsgSeq"), first["MsgSeq"] + 1)
    for what, fields, code in [
        ("no body", {"MsgBody": []}, (10004,)),
        ("a body that is no list", {"MsgBody": "x"}, (10004,)),
        ("no Random", {"Random": "x"}, (10004,)),
        ("an unknown priority", {"MsgPriority": "Highest"}, (10004,)),
        ("31 mentions", {"GroupAtInfo": [{"GroupAtAllFlag": 1}] * 31}, (10053,)),
        ("12 KB and more", {"MsgBody": text("x" * 13_000)}, (80002,)),
        ("an unknown control", {"SendMsgControl": ["NoSuch"]}, (10004,)),
        ("a control and online only", {"SendMsgControl": ["NoUnread"], "OnlineOnlyFlag": 1}, (10004,)),
        ("an unknown sender", {"From_Account": stage.name("ghost")}, (10019,)),
    ]:
        report.code(f"send with {what}", groups.say(group, "x", **fields), *code)
    report.code("a message for some", groups.say(group, "psst", To_Account=[bob]))
    report.equal("online only, not counted", groups.say(group, "now", OnlineOnlyFlag=1).code, 0)
    newest = groups.ask("group_msg_get_simple", group, ReqMsgNumber=20)
    top = newest["RspMsgList"][0]["MsgSeq"]
    report.equal("newest first, twenty at most", [entry["MsgSeq"] for entry in newest["RspMsgList"]], list(range(top, top - 20, -1)))
    seen, start = [], None
    while True:
        page = groups.ask("group_msg_get_simple", group, ReqMsgNumber=7, **({} if start is None else {"ReqMsgSeq": start}))
        if not page["RspMsgList"]:
            break
        seen += [entry["MsgSeq"] for entry in page["RspMsgList"]]
        start = seen[-1] - 1
        if start < 1:
            break
    report.equal("pages meet without a hole", seen, list(range(top, 0, -1)))
    changing(groups, group, sequences, ann, bob)
    notice = groups.ask("send_group_system_notification", group, Content="hear ye", ToMembers_Account=[bob])
    report.code("a notice of the app's own", notice)
    groups.ask("destroy_group", group)


def changing(groups, group, sequences, ann, bob):
    report = groups.report
    at = lambda sequence, **more: groups.ask("group_msg_get_simple", group, ReqMsgNumber=1, ReqMsgSeq=sequence, **more)["RspMsgList"][0]
    reply = groups.ask("group_msg_recall", group, MsgSeqList=[{"MsgSeq": sequences[0]}, {"MsgSeq": 100_000}])
    report.equal("recall, each for itself", [entry["RetCode"] for entry in reply["RecallRetList"]], [0, 10030])
    report.equal("a place is left", at(sequences[0], WithRecalledMsg=1)["IsPlaceMsg"], 2)
    report.check("its words are gone", "m0" not in str(at(sequences[0], WithRecalledMsg=1)["MsgBody"]))
    body = {"GroupId": group, "MsgSeq": sequences[1], "MsgBody": text("better"), "CloudCustomData": "c"}
    report.code("modify", groups.call("openim/modify_group_msg", body))
    found = at(sequences[1])
    report.equal("modified", (found["MsgBody"], found.get("CloudCustomData")), (text("better"), "c"))
    report.code("modify what is not there", groups.call("openim/modify_group_msg", body | {"MsgSeq": 100_000}), 20026, 10052, 20022, 93006)
    groups.say(group, "of bob", From_Account=bob)
    report.code("recall all of one sender", groups.ask("delete_group_msg_by_sender", group, Sender_Account=bob))
    report.check("they are gone", "of bob" not in str(groups.ask("group_msg_get_simple", group, ReqMsgNumber=20)))
    asked = groups.say(group, "read this", From_Account=ann, NeedReadReceipt=1)["MsgSeq"]
    counts = groups.ask("get_group_msg_receipt", group, MsgSeqList=[{"MsgSeq": asked}, {"MsgSeq": sequences[2]}])["GroupMsgReceiptList"]
    report.equal("receipts", [(entry["Code"], entry.get("ReadNum"), entry.get("UnreadNum")) for entry in counts], [(0, 0, 1), (10062, 0, 0)])
    report.code("bob has read it", groups.ask("group_msg_receipt", group, From_Account=bob, MsgSeqList=[{"MsgSeq": asked}]))
    read = groups.ask("get_group_msg_receipt_detail", group, MsgSeq=asked, Filter=0, Cursor="", Count=10)
    report.equal("who has read it", ([entry["Read_Account"] for entry in read["ReadList"]], read["IsFinish"]), ([bob], 1))
    extension(groups, group, ann)
    report.code("clear the history", groups.ask("clear_group_msg", group, MsgSeq=sequences[5]))
    page = groups.ask("group_msg_get_simple", group, ReqMsgNumber=5, ReqMsgSeq=sequences[5])
    report.check("it is cleared", not [entry for entry in page["RspMsgList"] if entry["IsPlaceMsg"] == 0], page)


def extension(groups, group, ann):
    report = groups.report
    sequence = groups.say(group, "extend me", From_Account=ann, SupportMessageExtension=1)["MsgSeq"]
    body = {"GroupId": group, "MsgSeq": sequence, "OperateType": 1, "ExtensionList": [{"Key": "k", "Value": "v"}]}
    reply = groups.call(f"{X}/group_set_key_values", body)
    report.equal("an extension", [entry["ErrorCode"] for entry in reply["ExtensionList"]], [0])
    reply = groups.call(f"{X}/group_get_key_values", {"GroupId": group, "MsgSeq": sequence})
    pairs = [(pair["Key"], pair["Value"]) for pair in reply["ExtensionList"]]
    report.equal("it is there", (pairs, reply["CompleteFlag"]), ([("k", "v")], 1))
    plain = groups.say(group, "plain", From_Account=ann)["MsgSeq"]
    report.code("not every message takes them", groups.call(f"{X}/group_set_key_values", body | {"MsgSeq": plain}), 23002)
    report.code("nor one that is not there", groups.call(f"{X}/group_set_key_values", body | {"MsgSeq": 100_000}), 23004)


def extras(stage):
    groups, report = Groups(stage), stage.report
    group = groups.make("Public", stage.user("ann"))
    pair = lambda key, value: {"key": key, "value": value}
    change = lambda command, *pairs: groups.ask(command, group, GroupAttr=list(pairs))
    read = lambda: {entry["key"]: entry["value"] for entry in groups.call("group_open_attr_http_svc/get_group_attr", {"GroupId": group})["GroupAttrAry"]}
    report.code("set attributes", change("set_group_attr", pair("a", "1"), pair("b", "2")))
    report.code("modify attributes", change("modify_group_attr", pair("b", "3"), pair("c", "4")))
    report.equal("attributes", read(), {"a": "1", "b": "3", "c": "4"})
    report.code("a long key", change("modify_group_attr", pair("k" * 33, "")), 10045)
    report.code("a long value", change("modify_group_attr", pair("k", "v" * 4001)), 10046)
    report.code("17 keys", change("set_group_attr", *[pair(f"k{number}", "") for number in range(17)]), 10047)
    report.code("too much in all", change("set_group_attr", *[pair(f"k{number}", "v" * 4000) for number in range(5)]), 10048)
    report.code("replace attributes", change("set_group_attr", pair("z", "9")))
    report.equal("only those", read(), {"z": "9"})
    report.code("clear attributes", groups.ask("clear_group_attr", group))
    report.equal("none", read(), {})
    count = lambda mode, **values: groups.ask("update_group_counter", group, Mode=mode, GroupCounter=[{"Key": key, "Value": value} for key, value in values.items()])
    report.equal("set counters", count("Set", x=1, y=2)["GroupCounter"], [{"Key": "x", "Value": 1}, {"Key": "y", "Value": 2}])
    report.equal("up", count("Increase", x=5)["GroupCounter"], [{"Key": "x", "Value": 6}])
    report.equal("down from nothing", count("Decrease", z=1)["GroupCounter"], [{"Key": "z", "Value": -1}])
    report.code("an unknown mode", count("Double", x=1), 10004)
    report.code("21 counters", count("Set", **{f"c{number}": 0 for number in range(21)}), 10063)
    report.code("remove one", groups.ask("delete_group_counter", group, GroupCounterKeys=["x"]))
    left = groups.ask("get_group_counter", group)["GroupCounter"]
    report.equal("the others stay", sorted(entry["Key"] for entry in left), ["y", "z"])
    groups.ask("destroy_group", group)


def topics(stage):
    groups, report = Groups(stage), stage.report
    call = groups.call
    ann = stage.user("ann")
    group = groups.make("Community", ann, SupportTopic=1)
    body = {"GroupId": group, "From_Account": ann, "TopicName": "birds"}
    reply = call(f"{M}/create_topic", body)
    report.code("create a topic", reply)
    topic = reply.get("TopicId", "")
    report.check("its id holds the community's", topic.startswith(f"{group}@TOPIC#_"), topic)
    own = f"{group}@TOPIC#_own"
    report.equal("with an id of one's own", call(f"{M}/create_topic", body | {"TopicId": own}).get("TopicId"), own)
    report.code("an id in use", call(f"{M}/create_topic", body | {"TopicId": own}), 10021)
    report.code("an id of elsewhere", call(f"{M}/create_topic", body | {"TopicId": "@TGS#_x@TOPIC#_y"}), 10004, 10015)
    shown = call(f"{M}/get_topic", {"GroupId": group, "From_Account": ann})["TopicAndSelfInfo"]
    report.equal("both are listed", sorted(entry["TopicInfo"]["TopicId"] for entry in shown), sorted([topic, own]))
    said = groups.say(group, "a wren", TopicId=topic, From_Account=ann)
    report.equal("each topic counts for itself", said.get("MsgSeq"), 1)
    page = groups.ask("group_msg_get_simple", group, ReqMsgNumber=5, TopicId=topic)
    report.equal("what was said in it", [entry["MsgBody"] for entry in page["RspMsgList"]], [text("a wren")])
    report.code("rename", call(f"{M}/modify_topic", {"GroupId": group, "TopicId": topic, "TopicName": "geese"}))
    shown = call(f"{M}/get_topic", {"GroupId": group, "From_Account": ann, "TopicIdList": [topic]})["TopicAndSelfInfo"]
    report.equal("renamed", shown[0]["TopicInfo"]["TopicName"], "geese")
    gone = call(f"{M}/destroy_topic", {"GroupId": group, "TopicIdList": [topic, topic]})
    report.equal("remove, each for itself", [entry["ErrorCode"] for entry in gone["DestroyResultItem"]], [0, 110003])
    plain = groups.make("Community", ann)
    report.code("a community without topics", call(f"{M}/create_topic", body | {"GroupId": plain}), 10007)
    groups.ask("destroy_group", group)
    groups.ask("destroy_group", plain)


def moving(stage):
    """Groups, messages and members of another system, in the order the documentation prescribes."""
    groups, report = Groups(stage), stage.report
    call = groups.call
    ann, bob, cat = (stage.user(name) for name in ("ann", "bob", "cat"))
    now = int(time.time())
    group = groups.id("import")
    body = {"Owner_Account": ann, "Type": "Public", "GroupId": group, "Name": "old", "CreateTime": now - 1000}
    report.code("import a group", call(f"{G}/import_group", body))
    report.equal("its age", groups.info(group)["CreateTime"], now - 1000)
    report.code("again", call(f"{G}/import_group", body), 10021, 10025)
    report.code("a live room", call(f"{G}/import_group", body | {"Type": "AVChatRoom", "GroupId": groups.id("live")}), 10007)
    item = lambda age, number: {"From_Account": ann, "SendTime": now - age, "Random": number, "MsgBody": text(f"old {age}")}
    reply = groups.ask("import_group_msg", group, MsgList=[item(900, 1), item(800, 2), item(850, 3), item(5000, 4)])
    report.equal("messages in the order of time", [entry["Result"] for entry in reply["ImportMsgResult"]], [0, 0, 10004, 10004])
    member = lambda name, **more: {"Member_Account": name} | more
    reply = groups.ask("import_group_member", group, MemberList=[
        member(bob, Role="Admin", JoinTime=now - 950, UnreadMsgNum=1), member(cat, JoinTime=now - 2000), member(ann)])
    report.equal("members", [entry["Result"] for entry in reply["MemberList"]], [1, 0, 2])
    report.equal("roles", groups.roles(group, ann, bob), ["Owner", "Admin"])
    unread = lambda: [entry["SelfInfo"]["UnreadMsgNum"] for entry in call(f"{G}/get_joined_group_list", {
        "Member_Account": bob, "ResponseFilter": {"SelfInfoFilter": ["UnreadMsgNum"]}})["GroupIdList"] if entry["GroupId"] == group]
    report.equal("unread as it was", unread(), [1])
    report.code("set unread", groups.ask("set_unread_msg_num", group, Member_Account=bob, UnreadMsgNum=100))
    report.equal("at most as many as there are", unread(), [2])
    page = groups.ask("group_msg_get_simple", group, ReqMsgNumber=10)
    report.equal("the messages", [entry["MsgTimeStamp"] for entry in page["RspMsgList"]], [now - 800, now - 900])
    said = groups.say(group, "new", From_Account=ann)
    report.equal("it goes on", said.get("MsgSeq"), 3)
    groups.ask("destroy_group", group)


SECTIONS = [saying, extras, topics, moving]
