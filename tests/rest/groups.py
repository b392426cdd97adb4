"""Groups of each type, from their making to their end, as an app's backend sees them."""

import time

G = "group_open_http_svc"
# The types by their names on the wire, and what each lets the app do.
STORED = ("Private", "Public", "ChatRoom", "Community")
LIVE = ("AVChatRoom", "BChatRoom")


def text(words):
    return [{"MsgType": "TIMTextElem", "MsgContent": {"Text": words}}]


def patiently(call, command, body):
    """Some commands are allowed once a second."""
    for _ in range(20):
        reply = call(command, body)
        if reply.code != 60007:
            return reply
        time.sleep(0.3)
    return reply


class Groups:
    """What the sections of groups share."""

    def __init__(self, stage):
        self.call, self.report, self.stage = stage.client.call, stage.report, stage

    def id(self, hint, kind="Public"):
        prefix = "@TGS#_" if kind == "Community" else ""
        return f"{prefix}{self.stage.mark}-{hint}-{self.stage.number()}"

    def make(self, kind, owner=None, members=(), **more):
        body = {"Type": kind, "Name": "n", "GroupId": self.id("g", kind)} | more
        if owner:
            body["Owner_Account"] = owner
        if members:
            body["MemberList"] = [{"Member_Account": name} for name in members]
        reply = self.call(f"{G}/create_group", body)
        self.report.code(f"create {kind}", reply)
        self.report.equal(f"the id of a {kind} is the one chosen", reply.get("GroupId"), body["GroupId"])
        return body["GroupId"]

    def ask(self, command, group, **fields):
        return self.call(f"{G}/{command}", {"GroupId": group} | fields)

    def info(self, group, **filters):
        body = {"GroupIdList": [group]}
        if filters:
            body["ResponseFilter"] = filters
        return self.call(f"{G}/get_group_info", body)["GroupInfo"][0]

    def roles(self, group, *names):
        reply = self.ask("get_role_in_group", group, User_Account=list(names))
        return [entry["Role"] for entry in reply.get("UserIdList", [])]

    def members(self, group, **fields):
        reply = self.ask("get_group_member_info", group, **fields)
        return [entry["Member_Account"] for entry in reply.get("MemberList", [])]

    def joined(self, user, **fields):
        reply = self.call(f"{G}/get_joined_group_list", {"Member_Account": user} | fields)
        return [entry["GroupId"] for entry in reply.get("GroupIdList", [])]

    def say(self, group, words, **fields):
        body = {"Random": self.stage.number(), "MsgBody": text(words)} | fields
        return self.ask("send_group_msg", group, **body)


def making(stage):
    groups, report = Groups(stage), stage.report
    call = groups.call
    ann, bob = stage.user("ann"), stage.user("bob")
    reply = call(f"{G}/create_group", {"Type": "Public", "Name": "auto", "Owner_Account": ann})
    report.code("create without an id", reply)
    made = reply.get("GroupId", "")
    report.check("the server's ids begin with @TGS#", made.startswith("@TGS#") and not made.startswith("@TGS#_"), made)
    reply = call(f"{G}/create_group", {"Type": "Community", "Name": "auto"})
    report.check("those of communities with @TGS#_", reply.get("GroupId", "").startswith("@TGS#_"), reply)
    taken = groups.make("Public", ann)
    for what, body, *codes in [
        ("an id that the owner uses", {"GroupId": taken, "Owner_Account": ann}, 10025),
        ("an id in use", {"GroupId": taken, "Owner_Account": bob}, 10021),
        ("an id of the server's form", {"GroupId": "@TGS#mine"}, 10004, 10015),
        ("49 bytes", {"GroupId": "x" * 49}, 10004, 10015),
        ("an unknown type", {"Type": "Club"}, 10004),
        ("a lower-case type", {"Type": "public"}, 10004),
        ("no name", {"Name": ""}, 10004),
        ("31 bytes of name", {"Name": "名" * 10 + "x"}, 10004),
        ("241 bytes of introduction", {"Introduction": "x" * 241}, 10004),
        ("301 bytes of notice", {"Notification": "x" * 301}, 10004),
        ("101 bytes of face", {"FaceUrl": "x" * 101}, 10004),
        ("an unknown owner", {"Owner_Account": stage.name("ghost")}, 10019),
        ("an unknown join option", {"ApplyJoinOption": "Maybe"}, 10004),
    ]:
        report.code(f"create with {what}", call(f"{G}/create_group", {"Type": "Public", "Name": "n"} | body), *codes)
    body = {"Type": "Public", "Owner_Account": ann}
    report.code("create without a name", call(f"{G}/create_group", body), 10004)
    many = [{"Member_Account": f"u{number}"} for number in range(501)]
    report.code("501 members", call(f"{G}/create_group", body | {"Name": "n", "MemberList": many}), 10005)
    for group in (made, reply["GroupId"], taken):
        report.code("destroy", groups.ask("destroy_group", group))
    report.code("destroy what is gone", groups.ask("destroy_group", taken), 10010)
    report.equal("a dismissed group is unknown", groups.info(taken)["ErrorCode"], 10010)
    groups.ask("destroy_group", groups.make("Public", bob, GroupId=taken))
    report.code("no groups asked for", call(f"{G}/get_group_info", {"GroupIdList": []}), 10004)


def life(stage, kind):
    """The whole life of a group whose members are stored."""
    groups, report = Groups(stage), stage.report
    ann, bob, cat, dan = (stage.user(name) for name in ("ann", "bob", "cat", "dan"))
    group = groups.make(kind, ann, [bob, ann], Introduction="i", Notification="no", FaceUrl="https://e.org/f.png")
    info = groups.info(group)
    report.equal(f"{kind}: what is said of it", [info.get(name) for name in (
        "Type", "Name", "Introduction", "Notification", "FaceUrl", "Owner_Account", "MemberNum", "ErrorCode")],
        [kind, "n", "i", "no", "https://e.org/f.png", ann, 2, 0])
    report.equal(f"{kind}: its members", sorted(entry["Member_Account"] for entry in info["MemberList"]), sorted([ann, bob]))
    filtered = groups.info(group, GroupBaseInfoFilter=["Name"], MemberInfoFilter=["Role"])
    report.equal(f"{kind}: filters leave the rest out", (sorted(filtered), sorted(filtered["MemberList"][0])),
                 (sorted({"GroupId", "Name", "ErrorCode", "ErrorInfo", "MemberList"} | ({"AppDefinedData"} & set(filtered))),
                  ["Member_Account", "Role"]))
    report.equal(f"{kind}: roles", groups.roles(group, ann, bob, cat), ["Owner", "Member", "NotMember"])
    seen = group in groups.joined(bob)
    report.equal(f"{kind}: a member's list has it", seen, kind != "Private")
    report.code(f"{kind}: a first message", groups.say(group, "first"))
    report.check(f"{kind}: now it is in the list", group in groups.joined(bob))
    reply = groups.ask("add_group_member", group, MemberList=[{"Member_Account": name} for name in (cat, bob)])
    report.code(f"{kind}: add", reply)
    report.equal(f"{kind}: results", [(entry["Member_Account"], entry["Result"]) for entry in reply["MemberList"]], [(cat, 1), (bob, 2)])
    report.code(f"{kind}: add nobody known", groups.ask("add_group_member", group, MemberList=[{"Member_Account": stage.name("ghost")}]), 10019)
    report.equal(f"{kind}: all are in", sorted(groups.members(group)), sorted([ann, bob, cat]))
    if kind != "Community":
        report.equal(f"{kind}: by page", groups.members(group, Limit=1, Offset=1), groups.members(group)[1:2])
        report.equal(f"{kind}: by role", groups.members(group, MemberRoleFilter=["Owner"]), [ann])
    else:
        reply = groups.ask("get_group_member_info", group, Limit=2, Next="")
        rest = groups.ask("get_group_member_info", group, Limit=2, Next=reply.get("Next", ""))
        names = [entry["Member_Account"] for entry in reply["MemberList"] + rest["MemberList"]]
        report.equal("Community: by cursor", (sorted(names), rest.get("Next")), (sorted([ann, bob, cat]), ""))
    named = groups.ask("get_specified_group_member_info", group, Member_List_Account=[bob, dan])
    report.equal(f"{kind}: named members", [entry["Member_Account"] for entry in named["MemberList"]], [bob])
    card = groups.ask("modify_group_member_info", group, Member_Account=bob, NameCard="Bee")
    report.code(f"{kind}: a name card", card)
    named = groups.ask("get_specified_group_member_info", group, Member_List_Account=[bob])
    report.equal(f"{kind}: it is shown", named["MemberList"][0].get("NameCard"), "Bee")
    report.code(f"{kind}: a long card", groups.ask("modify_group_member_info", group, Member_Account=bob, NameCard="x" * 51), 10004)
    admin = groups.ask("modify_group_member_info", group, Member_Account=bob, Role="Admin")
    report.code(f"{kind}: an administrator", admin, 10007 if kind == "Private" else 0)
    report.code(f"{kind}: nobody is made owner so", groups.ask("modify_group_member_info", group, Member_Account=bob, Role="Owner"), 10004, 10007)
    report.equal(f"{kind}: roles after", groups.roles(group, bob), ["Member" if kind == "Private" else "Admin"])
    muting(groups, kind, group, cat, ann)
    report.code(f"{kind}: hand over to a stranger", groups.ask("change_group_owner", group, NewOwner_Account=dan), 10004, 10007)
    report.code(f"{kind}: hand over", groups.ask("change_group_owner", group, NewOwner_Account=bob))
    report.equal(f"{kind}: the owners", groups.roles(group, ann, bob), ["Member", "Owner"])
    report.code(f"{kind}: the owner stays", groups.ask("delete_group_member", group, MemberToDel_Account=[bob]), 10007)
    report.code(f"{kind}: remove", groups.ask("delete_group_member", group, MemberToDel_Account=[cat, dan], Reason="bye"))
    report.equal(f"{kind}: who is left", sorted(groups.members(group)), sorted([ann, bob]))
    change = groups.ask("modify_group_base_info", group, Name="new", Notification="", AppDefinedData=[{"Key": "city", "Value": "\u0000x"}])
    report.code(f"{kind}: change", change)
    info = groups.info(group)
    report.equal(f"{kind}: changed", (info["Name"], info["Notification"], info["AppDefinedData"]), ("new", "", [{"Key": "city", "Value": "\u0000x"}]))
    report.code(f"{kind}: too long a name", groups.ask("modify_group_base_info", group, Name="x" * 31), 10004)
    report.code(f"{kind}: more members than the plan has", groups.ask("modify_group_base_info", group, MaxMemberNum=10_000_000), 10004)
    report.code(f"{kind}: the end", groups.ask("destroy_group", group))
    report.check(f"{kind}: it is in no list", group not in groups.joined(ann))
    report.code(f"{kind}: nothing is said in it", groups.say(group, "late"), 10010)


def muting(groups, kind, group, cat, ann):
    report = groups.report
    reply = groups.ask("forbid_send_msg", group, Members_Account=[cat], ShutUpTime=600)
    if kind == "Private":
        report.code("Private: nobody is muted", reply, 10007)
        return
    report.code(f"{kind}: mute", reply)
    listed = groups.ask("get_group_muted_account", group)
    old = groups.ask("get_group_shutted_uin", group)
    report.equal(f"{kind}: who is muted", [entry["Member_Account"] for entry in old.get("ShuttedUinList", [])], [cat])
    report.equal(f"{kind}: the same by its new name", [entry["Member_Account"] for entry in listed.get("MutedAccountList", [])], [cat])
    report.code(f"{kind}: the muted say nothing", groups.say(group, "no", From_Account=cat), 10017)
    report.code(f"{kind}: others do", groups.say(group, "yes", From_Account=ann))
    report.code(f"{kind}: unmute", groups.ask("forbid_send_msg", group, Members_Account=[cat], MuteTime=0))
    report.code(f"{kind}: unmuting again changes nothing", groups.ask("forbid_send_msg", group, Members_Account=[cat], MuteTime=0))
    report.code(f"{kind}: it may speak", groups.say(group, "free", From_Account=cat))
    report.code(f"{kind}: all are muted", groups.ask("modify_group_base_info", group, ShutUpAllMember="On"))
    report.equal(f"{kind}: that shows", groups.info(group)["MuteAllMember"], "On")
    report.code(f"{kind}: not any more", groups.ask("modify_group_base_info", group, MuteAllMember="Off"))


def lives(stage):
    for kind in STORED:
        life(stage, kind)


def rooms(stage):
    """Types that store no members."""
    groups, report = Groups(stage), stage.report
    call = groups.call
    ann, bob = stage.user("ann"), stage.user("bob")
    for kind in LIVE:
        body = {"Type": kind, "Name": "n", "MemberList": [{"Member_Account": bob}]}
        report.code(f"{kind} with members", call(f"{G}/create_group", body), 10007)
        room = groups.make(kind, ann if kind == "AVChatRoom" else None)
        member = {"MemberList": [{"Member_Account": bob}]}
        for command, fields, code in [
            ("add_group_member", member, 10007),
            ("delete_group_member", {"MemberToDel_Account": [bob]}, 10004),
            ("get_role_in_group", {"User_Account": [bob]}, 10007),
            ("change_group_owner", {"NewOwner_Account": bob}, 10007),
            ("group_msg_get_simple", {"ReqMsgNumber": 5}, 10007),
            ("group_msg_recall", {"MsgSeqList": [{"MsgSeq": 1}]}, 10033),
            ("import_group_member", member, 10007),
            ("get_group_member_info", {}, 10007),
            ("set_unread_msg_num", {"Member_Account": bob, "UnreadMsgNum": 1}, 0),
            ("delete_group_msg_by_sender", {"Sender_Account": bob}, 0),
        ]:
            report.code(f"{kind}: {command}", groups.ask(command, room, **fields), code)
        report.check(f"{kind}: said", groups.say(room, "hello").get("MsgSeq", 0) >= 1)
        report.code(f"{kind}: change", groups.ask("modify_group_base_info", room, Name="new"))
        online = groups.ask("get_online_member_num", room)
        report.code(f"{kind}: how many listen", online, 0 if kind == "AVChatRoom" else 10007)
        report.check(f"{kind}: in nobody's list", room not in groups.joined(ann))
        report.code(f"{kind}: the end", groups.ask("destroy_group", room))
    room = groups.make("AVChatRoom", ann)
    report.code("AVChatRoom: ban", groups.ask("ban_group_member", room, Members_Account=[bob], Duration=60, Description="spam"))
    banned = groups.ask("get_group_ban_member", room, Limit=10, Offset=0)
    report.equal("AVChatRoom: banned", [entry["Member_Account"] for entry in banned["BannedAccountList"]], [bob])
    report.code("AVChatRoom: 21 at once", groups.ask("ban_group_member", room, Members_Account=[bob] * 21, Duration=60), 10005)
    report.code("AVChatRoom: unban", groups.ask("unban_group_member", room, Members_Account=[bob]))
    report.equal("AVChatRoom: nobody is", groups.ask("get_group_ban_member", room, Limit=10, Offset=0)["BannedAccountList"], [])
    report.code("AVChatRoom: mute", groups.ask("forbid_send_msg", room, Members_Account=[bob], MuteTime=60))
    report.code("AVChatRoom: the muted say nothing", groups.say(room, "no", From_Account=bob), 10017)
    listeners = call("group_open_avchatroom_http_svc/get_members", {"GroupId": room, "Timestamp": 0})
    report.equal("AVChatRoom: nobody listens", (listeners.code, listeners.get("MemberList"), listeners.get("NextTimestamp")), (0, [], 0))
    broadcast = {"From_Account": ann, "Random": stage.number(), "MsgBody": text("to all rooms")}
    report.code("a broadcast", patiently(call, f"{G}/send_broadcast_msg", broadcast))
    groups.ask("destroy_group", room)


def lists(stage):
    groups, report = Groups(stage), stage.report
    ann, bob = stage.user("ann"), stage.user("bob")
    made = [groups.make(kind, ann, [bob]) for kind in ("Public", "ChatRoom", "Public")]
    every, start = [], 0
    while True:
        page = patiently(groups.call, f"{G}/get_appid_group_list", {"Limit": 2, "Next": start})
        every += [entry["GroupId"] for entry in page["GroupIdList"]]
        start = page["Next"]
        if start == 0:
            break
    report.check("all groups of the app, by page", set(made) <= set(every) and len(every) == len(set(every)), every)
    report.equal("the total is of all pages", page["TotalCount"], len(every))
    rooms = patiently(groups.call, f"{G}/get_appid_group_list", {"GroupType": "ChatRoom"})
    ids = [entry["GroupId"] for entry in rooms["GroupIdList"]]
    report.check("of one type", made[1] in ids and made[0] not in ids, ids)
    body = {"Member_Account": bob, "Limit": 1, "Offset": 1, "GroupType": "Public"}
    page = groups.call(f"{G}/get_joined_group_list", body)
    report.equal("joined, by page and type", (page["TotalCount"], len(page["GroupIdList"])), (2, 1))
    body = {"Member_Account": bob, "ResponseFilter": {"GroupBaseInfoFilter": ["Name"], "SelfInfoFilter": ["Role", "MsgSeq"]}}
    entry = groups.call(f"{G}/get_joined_group_list", body)["GroupIdList"][0]
    report.equal("joined, filtered", (entry.get("Name"), entry["SelfInfo"].get("Role")), ("n", "Member"))
    report.equal("an unknown user is in none", groups.joined(stage.name("ghost")), [])
    for group in made:
        groups.ask("destroy_group", group)


SECTIONS = [making, lives, rooms, lists]
