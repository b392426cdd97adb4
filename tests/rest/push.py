"""Pushes to all users, their tags and attributes, and who may not speak, as an app's backend sees them."""

import time

P = "all_member_push"
C = "openconfigsvr"


def text(words):
    return [{"MsgType": "TIMTextElem", "MsgContent": {"Text": words}}]


def patiently(call, command, body):
    """Pushes are allowed once a second."""
    for _ in range(20):
        reply = call(command, body)
        if reply.code != 90024:
            return reply
        time.sleep(0.2)
    return reply


def tags(stage):
    call, report = stage.client.call, stage.report
    ann, bob, ghost = stage.user("ann"), stage.user("bob"), stage.name("ghost")
    add = lambda user, *tags: call(f"{P}/im_add_tag", {"UserTags": [{"To_Account": user, "Tags": list(tags)}]})
    get = lambda *users: {
        entry["To_Account"]: entry["Tags"] for entry in call(f"{P}/im_get_tag", {"To_Account": list(users)})["UserTags"]
    }
    report.code("add tags", add(ann, "red", "blue"))
    report.code("add one again", add(ann, "red"))
    report.code("add without a list", call(f"{P}/im_add_tag", {"To_Account": bob, "Tags": ["red"]}))
    report.equal("tags", get(ann, bob, ghost), {ann: ["blue", "red"], bob: ["red"], ghost: []})
    report.code("tag a ghost", add(ghost, "x"))
    report.code("the older name", call("openim/im_get_tag", {"To_Account": [ann]}))
    report.code("a long tag", add(ann, "t" * 51), 90034)
    report.code("an empty tag", add(ann, ""), 90034, 90040)
    report.code("eleven tags", add(ann, *map(str, range(11))), 90032)
    many = [f"{stage.mark}{number}" for number in range(100)]
    for start in range(0, 100, 10):
        reply = add(bob, *many[start : start + 10])
    report.code("the 101st tag", reply, 90046)
    report.code("tags of nobody", call(f"{P}/im_get_tag", {"To_Account": []}), 90001)
    report.code("tags of too many", call(f"{P}/im_get_tag", {"To_Account": ["x"] * 101}), 90018)
    report.code("tag too many", call(f"{P}/im_add_tag", {"UserTags": [{"To_Account": ann, "Tags": []}] * 101}), 90018)
    report.code("tag without a user", call(f"{P}/im_add_tag", {"UserTags": [{"Tags": ["x"]}]}), 90001)
    remove = {"UserTags": [{"To_Account": ann, "Tags": ["red", "never"]}]}
    report.code("remove a tag", call(f"{P}/im_remove_tag", remove))
    long = {"UserTags": [{"To_Account": ann, "Tags": ["t" * 51]}]}
    report.code("remove a long tag", call(f"{P}/im_remove_tag", long), 90034)
    report.code("remove all tags", call(f"{P}/im_remove_all_tags", {"To_Account": [bob]}))
    report.equal("what is left", get(ann, bob), {ann: ["blue"], bob: []})


def attributes(stage):
    call, report = stage.client.call, stage.report
    ann, bob = stage.user("ann"), stage.user("bob")
    name = f"city{stage.mark}"
    report.code("name an attribute", call(f"{P}/im_set_attr_name", {"AttrNames": {"3": name}}))
    names = call(f"{P}/im_get_attr_name")
    report.code("names", names)
    report.equal("the name", names["AttrNames"]["3"], name)
    for bad in ({"10": "x"}, {"a": "x"}):
        report.code(f"name {bad}", call(f"{P}/im_set_attr_name", {"AttrNames": bad}), 90001)
    for bad in ("", "n" * 51):
        report.code(f"a name of {len(bad)}", call(f"{P}/im_set_attr_name", {"AttrNames": {"3": bad}}), 90030)
    report.code("a name that another has", call(f"{P}/im_set_attr_name", {"AttrNames": {"4": name}}), 90001)
    report.code("one name twice", call(f"{P}/im_set_attr_name", {"AttrNames": {"4": f"x{name}", "5": f"x{name}"}}), 90001)
    report.code("move a name", call(f"{P}/im_set_attr_name", {"AttrNames": {"3": f"y{name}", "4": name}}))
    report.code("move it back", call(f"{P}/im_set_attr_name", {"AttrNames": {"3": name, "4": f"y{name}"}}))
    put = lambda user, values: call(f"{P}/im_set_attr", {"UserAttrs": [{"To_Account": user, "Attrs": values}]})
    report.code("set", put(ann, {name: "Ghent"}))
    report.code("set what has no name", put(ann, {"nothing": "x"}), 90033)
    report.code("set too long a value", put(ann, {name: "x" * 51}), 90030)
    reply = call(f"{P}/im_get_attr", {"To_Account": [ann, bob]})
    report.code("get", reply)
    found = {entry["To_Account"]: entry["Attrs"] for entry in reply["UserAttrs"]}
    report.equal("values", found, {ann: {name: "Ghent"}, bob: {}})
    report.code("remove", call(f"{P}/im_remove_attr", {"To_Account": ann, "Attrs": [name]}))
    report.code("remove what has no name", call(f"{P}/im_remove_attr", {"To_Account": ann, "Attrs": ["nothing"]}), 90033)
    reply = call(f"{P}/im_get_attr", {"To_Account": [ann]})
    report.equal("nothing is left", reply["UserAttrs"], [{"To_Account": ann, "Attrs": {}}])


def pushes(stage):
    call, report = stage.client.call, stage.report
    ann = stage.user("ann")
    number = int(time.time() * 1000) % 2**31
    body = {"From_Account": "notice", "MsgRandom": number, "MsgLifeTime": 60, "MsgBody": text("hello"),
            "Condition": {"TagsOr": [f"none{stage.mark}"]}}
    for name, change, codes in (
        ("without a number", {"MsgRandom": None}, (90005,)),
        ("with a text for a number", {"MsgRandom": "7"}, (90005,)),
        ("without a body", {"MsgBody": {}}, (90007,)),
        ("with an empty body", {"MsgBody": []}, (90002, 90010)),
        ("for too long", {"MsgLifeTime": 604801}, (90026,)),
        ("for no time", {"MsgLifeTime": "x"}, (90044,)),
        ("with a bad notice", {"OfflinePushInfo": []}, (90043, 90010)),
        ("with tags in both lists", {"Condition": {"TagsOr": ["a"], "TagsAnd": ["a"]}}, (90022,)),
        ("with eleven tags", {"Condition": {"TagsAnd": list("abcdefghijk")}}, (90032,)),
        ("with an empty tag", {"Condition": {"TagsAnd": [""]}}, (90040,)),
        ("with a long tag", {"Condition": {"TagsAnd": ["t" * 51]}}, (90020, 90034)),
        ("by what has no name", {"Condition": {"AttrsAnd": {"nothing": "x"}}}, (90033,)),
        ("by tags and attributes", {"Condition": {"TagsOr": ["a"], "AttrsAnd": {"b": "x"}}}, (90039,)),
        ("by nonsense", {"Condition": {"TagsOr": 7}}, (90027,)),
    ):
        changed = {key: value for key, value in (body | change).items() if value is not None}
        report.code(f"push {name}", call(f"{P}/im_push", changed), *codes)
    reply = patiently(call, f"{P}/im_push", body)
    report.code("push", reply)
    task = reply.get("TaskId")
    report.code("push too soon", call(f"{P}/im_push", body | {"MsgRandom": number + 1}), 90024)
    report.equal("the same number is the same push", call("openim/im_push", body).get("TaskId"), task)
    for _ in range(100):
        reply = call(f"{P}/im_get_push_report", {"TaskIds": [task]})
        if reply.code != 0 or reply["Reports"][0]["Status"] == 2:
            break
        time.sleep(0.05)
    report.code("report", reply)
    entry = reply["Reports"][0]
    report.equal("nobody has the tag", (entry["Finished"], entry["Total"]), (0, 0))
    report.check("it says since when", len(entry["StartTime"]) == 19, entry)
    report.code("report of nothing", call(f"{P}/im_get_push_report", {"TaskIds": []}), 90015)
    report.code("report without a list", call("openim/im_get_push_report", {}), 90015)
    report.code("report of what is not", call(f"{P}/im_get_push_report", {"TaskIds": ["x"]}), 90016)
    report.code("report of too many", call(f"{P}/im_get_push_report", {"TaskIds": ["x"] * 501}), 90014)
    report.code("take back a message", call("timpush/revoke", {"TaskId": task}), 90049)
    notice = {"From_Account": "notice", "To_Account": [ann, "device"], "MsgRandom": number,
              "OfflinePushInfo": {"PushFlag": 0, "Title": "t", "Desc": "d"}}
    reply = call("timpush/batch", notice)
    report.code("push to named users", reply)
    report.check("its name says so", reply.get("TaskId", "").startswith("batch_"), reply)
    report.code("push to nobody", call("timpush/batch", notice | {"To_Account": []}), 90001)
    report.code("push a long id", call("timpush/batch", notice | {"DataId": "x" * 65}), 90001)
    report.code("take it back", call("timpush/revoke", {"TaskId": reply.get("TaskId")}))
    report.code("take it back again", call("timpush/revoke", {"TaskId": reply.get("TaskId")}), 90050)
    report.code("take back what is not", call("timpush/revoke", {"TaskId": "x"}), 90049)


def silence(stage):
    call, report = stage.client.call, stage.report
    ann, ghost = stage.user("ann"), stage.name("ghost")
    put = lambda **fields: call(f"{C}/setnospeaking", fields)
    get = lambda: call(f"{C}/getnospeaking", {"Get_Account": ann})
    times = lambda reply: (reply["C2CmsgNospeakingTime"], reply["GroupmsgNospeakingTime"])
    report.code("who may speak", get())
    report.equal("at first", times(get()), (0, 0))
    report.code("silence in groups", put(Set_Account=ann, GroupmsgNospeakingTime=3600))
    pair, group = times(get())
    report.check("what is left", pair == 0 and 3590 <= group <= 3600, (pair, group))
    report.code("silence for ever", put(Set_Account=ann, C2CmsgNospeakingTime=4294967295))
    report.check("the other stays", times(get())[0] == 4294967295 and times(get())[1] > 0, get())
    report.code("lift both", put(Set_Account=ann, C2CmsgNospeakingTime=0, GroupmsgNospeakingTime=0))
    report.equal("both may be", times(get()), (0, 0))
    report.code("silence nobody", put(C2CmsgNospeakingTime=1), 130004)
    report.code("silence a number", put(Set_Account=7, C2CmsgNospeakingTime=1), 130005)
    report.code("silence a ghost", put(Set_Account=ghost, C2CmsgNospeakingTime=1), 130005)
    report.code("silence for no time", put(Set_Account=ann), 130008)
    report.code("silence for a text", put(Set_Account=ann, C2CmsgNospeakingTime="x"), 130001)
    report.code("of nobody", call(f"{C}/getnospeaking", {}), 130002)
    report.code("of a ghost", call(f"{C}/getnospeaking", {"Get_Account": ghost}), 130003)


def files(stage):
    call, report = stage.client.call, stage.report
    ask = lambda **fields: call("open_msg_svc/get_history", {"ChatType": "C2C", "MsgTime": "2020010100"} | fields)
    report.code("a file too old", ask(), 1005)
    now = time.gmtime(time.time() + 8 * 3600)
    report.code("a file of this hour", ask(MsgTime=time.strftime("%Y%m%d%H", now)), 1004)
    for name, fields, codes in (
        ("of another kind", {"ChatType": "All"}, (1002,)),
        ("of no hour", {"MsgTime": "2020013200"}, (1002,)),
        ("of a number", {"MsgTime": 2020010100}, (1001, 1002)),
    ):
        report.code(f"a file {name}", ask(**fields), *codes)
    reply = call("ConfigSvc/GetIPList")
    report.code("addresses", reply)
    report.check("they are a list of texts", all(isinstance(one, str) for one in reply.get("IPList", [7])), reply)


SECTIONS = (tags, attributes, pushes, silence, files)
