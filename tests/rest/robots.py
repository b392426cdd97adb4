"""Robots, and what they say in pieces."""

from sending import roam, unread

ROBOTS = "openim_robot_http_svc"


def robots(stage):
    call, report = stage.client.call, stage.report
    name = f"@RBT#{stage.mark}"
    listed = lambda: call(f"{ROBOTS}/get_all_robots", {}).get("Robot_Account")
    before = listed()
    report.check("robots are listed", isinstance(before, list) and name not in before, before)
    body = {"UserID": name, "Nick": "Bot", "FaceUrl": "https://example.org/r.png", "SelfSignature": "beep"}
    report.code("create", call(f"{ROBOTS}/create_robot", body))
    stage.made.add(name)
    report.code("create again", call(f"{ROBOTS}/create_robot", {"UserID": name}))
    report.equal("there is one more", sorted(listed()), sorted(before + [name]))
    for what, body in [
        ("another name", {"UserID": stage.name("bot")}),
        ("33 bytes", {"UserID": "@RBT#" + "x" * 28}),
        ("no name", {}),
        ("a long signature", {"UserID": name + "2", "SelfSignature": "x" * 501}),
    ]:
        report.code(f"create with {what}", call(f"{ROBOTS}/create_robot", body), 10004)
    report.code("import of a robot's name", call("im_open_login_svc/account_import", {"UserID": name}), 0, 70402)
    stream(stage, name)
    report.code("delete", call(f"{ROBOTS}/delete_robot", {"Robot_Account": name}))
    stage.made.discard(name)
    report.equal("it is no longer listed", listed(), before)
    report.code("delete what is no robot", call(f"{ROBOTS}/delete_robot", {"Robot_Account": stage.user("ann")}), 10004)
    report.code("delete nothing", call(f"{ROBOTS}/delete_robot", {}), 10004)


def stream(stage, robot):
    call, report = stage.client.call, stage.report
    ann = stage.user("ann")
    say = lambda chunk, **fields: call(
        f"{ROBOTS}/send_stream_msg", {"From_Account": robot, "To_Account": ann, "Chunk": chunk} | fields)
    words = lambda: [entry["MsgBody"][0]["MsgContent"].get("Text") for entry in roam(stage, ann, robot)["MsgList"]]
    reply = say("Hel")
    report.code("the first piece", reply)
    key = reply.get("MsgKey", "")
    keys = [entry["MsgKey"] for entry in roam(stage, ann, robot)["MsgList"]]
    report.equal("is a message", (words(), keys), (["Hel"], [key]))
    reply = say("lo, ", MsgKey=key)
    report.equal("the key is echoed", (reply.code, reply.get("MsgKey")), (0, key))
    report.code("the last piece", say("world", MsgKey=key, Finish=1))
    report.equal("one message has it all", words(), ["Hello, world"])
    report.equal("it is unread once", unread(stage, ann, robot), [(robot, 1)])
    report.code("nothing comes after the end", say("!", MsgKey=key), 10004)
    report.equal("nothing came", words(), ["Hello, world"])
    report.code("a message in one piece", say("short", Finish=1))
    report.code("a bad key", say("x", MsgKey="x"), 10004)
    report.code("a key of no message", say("x", MsgKey="1_2_1700000000"), 10004)
    report.code("from no robot", say("x", From_Account=ann), 10004)
    report.code("to nobody", say("x", To_Account=stage.name("ghost")), 10004)
    report.code("no piece", call(f"{ROBOTS}/send_stream_msg", {"From_Account": robot, "To_Account": ann}), 10004)


SECTIONS = [robots]
