"""Conversation groups and marks, and the conversation list, as an app's backend sees them."""

from sending import message

R = "recentcontact"


def pair(user):
    return {"Type": 1, "To_Account": user}


def folders(stage):
    call, report = stage.client.call, stage.report
    me, ann, bob, ghost = stage.user("owner"), stage.user("ann"), stage.user("bob"), stage.name("ghost")
    ask = lambda command, **fields: call(f"{R}/{command}", {"From_Account": me} | fields)
    make = lambda name, *users: ask("create_contact_group",
        GroupContactItem=[{"GroupName": name, "ContactItem": [pair(user) for user in users]}])
    reply = make("work", ann, ghost)
    report.code("make a folder", reply)
    item = reply["GroupResultItem"][0]
    number = item["GroupItem"]["GroupId"]
    report.equal("its name", item["GroupItem"]["GroupName"], "work")
    report.equal("what became of each", [one["ResultCode"] for one in item["ResultItem"]], [0, 50001])
    report.code("make it again", make("work", ann), 50002)
    foreign = call("group_open_http_svc/create_group", {"Type": "Public", "Name": "g", "Owner_Account": ann})["GroupId"]
    group = lambda id: {"Type": 2, "ToGroupId": id}
    reply = ask("create_contact_group", GroupContactItem=[
        {"GroupName": "mixed", "ContactItem": [group(foreign), pair(bob), group("@TGS#none")]}])
    report.code("make one with a group that one is not in", reply)
    outcomes = lambda items: [one["ResultCode"] for one in items]
    report.equal("each for itself", outcomes(reply["GroupResultItem"][0]["ResultItem"]), [51007, 0, 51007])
    reply = ask("update_contact_group", UpdateType=1, UpdateGroup={"OldGroupName": "mixed", "UpdateGroupType": 2,
        "ContactUpdateItem": [{"ContactOptType": 1, "ContactItem": group(foreign)}, {"ContactOptType": 1, "ContactItem": pair(ann)}]})
    report.code("add a group that one is not in", reply)
    report.equal("each for itself again", outcomes(reply["UpdateGroupResult"]["ContactResultItem"]), [51007, 0])
    report.code("delete the mixed one", ask("del_contact_group", GroupName=["mixed"]))
    report.code("make one without conversations", make("empty"), 51006)
    report.code("make one with too many", make("many", *[ann] * 101), 51006)
    report.code("make one of a long name", make("n" * 33, ann), 51011)
    report.code("make two at once", ask("create_contact_group", GroupContactItem=[
        {"GroupName": name, "ContactItem": [pair(ann)]} for name in "ab"]), 50002)
    report.code("make one for a ghost", call(f"{R}/create_contact_group", {
        "From_Account": ghost, "GroupContactItem": [{"GroupName": "x", "ContactItem": [pair(ann)]}]}), 50001)

    update = lambda **fields: ask("update_contact_group", UpdateType=1, UpdateGroup={"OldGroupName": "work"} | fields)
    change = lambda kind, user: {"ContactOptType": kind, "ContactItem": pair(user)}
    reply = update(UpdateGroupType=2, ContactUpdateItem=[change(1, bob), change(2, ann), change(3, ann)])
    report.code("change its conversations", reply)
    result = reply["UpdateGroupResult"]
    report.equal("the outcomes", [one["ResultCode"] for one in result["ContactResultItem"]], [0, 0, 50002])
    report.equal("the kinds", [one["ContactOptType"] for one in result["ContactResultItem"]], [1, 2, 3])
    report.code("change nothing", update(UpdateGroupType=2, ContactUpdateItem=[]), 51006)
    reply = update(UpdateGroupType=1, NewGroupName="home")
    report.code("rename", reply)
    result = reply["UpdateGroupResult"]
    report.equal("the names", (result["GroupName"], result["OldGroupName"], result["GroupId"]), ("home", "work", number))
    report.code("rename what is not", update(UpdateGroupType=1, NewGroupName="x"), 51009)
    report.code("update otherwise", ask("update_contact_group", UpdateType=2,
        UpdateGroup={"UpdateGroupType": 1, "OldGroupName": "home", "NewGroupName": "x"}), 50002)

    mark = lambda **fields: ask("mark_contact", MarkItem=[{"OptType": 3, "ContactItem": pair(ann)} | fields])
    report.code("mark", mark(SetMark=[0, 3, 40], CustomMark="vip"))
    report.code("unmark", mark(ClearMark=[40]))
    reply = mark(SetMark=[64])
    report.equal("a mark there is not", reply["ResultItem"][0]["ResultCode"], 50002)
    report.equal("a long custom mark", mark(CustomMark="x" * 257)["ResultItem"][0]["ResultCode"], 50002)
    report.code("mark nothing", ask("mark_contact", MarkItem=[]), 51006)

    reply = ask("get_contact_group", StartIndex=0)
    report.code("all of it", reply)
    report.equal("the folders", reply["GroupItem"], [{"GroupName": "home", "GroupId": number}])
    found = {one["To_Account"]: one for one in reply["ContactItem"]}
    report.equal("who is in it", sorted(found), sorted([ann, bob]))
    report.equal("marks", (found[ann]["StandardMark"], found[ann]["CustomMark"]), ("1001", "vip"))
    report.check("no folder, no list of them", "ContactGroupId" not in found[ann], found[ann])
    report.check("no mark, no custom mark", "CustomMark" not in found[bob], found[bob])
    report.equal("the folder", found[bob]["ContactGroupId"], [number])
    report.check("since when", all(one["Timestamp"] > 1_700_000_000 for one in found.values()), found)
    report.equal("the end", (reply["CompleteFlag"], reply["NextStartIndex"]), (1, 0))
    reply = ask("search_contact_group", ContactItem=[pair(bob), pair(ghost)])
    report.code("some of it", reply)
    report.equal("what was asked for", [one["To_Account"] for one in reply["ContactResultItem"]], [bob])
    report.code("delete what is not", ask("del_contact_group", GroupName=["home", "work"]), 51009)
    report.equal("it is still there", len(ask("get_contact_group", StartIndex=0)["GroupItem"]), 1)
    reply = ask("del_contact_group", GroupName=["home"])
    report.code("delete", reply)
    report.equal("what was deleted", reply["GroupItem"], [{"GroupName": "home", "GroupId": number}])
    for count in range(20):
        make(f"folder {count}", ann)
    report.code("the 21st folder", make("one more", ann), 51010)


def lists(stage):
    call, report = stage.client.call, stage.report
    me, ann, bob = stage.user("lister"), stage.user("ann"), stage.user("bob")
    for user in (ann, bob):
        call("openim/sendmsg", message(stage, user, "hello", From_Account=me))
    page = {"From_Account": me, "TimeStamp": 0, "StartIndex": 0, "TopTimeStamp": 0, "TopStartIndex": 0}
    ask = lambda flags=7: call(f"{R}/get_list", page | {"AssistFlags": flags})
    users = lambda reply: sorted(one["To_Account"] for one in reply["SessionItem"])
    report.equal("the list", users(ask()), sorted([ann, bob]))
    report.code("take one out", call(f"{R}/delete", {"From_Account": me, "Type": 1, "To_Account": ann}))
    report.code("take it out again", call(f"{R}/delete", {"From_Account": me, "type": 1, "To_Account": ann}))
    report.equal("what is left", users(ask()), [bob])
    report.equal("the same without empty ones", users(ask(5)), [bob])
    cat = stage.user("cat")
    mark = {"OptType": 1, "ContactItem": pair(cat), "SetMark": [0]}
    report.code("mark who said nothing", call(f"{R}/mark_contact", {"From_Account": me, "MarkItem": [mark]}))
    report.equal("with empty ones", users(ask()), sorted([bob, cat]))
    report.equal("without empty ones", users(ask(5)), [bob])
    report.code("take the empty one out", call(f"{R}/delete", {"From_Account": me, "Type": 1, "To_Account": cat}))
    report.equal("it is out", users(ask()), [bob])
    report.code("take out a group that is not", call(f"{R}/delete", {"From_Account": me, "Type": 2, "ToGroupid": "@TGS#none"}))
    report.code("take out a ghost", call(f"{R}/delete", {"From_Account": me, "Type": 1, "To_Account": stage.name("ghost")}), 50001)
    report.code("the list of a ghost", call(f"{R}/get_list", page | {"From_Account": stage.name("ghost")}), 50001)


SECTIONS = (folders, lists)
