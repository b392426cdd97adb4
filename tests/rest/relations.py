"""Friends, friend groups and block lists, as an app's backend sees them."""

S = "sns"


class People:
    """What the sections share: four users of the section's own, and questions about them."""

    def __init__(self, stage, section):
        self.call, self.report, self.stage = stage.client.call, stage.report, stage
        self.ann, self.ben, self.cat, self.dan = (stage.user(f"{section}-{name}") for name in ("ann", "ben", "cat", "dan"))
        self.ghost = stage.name(f"{section}-ghost")

    def ask(self, command, **fields):
        return self.call(f"{S}/{command}", {"From_Account": self.ann} | fields)

    def add(self, *users, **fields):
        """Adds users; `fields` that are of an item go into each."""
        of_item = {key: fields.pop(key) for key in ("Remark", "GroupName", "AddWording") if key in fields}
        items = [{"To_Account": user, "AddSource": "AddSource_Type_Web"} | of_item for user in users]
        return self.ask("friend_add", AddFriendItem=items, **fields)

    def allow(self, user, kind, tag="Tag_Profile_IM_AllowType"):
        item = {"Tag": tag, "Value": kind}
        self.report.code(f"set {kind}", self.call("profile/portrait_set", {"From_Account": user, "ProfileItem": [item]}))

    def friends(self, user, **fields):
        reply = self.call(f"{S}/friend_get", {"From_Account": user, "StartIndex": 0} | fields)
        return [item["To_Account"] for item in reply.get("UserDataItem", [])]

    def results(self, name, reply, *wanted, failed=(), items="ResultItem"):
        """Holds the results of a request to codes in the order of its users, and the list of those that failed."""
        report = self.report
        report.code(name, reply)
        report.equal(f"{name}: codes", [item["ResultCode"] for item in reply.get(items, [])], list(wanted))
        typed = all(isinstance(item.get("ResultInfo"), str) for item in reply.get(items, []))
        report.check(f"{name}: each has a text", typed, reply)
        if failed:
            report.equal(f"{name}: who failed", reply.get("Fail_Account"), list(failed))
        else:
            report.check(f"{name}: nobody failed", "Fail_Account" not in reply, reply)
        report.equal(f"{name}: display", reply.get("ErrorDisplay"), "")


def tags(item, key):
    return {entry["Tag"]: entry["Value"] for entry in item.get(key, [])}


def adding(stage):
    p = People(stage, "add")
    p.results("add one", p.add(p.ben, Remark="r", GroupName="work", AddWording="hi"), 0)
    stage.report.equal("both are friends", (p.friends(p.ann), p.friends(p.ben)), ([p.ben], [p.ann]))
    p.results("add one twice at once", p.add(p.cat, p.cat), 0, 30001, failed=[p.cat])
    p.results("and not any more", p.ask("friend_delete", To_Account=[p.cat], DeleteType="Delete_Type_Both"), 0)
    p.results("add one way", p.add(p.cat, AddType="Add_Type_Single"), 0)
    stage.report.equal("the other has none", p.friends(p.cat), [])
    p.results("add friends, oneself and nobody", p.add(p.ben, p.ann, p.ghost), 30001, 30001, 30003,
              failed=[p.ben, p.ann, p.ghost])
    p.allow(p.dan, "AllowType_Type_NeedConfirm")
    p.results("add who wants to be asked", p.add(p.dan), 30539, failed=[p.dan])
    p.results("flags that mean nothing", p.add(p.dan, ForceAddFlags=2), 30539, failed=[p.dan])
    p.allow(p.dan, "AllowType_Type_DenyAny")
    p.results("add who denies", p.add(p.dan), 30516, failed=[p.dan])
    p.allow(p.ann, "AdminForbid_Type_SendOut", "Tag_Profile_IM_AdminForbidType")
    p.results("add while forbidden", p.add(p.dan), 30009, failed=[p.dan])
    p.results("add by force", p.add(p.dan, ForceAddFlags=1), 0)
    for name, body in {
        "without a user": {"AddFriendItem": [{"AddSource": "AddSource_Type_Web"}]},
        "without items": {},
        "with no items": {"AddFriendItem": []},
        "with another type": {"AddFriendItem": [{"To_Account": p.cat}], "AddType": "x"},
        "with 1001 items": {"AddFriendItem": [{"To_Account": p.cat}] * 1001},
    }.items():
        stage.report.code(f"add {name}", p.ask("friend_add", **body), 30001)
    for name, item in {
        "a source of another form": {"AddSource": "Web"},
        "a long remark": {"Remark": "r" * 97},
        "a long wording": {"AddWording": "w" * 257},
        "a long group": {"GroupName": "g" * 31},
    }.items():
        items = [{"To_Account": p.cat, "AddSource": "AddSource_Type_Web"} | item]
        p.results(f"add with {name}", p.ask("friend_add", AddFriendItem=items), 30001, failed=[p.cat])
    stage.report.code("add for nobody", p.ask("friend_add", From_Account=p.ghost, AddFriendItem=[{"To_Account": p.ben}]), 30003)


def importing(stage):
    p, report = People(stage, "import"), stage.report
    custom = [{"Tag": "Tag_SNS_Custom_Rank", "Value": "first"}]
    items = [
        {"To_Account": p.ben, "AddSource": "AddSource_Type_Old", "Remark": "B", "RemarkTime": 1420000001,
         "GroupName": ["work", "home"], "AddWording": "w", "AddTime": 1420000001, "CustomItem": custom},
        {"To_Account": p.ghost, "AddSource": "AddSource_Type_Old"},
        {"To_Account": p.cat, "AddSource": "AddSource_Type_Old", "CustomItem": [{"Tag": "Tag_SNS_IM_X", "Value": "x"}]},
    ]
    p.results("import", p.ask("friend_import", AddFriendItem=items), 0, 30003, 30001, failed=[p.ghost, p.cat])
    report.equal("it is one-way", p.friends(p.ben), [])
    reply = p.ask("friend_get", StartIndex=0)
    wanted = {"Tag_SNS_IM_Group": ["work", "home"], "Tag_SNS_IM_Remark": "B", "Tag_SNS_IM_AddSource": "AddSource_Type_Old",
              "Tag_SNS_IM_AddWording": "w", "Tag_SNS_IM_AddTime": 1420000001, "Tag_SNS_Custom_Rank": "first"}
    report.equal("all is kept", tags(reply["UserDataItem"][0], "ValueItem"), wanted)
    again = p.ask("friend_import", AddFriendItem=[{"To_Account": p.ben, "AddSource": "AddSource_Type_New", "Remark": "C"}])
    p.results("import again", again, 0)
    kept = tags(p.ask("friend_get", StartIndex=0)["UserDataItem"][0], "ValueItem")
    report.equal("what is said now counts", (kept["Tag_SNS_IM_Remark"], kept["Tag_SNS_IM_AddTime"]), ("C", 1420000001))
    report.code("import nobody", p.ask("friend_import", AddFriendItem=[]), 30001)


def reading(stage):
    p, report = People(stage, "read"), stage.report
    crowd = [stage.user(f"read-{number}") for number in range(105)]
    items = [{"To_Account": user, "AddSource": "AddSource_Type_Web"} for user in crowd]
    report.code("import 105", p.ask("friend_import", AddFriendItem=items))
    first = p.ask("friend_get", StartIndex=0, StandardSequence=0, CustomSequence=0)
    report.equal("how many", first.get("FriendNum"), 105)
    report.equal("a page is not all", first.get("CompleteFlag"), 0)
    second = p.ask("friend_get", StartIndex=first["NextStartIndex"], StandardSequence=first["StandardSequence"],
                   CustomSequence=first["CustomSequence"])
    report.check("the next page has its data", all(item["ValueItem"] for item in second["UserDataItem"]), second)
    report.check("the last page says so", second["CompleteFlag"] != 0 and second["NextStartIndex"] == 0, second)
    both = [item["To_Account"] for item in first["UserDataItem"] + second["UserDataItem"]]
    report.equal("together they are all", sorted(both), sorted(crowd))
    old, start = [], 0
    while True:
        page = p.ask("friend_get_all", StartIndex=start, GetCount=40, TagList=["Tag_SNS_IM_AddSource", "Tag_Profile_IM_Nick"])
        old += page["InfoItem"]
        start = page["StartIndex"]
        if start == 0:
            break
    report.equal("the old way, too", sorted(item["Info_Account"] for item in old), sorted(crowd))
    report.equal("with what was asked", tags(old[0], "SnsProfileItem"), {"Tag_SNS_IM_AddSource": "AddSource_Type_Web", "Tag_Profile_IM_Nick": ""})
    report.equal("and counted", (page["FriendNum"], page["NeedUpdateAll"]), (105, "GetAll_Type_YES"))
    known = p.ask("friend_get", StartIndex=0, StandardSequence=first["StandardSequence"], CustomSequence=first["CustomSequence"])
    report.check("known data is left out", not any(item["ValueItem"] for item in known["UserDataItem"]), known)
    report.code("read of nobody", p.ask("friend_get", From_Account=p.ghost, StartIndex=0), 30003)

    friend = crowd[0]
    stage.client.call("im_open_login_svc/account_import", {"UserID": friend, "Nick": "Zed"})
    wanted = ["Tag_Profile_IM_Nick", "Tag_SNS_IM_AddSource"]
    reply = p.ask("friend_get_list", To_Account=[friend, p.ben, p.ghost], TagList=wanted)
    p.results("chosen friends", reply, 0, 30001, 30003, failed=[p.ben, p.ghost], items="InfoItem")
    report.equal("what was asked for", tags(reply["InfoItem"][0], "SnsProfileItem"),
                 {"Tag_Profile_IM_Nick": "Zed", "Tag_SNS_IM_AddSource": "AddSource_Type_Web"})
    report.check("nothing of strangers", "SnsProfileItem" not in reply["InfoItem"][1], reply)
    report.code("an unknown field", p.ask("friend_get_list", To_Account=[friend], TagList=["Tag_SNS_IM_X"]), 30001)
    report.code("too many", p.ask("friend_get_list", To_Account=[friend] * 101, TagList=wanted), 30001)


def changing(stage):
    p, report = People(stage, "change"), stage.report
    report.code("add", p.add(p.ben))
    update = lambda user, *fields: {"To_Account": user, "SnsItem": [{"Tag": tag, "Value": value} for tag, value in fields]}
    before = p.ask("friend_get", StartIndex=0)
    reply = p.ask("friend_update", UpdateItem=[
        update(p.ben, ("Tag_SNS_IM_Remark", "rem"), ("Tag_SNS_IM_Group", ["x", "y"]), ("Tag_SNS_Custom_Rank", 5)),
        update(p.cat, ("Tag_SNS_IM_Remark", "rem")),
        update(p.ghost, ("Tag_SNS_IM_Remark", "rem")),
    ])
    p.results("update", reply, 0, 30001, 30003, failed=[p.cat, p.ghost])
    after = p.ask("friend_get", StartIndex=0)
    kept = tags(after["UserDataItem"][0], "ValueItem")
    report.equal("it is kept", (kept["Tag_SNS_IM_Remark"], kept["Tag_SNS_IM_Group"], kept["Tag_SNS_Custom_Rank"]), ("rem", ["x", "y"], 5))
    grown = all(after[name] > before[name] for name in ("StandardSequence", "CustomSequence"))
    report.check("sequences grow", grown, (before, after))
    for name, field in {
        "a source": ("Tag_SNS_IM_AddSource", "AddSource_Type_Web"),
        "a time": ("Tag_SNS_IM_AddTime", 1),
        "a long remark": ("Tag_SNS_IM_Remark", "r" * 97),
        "a long value": ("Tag_SNS_Custom_Rank", "v" * 501),
        "a long name": ("Tag_SNS_Custom_ninechars", "v"),
        "groups that are no list": ("Tag_SNS_IM_Group", "x"),
    }.items():
        p.results(f"update of {name}", p.ask("friend_update", UpdateItem=[update(p.ben, field)]), 30001, failed=[p.ben])


def removing(stage):
    p, report = People(stage, "remove"), stage.report
    p.results("add three", p.add(p.ben, p.cat, p.dan), 0, 0, 0)
    p.results("delete one way", p.ask("friend_delete", To_Account=[p.ben]), 0)
    report.equal("the other keeps it", p.friends(p.ben), [p.ann])
    reply = p.ask("friend_delete", To_Account=[p.cat, p.ben, p.ghost], DeleteType="Delete_Type_Both")
    p.results("delete both ways", reply, 0, 31704, 30003, failed=[p.ben, p.ghost])
    report.equal("nobody has it", p.friends(p.cat), [])
    report.code("delete nobody", p.ask("friend_delete", To_Account=[]), 30001)
    report.code("delete 1001", p.ask("friend_delete", To_Account=[p.ben] * 1001), 30001)
    report.code("another type", p.ask("friend_delete", To_Account=[p.ben], DeleteType="x"), 30001)
    report.code("delete all one way", p.ask("friend_delete_all"))
    report.equal("none is left", (p.friends(p.ann), p.friends(p.dan)), ([], [p.ann]))
    p.results("add again", p.add(p.ben, p.dan), 0, 0)
    report.code("delete all both ways", p.ask("friend_delete_all", DeleteType="Delete_Type_Both"))
    report.equal("all are left", [p.friends(user) for user in (p.ann, p.ben, p.dan)], [[], [], []])


def checking(stage):
    p, report = People(stage, "check"), stage.report
    report.code("add one way", p.add(p.ben, AddType="Add_Type_Single"))
    report.code("and back", p.call(f"{S}/friend_add", {"From_Account": p.cat, "AddType": "Add_Type_Single", "AddFriendItem": [
        {"To_Account": p.ann, "AddSource": "AddSource_Type_Web"}]}))
    report.code("add both ways", p.add(p.dan))
    for kind, wanted in {"Single": ("AWithB", "NoRelation", "AWithB"), "Both": ("AWithB", "BWithA", "BothWay")}.items():
        reply = p.ask("friend_check", To_Account=[p.ben, p.cat, p.dan, p.ghost], CheckType=f"CheckResult_Type_{kind}")
        p.results(f"check {kind}", reply, 0, 0, 0, 30003, failed=[p.ghost], items="InfoItem")
        report.equal(f"relations {kind}", [item["Relation"] for item in reply["InfoItem"]],
                     [f"CheckResult_Type_{name}" for name in wanted + ("NoRelation",)])
    report.code("check another way", p.ask("friend_check", To_Account=[p.ben], CheckType="x"), 30001)
    report.code("check no way", p.ask("friend_check", To_Account=[p.ben]), 30001)


def friend_groups(stage):
    p, report = People(stage, "groups"), stage.report
    report.code("add", p.add(p.ben, p.cat))
    made = p.ask("group_add", GroupName=["work", "home"], To_Account=[p.ben, p.dan, p.ghost])
    p.results("make groups", made, 0, 32216, 30003, failed=[p.dan, p.ghost])
    report.check("there is a sequence", isinstance(made.get("CurrentSequence"), int), made)
    alone = p.ask("group_add", GroupName=["empty"])
    report.check("without friends", alone.code == 0 and alone["CurrentSequence"] > made["CurrentSequence"], alone)
    listed = p.ask("group_get", NeedFriend="Need_Friend_Type_Yes")
    report.equal("with friends", listed.get("ResultItem"), [
        {"GroupName": "work", "FriendNumber": 1, "To_Account": [p.ben]},
        {"GroupName": "home", "FriendNumber": 1, "To_Account": [p.ben]},
        {"GroupName": "empty", "FriendNumber": 0, "To_Account": []}])
    named = p.ask("group_get", GroupName=["home", "none"])
    report.equal("by name", named.get("ResultItem"), [{"GroupName": "home", "FriendNumber": 1}])
    report.equal("the sequence is the same", listed["CurrentSequence"], alone["CurrentSequence"])
    gone = p.ask("group_delete", GroupName=["work", "empty"])
    report.check("delete", gone.code == 0 and gone["CurrentSequence"] > alone["CurrentSequence"], gone)
    report.equal("what is left", [item["GroupName"] for item in p.ask("group_get")["ResultItem"]], ["home"])
    report.equal("they stay friends", p.friends(p.ann), [p.ben, p.cat])
    for command in ("group_add", "group_delete"):
        report.code(f"{command} of nothing", p.ask(command, GroupName=[]), 30001)
    report.code("a long name", p.ask("group_add", GroupName=["g" * 31]), 30001)
    report.code("too many", p.ask("group_add", GroupName=[f"g{number}" for number in range(32)]), 30011)


def block_list(stage):
    p, report = People(stage, "block"), stage.report
    report.code("add", p.add(p.ben))
    reply = p.ask("black_list_add", To_Account=[p.ben, p.cat, p.ann, p.ghost])
    p.results("block", reply, 0, 0, 30001, 30003, failed=[p.ann, p.ghost])
    report.equal("the friendship is over", (p.friends(p.ann), p.friends(p.ben)), ([], []))
    p.results("block again", p.ask("black_list_add", To_Account=[p.ben]), 30001, failed=[p.ben])
    p.results("add who is blocked", p.add(p.ben), 30515, failed=[p.ben])
    back = {"From_Account": p.ben, "AddFriendItem": [{"To_Account": p.ann, "AddSource": "AddSource_Type_Web"}]}
    p.results("add who blocks", p.call(f"{S}/friend_add", back), 30525, failed=[p.ann])
    first = p.ask("black_list_get", StartIndex=0, MaxLimited=1, LastSequence=0)
    second = p.ask("black_list_get", StartIndex=first["StartIndex"], MaxLimited=1, LastSequence=0)
    users = [item["To_Account"] for item in first["BlackListItem"] + second["BlackListItem"]]
    report.equal("in pages", (sorted(users), second["StartIndex"]), (sorted([p.ben, p.cat]), 0))
    report.check("since when", first["BlackListItem"][0]["AddBlackTimeStamp"] > 1_700_000_000, first)
    report.check("both spellings", first["CurruentSequence"] == first["CurrentSequence"] > 0, first)
    p.call(f"{S}/black_list_add", {"From_Account": p.cat, "To_Account": [p.ann]})
    for kind, wanted in {"Single": ("AWithB", "AWithB"), "Both": ("AWithB", "BothWay")}.items():
        reply = p.ask("black_list_check", To_Account=[p.ben, p.cat, p.dan, p.ghost], CheckType=f"BlackCheckResult_Type_{kind}")
        p.results(f"check {kind}", reply, 0, 0, 0, 30003, failed=[p.ghost], items="BlackListCheckItem")
        report.equal(f"relations {kind}", [item["Relation"] for item in reply["BlackListCheckItem"]],
                     [f"BlackCheckResult_Type_{name}" for name in wanted + ("NO", "NO")])
    reply = p.ask("black_list_delete", To_Account=[p.ben, p.dan, p.ghost])
    p.results("unblock", reply, 0, 30001, 30003, failed=[p.dan, p.ghost])
    report.equal("no friendship comes back", p.friends(p.ann), [])
    for command in ("black_list_add", "black_list_delete"):
        report.code(f"{command} of nobody", p.ask(command, To_Account=[]), 30001)


SECTIONS = [adding, importing, reading, changing, removing, checking, friend_groups, block_list]
