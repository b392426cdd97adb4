"""Imports, and reading history page by page."""

import time

from sending import message, roam, text, unread, words_of

IMPORT, ROAM = "openim/importmsg", "openim/admin_getroammsg"


def imported(stage, sender, receiver, words, second, mode=2, **fields):
    body = message(stage, receiver, words, From_Account=sender, SyncFromOldSystem=mode, MsgTimeStamp=second, **fields)
    return stage.client.call(IMPORT, body)


def pages(stage, operator, peer, most=1000, **fields):
    """All messages of a range, asked for page by page, and the pages' sizes."""
    body = {"Operator_Account": operator, "Peer_Account": peer} | fields
    entries, sizes = [], []
    for _ in range(most):
        reply = stage.client.call(ROAM, body)
        if reply.code != 0:
            raise RuntimeError(f"a page was refused: {reply}")
        page = reply["MsgList"]
        sizes.append(len(page))
        entries = page + entries
        if reply["MsgCnt"] != len(page):
            raise RuntimeError(f"MsgCnt {reply['MsgCnt']} of {len(page)}")
        if page and (reply["LastMsgKey"], reply["LastMsgTime"]) != (page[0]["MsgKey"], page[0]["MsgTimeStamp"]):
            raise RuntimeError("LastMsgKey is not the oldest of the page")
        if reply["Complete"] == 1:
            return entries, sizes
        body |= {"MaxTime": reply["LastMsgTime"], "LastMsgKey": reply["LastMsgKey"]}
    raise RuntimeError("the pages do not end")


def paging(stage):
    report = stage.report
    ann, gil = stage.user("ann"), stage.user("gil")
    start = int(time.time()) - 1000
    # Five in each second, from both sides.
    for number in range(60):
        pair = (ann, gil) if number % 3 else (gil, ann)
        reply = imported(stage, *pair, f"n{number}", start + number // 5, MsgSeq=number)
        if reply.code != 0:
            raise RuntimeError(f"an import was refused: {reply}")
    every = [f"n{number}" for number in range(60)]
    span = {"MinTime": start, "MaxTime": start + 11}
    for size in (1, 7, 20, 59, 60, 61, 100):
        if size == 1:
            entries, sizes = pages(stage, ann, gil, MaxCnt=1, MinTime=start, MaxTime=start + 2)
            wanted = every[:15]
        else:
            entries, sizes = pages(stage, ann, gil, MaxCnt=size, **span)
            wanted = every
        found = [entry["MsgBody"][0]["MsgContent"]["Text"] for entry in entries]
        report.equal(f"pages of {size} give everything once and in order", found, wanted)
        report.check(f"pages of {size} are no larger", max(sizes) <= size, sizes)
    entries, _ = pages(stage, gil, ann, MaxCnt=100, **span)
    report.equal("the other side sees the same", len(entries), 60)
    report.equal("the real sender is named", entries[0]["From_Account"], gil)
    entries, _ = pages(stage, ann, gil, MaxCnt=100, MinTime=start + 3, MaxTime=start + 4)
    found = [entry["MsgBody"][0]["MsgContent"]["Text"] for entry in entries]
    report.equal("both ends of a range are in it", found, every[15:25])
    body = {"From_Account": ann, "To_Account": gil, "MaxCnt": 3} | span
    report.equal("the older field names", words_of(stage.client.call(ROAM, body)), every[-3:])
    body = {"Operator_Account": ann, "Peer_Account": gil, "MaxCnt": 9, "MinTime": 1, "MaxTime": 2}
    none = stage.client.call(ROAM, body)
    report.equal("an empty range", (none.get("Complete"), none.get("MsgCnt"), none.get("MsgList")), (1, 0, []))


def long_pages(stage):
    report = stage.report
    ann, hal = stage.user("ann"), stage.user("hal")
    for number in range(12):
        words = f"{number:02}" + "x" * 3000
        stage.client.call("openim/sendmsg", message(stage, hal, words, From_Account=ann))
    first = roam(stage, hal, ann)
    count = first.get("MsgCnt", 0)
    report.check("a reply ends at about 13 KB", first.get("Complete") == 0 and 2 <= count <= 5, count)
    now = int(time.time())
    entries, sizes = pages(stage, hal, ann, MaxCnt=100, MinTime=now - 600, MaxTime=now + 60)
    found = [entry["MsgBody"][0]["MsgContent"]["Text"][:2] for entry in entries]
    report.equal("and is continued without a gap", found, [f"{number:02}" for number in range(12)])
    report.check("in several pages", len(sizes) >= 3, sizes)
    large = "y" * 11000
    stage.client.call("openim/sendmsg", message(stage, hal, large, From_Account=ann))
    report.equal("the largest message is read", words_of(roam(stage, hal, ann, MaxCnt=1)), [large])


def imports(stage):
    report = stage.report
    ann, ida = stage.user("ann"), stage.user("ida")
    second = int(time.time()) - 5000
    span = {"MinTime": second - 10, "MaxTime": second + 10}
    same = {"MsgSeq": 77, "MsgRandom": 78}
    report.code("import", imported(stage, ann, ida, "old", second, CloudCustomData="c", **same))
    entry = roam(stage, ida, ann, **span).get("MsgList", [{}])[-1]
    report.equal("with its own time", (entry.get("MsgTimeStamp"), entry.get("MsgKey")), (second, f"77_78_{second}"))
    report.equal("with its data", (entry.get("CloudCustomData"), entry.get("MsgBody")), ("c", text("old")))
    report.equal("history is not unread", unread(stage, ida, ann), [(ann, 0)])
    report.code("import again", imported(stage, ann, ida, "other", second, **same))
    report.code("import the other way", imported(stage, ida, ann, "swapped", second, **same))
    report.equal("the first import stays alone", words_of(roam(stage, ann, ida, **span)), ["old"])
    report.code("the same numbers at another time", imported(stage, ann, ida, "later", second + 1, **same))
    report.code("import a live message", imported(stage, ann, ida, "live", second + 2, mode=5))
    report.code("import by the older number", imported(stage, ann, ida, "live too", second + 3, mode=1))
    report.equal("live ones are unread", unread(stage, ida, ann), [(ann, 2)])
    report.code("import what is older than all", imported(stage, ann, ida, "oldest", second - 5))
    stage.client.call("openim/sendmsg", message(stage, ida, "today", From_Account=ann))
    report.equal("history has the order of time", words_of(roam(stage, ida, ann, MinTime=second - 10)),
                 ["oldest", "old", "later", "live", "live too", "today"])
    report.equal("each chronological page", [e["MsgBody"][0]["MsgContent"]["Text"] for e in pages(
        stage, ann, ida, MaxCnt=2, MinTime=second - 10, MaxTime=int(time.time()) + 9)[0]],
        ["oldest", "old", "later", "live", "live too", "today"])


def refusals(stage):
    call, code = stage.client.call, stage.report.code
    ann, bob, ghost = stage.user("ann"), stage.user("bob"), stage.name("ghost")
    good = {"Operator_Account": ann, "Peer_Account": bob, "MaxCnt": 9, "MinTime": 1, "MaxTime": 2}
    for name, value, codes in [
        ("Operator_Account", ghost, (90008, 90003)), ("Peer_Account", ghost, (90003, 90008)),
        ("Operator_Account", 7, (90008, 90003)), ("Peer_Account", 7, (90003,)),
        ("MaxCnt", "x", (90001,)), ("MinTime", "x", (90001,)), ("LastMsgKey", "x", (90001, 90054)),
    ]:
        code(f"roaming with {name} {value!r}", call(ROAM, good | {name: value}), *codes)
    for name in ("Operator_Account", "Peer_Account", "MaxCnt", "MaxTime"):
        less = {field: value for field, value in good.items() if field != name}
        code(f"roaming without {name}", call(ROAM, less), 90001, 90003, 90008)


SECTIONS = [paging, long_pages, imports, refusals]
