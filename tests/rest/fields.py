"""Custom fields of an app that declares them: `run.py --declared` with the settings `SETTINGS`."""

from groups import G, STORED, Groups

SETTINGS = {
    "custom_group_fields": "city:Public+AVChatRoom:anyone:admin:Private:member:app,plan:*:app:app",
    "custom_member_fields": "badge:Public:owner+own:app",
    "custom_friend_fields": "Word:text,Rank:number",
    "custom_profile_fields": "Open,Rank:number:r:rw,Shut:text:rw:-",
}


def one(key, value="x"):
    return [{"Key": key, "Value": value}]


def of_groups(stage):
    groups, report = Groups(stage), stage.report
    ann, bob = stage.user("ann"), stage.user("bob")
    for kind in STORED + ("AVChatRoom",):
        group = groups.make(kind, ann, [bob] if kind in STORED else ())
        for key, code in [
            ("city", 0 if kind in ("Public", "AVChatRoom", "Private") else 10007),
            ("plan", 0),
            ("badge", 10004),
            ("town", 10004),
        ]:
            reply = groups.ask("modify_group_base_info", group, AppDefinedData=one(key))
            report.code(f"{kind}: write {key}", reply, code)
            shown = key in [field["Key"] for field in groups.info(group)["AppDefinedData"]]
            report.equal(f"{kind}: {key} is there", shown, code == 0)
        if kind in STORED:
            for key, code in [("badge", 0 if kind == "Public" else 10007), ("city", 10004)]:
                fields = {"Member_Account": bob, "AppMemberDefinedData": one(key)}
                reply = groups.ask("modify_group_member_info", group, **fields)
                report.code(f"{kind}: write {key} of a member", reply, code)
                found = groups.ask("get_specified_group_member_info", group, Member_List_Account=[bob])
                keys = [field["Key"] for field in found["MemberList"][0]["AppMemberDefinedData"]]
                report.equal(f"{kind}: {key} of the member is there", key in keys, code == 0)
            report.code(f"{kind}: a filter", groups.ask("get_group_member_info", group, AppDefinedDataFilter_GroupMember=["badge"]))
            reply = groups.ask("get_group_member_info", group, AppDefinedDataFilter_GroupMember=["town"])
            report.code(f"{kind}: a filter with what is not declared", reply, 10004)
        groups.ask("destroy_group", group)
    for command in ("create_group", "import_group"):
        for kind, key, code in [("Public", "town", 10004), ("ChatRoom", "city", 10007)]:
            body = {"Type": kind, "Name": "n", "AppDefinedData": one(key)}
            report.code(f"{command}: {key}", groups.call(f"{G}/{command}", body), code)


def of_friends(stage):
    call, report = stage.client.call, stage.report
    ann, ben = stage.user("ann"), stage.user("ben")
    for tag, value, code in [
        ("Word", "red", 0), ("Word", 7, 30001), ("Rank", 7, 0), ("Rank", "7", 0), ("Rank", "seven", 30001), ("Team", "x", 30001),
    ]:
        item = [{"Tag": f"Tag_SNS_Custom_{tag}", "Value": value}]
        friend = {"To_Account": ben, "AddSource": "AddSource_Type_Old", "CustomItem": item}
        reply = call("sns/friend_import", {"From_Account": ann, "AddFriendItem": [friend]})
        report.equal(f"import {tag} {value!r}", reply["ResultItem"][0]["ResultCode"], code)
        reply = call("sns/friend_update", {"From_Account": ann, "UpdateItem": [{"To_Account": ben, "SnsItem": item}]})
        report.equal(f"update {tag} {value!r}", reply["ResultItem"][0]["ResultCode"], code)


def of_profiles(stage):
    call, report = stage.client.call, stage.report
    ann = stage.user("ann")
    for tag, value, write, read in [
        ("Open", "x", 0, 0), ("Rank", 7, 0, 0), ("Rank", "seven", 40610, 0), ("Shut", "x", 40008, 40007), ("Team", "x", 40009, 40009),
    ]:
        item = [{"Tag": f"Tag_Profile_Custom_{tag}", "Value": value}]
        report.code(f"write {tag} {value!r}", call("profile/portrait_set", {"From_Account": ann, "ProfileItem": item}), write)
        wanted = {"To_Account": [ann], "TagList": [f"Tag_Profile_Custom_{tag}"]}
        report.code(f"read {tag}", call("profile/portrait_get", wanted), read)


SECTIONS = (of_groups, of_friends, of_profiles)
