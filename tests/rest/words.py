"""Words that an app does not let its users say, and files taken from their sight."""

from sending import message, roam, text, words_of

DIRTY, AUDIT = "openim_dirty_words", "im_msg_audit_mgr"


def refused(stage):
    call, report = stage.client.call, stage.report
    ann, ben = stage.user("ann"), stage.user("ben")
    word, plain = f"zz{stage.mark}", f"yy{stage.mark}"
    listed = lambda: [one for one in call(f"{DIRTY}/get", {})["DirtyWordsList"] if stage.mark in one]
    say = lambda words, **fields: call("openim/sendmsg", message(stage, ben, words, From_Account=ann, **fields))
    report.code("say it before", say(f"a {word}"))
    report.code("add", call(f"{DIRTY}/add", {"DirtyWordsList": [word, plain]}))
    report.code("add again", call(f"{DIRTY}/add", {"DirtyWordsList": [word]}))
    report.equal("the list", listed(), [word, plain])
    report.code("say it", say(f"a {word.upper()}!"), 80001)
    report.code("say something else", say("fine"))
    report.code("say it without a check", say(f"my {word}", SendMsgControl=["NoMsgCheck"]))
    report.check("what was refused is not said", f"a {word.upper()}!" not in words_of(roam(stage, ben, ann)))
    batch = {"From_Account": ann, "To_Account": [ben], "MsgRandom": stage.number(), "MsgBody": text(word)}
    report.code("say it to many", call("openim/batchsendmsg", batch), 80001)

    group = stage.name("words")
    made = {"Type": "Public", "Name": f"g {word}", "GroupId": group, "Owner_Account": ann}
    report.code("a group of that name", call("group_open_http_svc/create_group", made), 80001)
    report.code("a group", call("group_open_http_svc/create_group", made | {"Name": "fine"}))
    change = lambda **fields: call("group_open_http_svc/modify_group_base_info", {"GroupId": group} | fields)
    report.code("its notice", change(Notification=f"see {word}"), 80001)
    report.code("another notice", change(Notification="see"))
    card = {"GroupId": group, "Member_Account": ann, "NameCard": word}
    report.code("a card", call("group_open_http_svc/modify_group_member_info", card), 80001)
    talk = {"GroupId": group, "From_Account": ann, "Random": stage.number(), "MsgBody": text(f"x{word}x")}
    report.code("say it in a group", call("group_open_http_svc/send_group_msg", talk), 80001)

    profile = lambda tag, value: call("profile/portrait_set", {"From_Account": ann, "ProfileItem": [{"Tag": tag, "Value": value}]})
    report.code("a nickname", profile("Tag_Profile_IM_Nick", word), 40005)
    report.code("a signature", profile("Tag_Profile_IM_SelfSignature", f"I {plain}"), 40005)
    report.code("another nickname", profile("Tag_Profile_IM_Nick", "Ann"))
    add = {"From_Account": ann, "AddFriendItem": [{"To_Account": ben, "AddSource": "AddSource_Type_Rest", "Remark": word}]}
    results = lambda reply: [item["ResultCode"] for item in reply["ResultItem"]]
    report.equal("a remark", results(call("sns/friend_add", add)), [30005])
    report.code("a friend group", call("sns/group_add", {"From_Account": ann, "GroupName": [word[:20]]}), 30005)

    report.code("delete", call(f"{DIRTY}/delete", {"DirtyWordsList": [word, "never added"]}))
    report.equal("what is left", listed(), [plain])
    report.code("say it again", say(f"b {word}"))
    call(f"{DIRTY}/delete", {"DirtyWordsList": [plain]})
    for bad in ([], ["a"] * 51, ["x" * 201], [""], "x", [7]):
        report.code(f"add {str(bad)[:20]}", call(f"{DIRTY}/add", {"DirtyWordsList": bad}), 10004)
    call("group_open_http_svc/destroy_group", {"GroupId": group})


def replaced(stage):
    call, report = stage.client.call, stage.report
    ann, ben = stage.user("ann"), stage.user("ben")
    word = f"qq{stage.mark}"
    items = [
        {"Keyword": word, "WordType": 1, "FilterType": 1, "ReplacedContent": "***"},
        {"Keyword": rf"\bnr{stage.mark}-\d+", "WordType": 2, "FilterType": 2},
    ]
    app = {"SdkAppId": stage.client.sdkappid}
    reply = call(f"{AUDIT}/add_local_audit_keywords", app | {"LocalAuditWords": items})
    report.code("add", reply)
    report.check("the request has a name", bool(reply.get("RequestId")))
    say = lambda words: call("openim/sendmsg", message(stage, ben, words, From_Account=ann))
    report.code("say what is replaced", say(f"so {word.upper()} it is"))
    report.check("it was replaced", "so *** it is" in words_of(roam(stage, ben, ann)))
    report.code("say what a pattern refuses", say(f"my nr{stage.mark}-12"), 80001)
    report.code("say nearly so", say(f"my nr{stage.mark}-x"))
    listed = call(f"{AUDIT}/get_local_audit_keywords", app | {"Offset": 0, "Limit": 1, "Keyword": stage.mark})
    counts = [listed[name] for name in ("TotalCount", "TotalRegCount", "CurCount", "CurRegCount")]
    report.equal("counts", counts, [2, 1, 1, 0])
    first = listed["LocalAuditWords"][0]
    report.equal("a word", [first[name] for name in ("Keyword", "WordType", "FilterType", "ReplacedContent")], [word, 1, 1, "***"])
    only = call(f"{AUDIT}/get_local_audit_keywords", app | {"FilterType": 2, "Keyword": stage.mark})
    report.equal("those that refuse", [one["WordType"] for one in only["LocalAuditWords"]], [2])
    audit = lambda kind, content: call("im_msg_audit/content_moderation", {"AuditName": "C2C", "ContentType": kind, "Content": content})
    verdict = lambda content: [audit("Text", content)[name] for name in ("Result", "Score", "Label", "Keywords")]
    report.equal("a clean text", verdict("fine"), ["Pass", 0, "Normal", []])
    report.equal("a text that is changed", verdict(f"a {word}"), ["Review", 100, "Illegal", [word]])
    report.equal("a text that is refused", verdict(f"{word} nr{stage.mark}-1")[0], "Block")
    report.code("a picture", audit("Image", "http://127.0.0.1/a.png"), 2015)
    report.code("nothing known", audit("Smell", "x"), 2003)
    contents = [{"ContentId": 3, "ContentType": "Text", "Content": word}, {"ContentId": 1, "ContentType": "Image", "Content": "x"}]
    batch = {"AuditName": "Group", "Contents": contents}
    results = call("im_msg_audit/batch_content_moderation", batch)["AuditResults"]
    shown = [(one["ContentId"], one["ErrorCode"], one.get("Result"), one.get("SubLabel")) for one in results]
    report.equal("two at once", shown, [(3, 0, "Review", ""), (1, 2015, None, None)])
    report.code("an id twice", call("im_msg_audit/batch_content_moderation", batch | {"Contents": contents[:1] * 2}), 2003)
    report.code("delete", call(f"{AUDIT}/delete_local_audit_keywords", app | {"LocalAuditWords": items}))
    report.code("say it then", say(f"my nr{stage.mark}-12"))
    add = lambda words, **fields: call(f"{AUDIT}/add_local_audit_keywords", {"LocalAuditWords": words} | fields)
    report.code("too many", add(items * 6), 2016)
    for bad in ([], [{"Keyword": "x", "WordType": 3, "FilterType": 2}], [{"Keyword": "x", "WordType": 1}],
                [{"Keyword": "(", "WordType": 2, "FilterType": 2}], [{"Keyword": "", "WordType": 1, "FilterType": 2}]):
        report.code(f"add {bad}", add(bad), 2003)
    report.code("another app's", add(items, SdkAppId=1), 2003)
    report.code("too large a page", call(f"{AUDIT}/get_local_audit_keywords", {"Limit": 101}), 2003)


def files(stage):
    call, report = stage.client.call, stage.report
    url = f"http://127.0.0.1/files/{stage.client.sdkappid}/none/a.png"
    reply = call("im_cos_msg/get_cos_sig", {"RawURLs": [{"ResourceID": 7, "RawURL": url}]})
    report.code("sign", reply)
    signed = reply["PreSigURLs"][0]
    report.equal("a file that is not", [signed["ResourceID"], signed["Status"], signed["PreSigURL"]], [7, 2, ""])
    for command in ("forbid_illegal_object", "allow_banned_object"):
        report.code(f"{command} of nothing", call(f"im_cos_msg/{command}", {"RawURL": url}), 10004)
    report.code("sign nothing", call("im_cos_msg/get_cos_sig", {"RawURLs": []}), 10004)


SECTIONS = (refused, replaced, files)
