//! Samples of callbacks, with which an operator sees what the app's server makes of them.

use model::{Callback, Code, callback::CallbackForm};
use serde_json::{Value, json};

use super::{Body, Cause};

const SECOND: i64 = 1_700_000_000;
const KEY: &str = "7_90210_1700000000";

fn text() -> Value {
    json!([{"MsgType": "TIMTextElem", "MsgContent": {"Text": "a sample"}}])
}

fn accounts(names: &[&str]) -> Value {
    names.iter().map(|name| json!({"Member_Account": name})).collect()
}

/// A body as a real event would have it; the users and groups in it do not exist.
pub(super) fn sample(cause: &Cause, callback: Callback) -> Body {
    let body = Body::new(cause, callback);
    if callback.is_of_groups() || callback == Callback::BotGroupMessage {
        return in_group(body, callback, cause.app.settings.callback_form);
    }
    match callback {
        Callback::C2cBeforeSend | Callback::C2cAfterSend | Callback::BotC2cMessage => message(body, callback),
        Callback::C2cAfterRead => body
            .field("Report_Account", "sample_ben")
            .field("Peer_Account", "sample_amy")
            .field("LastReadTime", &SECOND)
            .field("UnreadMsgNum", &0),
        Callback::C2cAfterRecall => pair(body, "sample_ben").field("MsgKey", KEY).field("UnreadMsgNum", &0),
        _ => of_people(body, callback, cause.app.settings.callback_form),
    }
}

fn pair(body: Body, to: &str) -> Body {
    body.field("From_Account", "sample_amy").field("To_Account", to)
}

fn message(body: Body, callback: Callback) -> Body {
    let to = if callback == Callback::BotC2cMessage { "@RBT#sample" } else { "sample_ben" };
    let body = pair(body, to)
        .field("MsgSeq", &7)
        .field("MsgRandom", &90_210)
        .field("MsgTime", &SECOND)
        .later("MsgKey", KEY)
        .later("OnlineOnlyFlag", &0)
        .field("MsgBody", &text())
        .later("CloudCustomData", "");
    match callback {
        Callback::C2cBeforeSend => body,
        _ => body.field("SendMsgResult", &0).field("ErrorInfo", "send msg succeed").later("UnreadMsgNum", &1),
    }
}

fn of_people(body: Body, callback: Callback, form: CallbackForm) -> Body {
    let friends = json!([{"From_Account": "sample_amy", "To_Account": "sample_ben"}]);
    let asked = |body: Body| body.field("Requester_Account", "sample_amy").field("From_Account", "sample_amy");
    match callback {
        Callback::StateChange => {
            let action = if form == CallbackForm::Old { "Logout" } else { "Disconnect" };
            body.field("Info", &json!({"Action": action, "To_Account": "sample_amy", "Reason": "LinkClose"}))
        }
        Callback::PortraitSet => body
            .field("Operator_Account", "sample_amy")
            .field("From_Account", "sample_amy")
            .field("ProfileItem", &json!([{"Tag": "Tag_Profile_IM_Nick", "Value": "Amy"}])),
        Callback::PrevFriendAdd => asked(body)
            .field(
                "FriendItem",
                &json!([{
                    "To_Account": "sample_ben", "Remark": "", "GroupName": "",
                    "AddSource": "AddSource_Type_Web", "AddWording": "hello",
                }]),
            )
            .field("AddType", "Add_Type_Both")
            .field("ForceAddFlags", &0),
        Callback::PrevFriendResponse => asked(body).field(
            "ResponseFriendItem",
            &json!([{
                "To_Account": "sample_ben", "Remark": "", "TagName": "",
                "ResponseAction": "Response_Action_AgreeAndAdd",
            }]),
        ),
        Callback::FriendAdd => body
            .field(
                "PairList",
                &json!([{
                    "From_Account": "sample_amy", "To_Account": "sample_ben", "Initiator_Account": "sample_amy",
                }]),
            )
            .field("ClientCmd", "friend_add")
            .field("Admin_Account", "")
            .field("ForceFlag", &0),
        _ => body.field("PairList", &friends),
    }
}

fn in_group(body: Body, callback: Callback, form: CallbackForm) -> Body {
    use Callback as C;

    let kind = if callback.name().contains("Topic") { "Community" } else { "Public" };
    let group = if kind == "Community" { "@TGS#_sample" } else { "sample_group" };
    let topic = "@TGS#_sample@TOPIC#_sample";
    let body = match callback {
        C::GroupBeforeCreate => body,
        C::GroupAfterFull => body.field("GroupId", group),
        _ => body.field("GroupId", group).field("Type", kind),
    };
    let by = |body: Body| body.field("Operator_Account", "sample_amy");
    let owned = |body: Body| body.field("Owner_Account", "sample_amy").field("Name", "A sample");
    match callback {
        C::GroupBeforeSend | C::GroupAfterSend | C::GroupSendException | C::BotGroupMessage => said(body, callback),
        C::GroupBeforeCreate => owned(by(body))
            .field("Type", kind)
            .field(if form == CallbackForm::Old { "CreatedNum" } else { "CreateGroupNum" }, &0)
            .field("MemberList", &accounts(&["sample_amy", "sample_ben"])),
        C::GroupAfterCreate => owned(by(body))
            .field("MemberList", &accounts(&["sample_amy", "sample_ben"]))
            .field("UserDefinedDataList", &json!([])),
        C::GroupBeforeApply => body.field("Requestor_Account", "sample_amy"),
        C::GroupBeforeInvite => by(body).field("DestinationMembers", &accounts(&["sample_ben"])),
        C::GroupAfterJoin => by(body).field("JoinType", "Invited").field("NewMemberList", &accounts(&["sample_ben"])),
        C::GroupAfterExit => by(body).field("ExitType", "Kicked").field("ExitMemberList", &accounts(&["sample_ben"])),
        C::GroupAfterDestroy => owned(body).field("MemberList", &accounts(&["sample_amy"])),
        C::GroupAfterInfo | C::TopicAfterInfo | C::TopicBeforeCreate => by(body).field("Name", "A sample"),
        C::GroupAfterRecall => by(body).field("MsgSeqList", &json!([{"MsgSeq": 1}])),
        C::TopicAfterCreate => owned(by(body)).field("TopicId", topic).field("UserDefinedDataList", &json!([])),
        C::TopicAfterDestroy => body.field("TopicIdList", &json!([topic])),
        C::GroupMemberField => by(body).field("Modified_Account", "sample_ben").field("NameCard", "Ben"),
        C::GroupAttribute => {
            by(body).field("OptionType", "set").field("GroupAttr", &json!([{"key": "level", "value": "1"}]))
        }
        C::GroupReadReceipt => body.field(
            "GroupMsgReceiptList",
            &json!([{
                "MsgSeq": 1, "ReadNum": 1, "UnreadNum": 0,
                "ReadReceiptMembers": accounts(&["sample_ben"]),
            }]),
        ),
        C::GroupAfterOwner => by(body).field("OldOwner_Account", "sample_amy").field("NewOwner_Account", "sample_ben"),
        _ => body,
    }
}

fn said(body: Body, callback: Callback) -> Body {
    let body = body.field("From_Account", "sample_amy");
    let body = match callback {
        Callback::GroupAfterSend | Callback::BotGroupMessage => body
            .later("Operator_Account", "sample_amy")
            .later("Random", &90_210)
            .field("MsgSeq", &1)
            .field("MsgTime", &SECOND),
        _ => body.field("Operator_Account", "sample_amy").field("Random", &90_210),
    };
    let body = body.later("OnlineOnlyFlag", &0).field("MsgBody", &text()).later("CloudCustomData", "");
    match callback {
        Callback::GroupSendException => {
            body.field("ErrorCode", &Code::MemberMuted.number()).field("ErrorInfo", "the sender is muted here")
        }
        Callback::BotGroupMessage => body.field("AtRobotAccount", &["@RBT#sample"]),
        _ => body,
    }
}
