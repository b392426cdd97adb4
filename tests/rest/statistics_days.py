"""What is counted, as the app's backend reads it."""

import datetime

METRICS = (
    "ActiveUserNum RegistUserNumOneDay RegistUserNumTotal LoginTimes LoginUserNum MaxOnlineNum UpMsgNum DownMsgNum "
    "SendMsgUserNum APNSMsgNum C2CUpMsgNum C2CDownMsgNum C2CSendMsgUserNum C2CAPNSMsgNum GroupUpMsgNum GroupDownMsgNum "
    "GroupSendMsgUserNum GroupAPNSMsgNum GroupSendMsgGroupNum GroupJoinGroupTimes GroupQuitGroupTimes GroupNewGroupNum "
    "GroupAllGroupNum GroupDestroyGroupNum ChainIncrease ChainDecrease CallBackReq CallBackRsp"
).split()


def counted(stage):
    call, report = stage.client.call, stage.report
    before = china()
    reply = call("openconfigsvr/getappinfo", {})
    days = [before, china()]
    report.code("all fields", reply)
    report.equal("its text", reply["ErrorInfo"], "OK")
    rows = reply["Result"]
    report.equal("30 days", len(rows), 30)
    report.equal("every field", sorted(rows[0]), sorted(METRICS + ["AppName", "AppId", "Company", "Date"]))
    report.check("all of it is text", all(isinstance(value, str) for row in rows for value in row.values()))
    report.check("numbers", all(int(row[name]) >= 0 for row in rows for name in METRICS))
    dates = [row["Date"] for row in rows]
    report.check("newest first, up to yesterday", any(dates == [written(day, back) for back in range(1, 31)] for day in days))
    for row in rows:
        for name in ("UpMsgNum", "DownMsgNum", "APNSMsgNum"):
            parts = int(row["C2C" + name]) + int(row["Group" + name])
            if int(row[name]) != parts:
                report.equal(f"{name} of {row['Date']}", int(row[name]), parts)
    some = call("openconfigsvr/getappinfo", {"RequestField": ["UpMsgNum", "NoSuchField"]})
    report.equal("one field", sorted(some["Result"][0]), ["Date", "UpMsgNum"])
    report.code("no list", call("openconfigsvr/getappinfo", {"RequestField": 7}), 130001)


def china():
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=8)).date()


def written(day, back):
    return (day - datetime.timedelta(days=back)).strftime("%Y%m%d")


SECTIONS = (counted,)
