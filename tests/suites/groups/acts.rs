//! The steps as requests.

use model::GroupKind;
use serde_json::{Value, json};
use support::{code, text};

use super::{
    fresh, message,
    property::{Play, USERS},
    shadow::{Entry, Shadow, Step, Who},
};

impl Play {
    /// Does a step on the server; returns the code it was answered with, and the answer.
    pub(super) async fn act(&self, shadow: &Shadow, who: Who, step: &Step) -> (i64, Value) {
        let named = |user: usize| json!(USERS[user]);
        let mut body = json!({"GroupId": shadow.id});
        let mut with = |members: Value| {
            body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        };
        let command = match step {
            Step::Apply => "apply_join_group",
            Step::Decide { invited, from, who, agree } => {
                let verdict = if *agree { "Agree" } else { "Reject" };
                with(json!({"HandleMsg": verdict, "Applicant_Account": named(*from), "Invited_Account": named(*who),
                    "Authentication": ""}));
                if *invited { "handle_invite_join_permission_group" } else { "handle_apply_join_group" }
            }
            Step::Invite(users) => {
                let list: Value = users.iter().map(|user| json!({"Member_Account": named(*user)})).collect();
                with(json!({"MemberList": list}));
                "add_group_member"
            }
            Step::Quit => "quit_group",
            Step::Kick(user) => {
                with(json!({"MemberToDel_Account": [named(*user)]}));
                "delete_group_member"
            }
            Step::SetAdmin(user, made) => {
                with(json!({"Member_Account": named(*user), "Role": if *made { "Admin" } else { "Member" }}));
                "modify_group_member_info"
            }
            Step::HandOver(user) => {
                with(json!({"NewOwner_Account": named(*user)}));
                "change_group_owner"
            }
            Step::Rename => {
                with(json!({"Name": format!("name {}", fresh())}));
                "modify_group_base_info"
            }
            Step::SetJoin(option) => {
                with(json!({"ApplyJoinOption": option}));
                "modify_group_base_info"
            }
            Step::SetInvite(option) => {
                with(json!({"InviteJoinOption": option}));
                "modify_group_base_info"
            }
            Step::SetSize(most) => {
                with(json!({"MaxMemberNum": most}));
                "modify_group_base_info"
            }
            Step::MuteAll(on) => {
                with(json!({"ShutUpAllMember": if *on { "On" } else { "Off" }}));
                "modify_group_base_info"
            }
            Step::Mute(user, seconds) => {
                with(json!({"Members_Account": [named(*user)], "MuteTime": seconds}));
                "forbid_send_msg"
            }
            Step::Card(user) => {
                with(json!({"Member_Account": named(*user), "NameCard": format!("card {}", fresh())}));
                "modify_group_member_info"
            }
            Step::Speak => {
                let (number, words) = (fresh(), format!("said {}", shadow.log.len() + 1));
                let from = if let Who::User(user) = who { USERS[user] } else { "" };
                with(message(from, &shadow.id, (number, number), &words));
                "send_group_msg"
            }
            Step::Recall(sequence) => {
                with(json!({"MsgSeqList": [{"MsgSeq": sequence}]}));
                "group_msg_recall"
            }
            Step::Modify(sequence) => {
                let version = match shadow.log.get(*sequence as usize - 1) {
                    Some(Entry::Said { version, .. }) => *version,
                    _ => 0,
                };
                let words = format!("modified {sequence} {}", version + 1);
                let body = json!({"GroupId": shadow.id, "MsgSeq": sequence, "MsgVersion": version,
                    "MsgBody": text(&words)});
                let reply = self.ask(who, "openim.modify_group_msg", &body).await;
                return (code(&reply), reply);
            }
            Step::ReadInfo => {
                with(json!({"GroupIdList": [shadow.id]}));
                "get_group_public_info"
            }
            Step::ReadMembers => {
                with(json!({"Limit": 100, "Offset": 0}));
                "get_group_member_info"
            }
            Step::ReadHistory => {
                with(json!({"ReqMsgNumber": 20, "WithRecalledMsg": 1}));
                if who == Who::App { "group_msg_get_simple" } else { "group_msg_get" }
            }
            Step::Pin(sequence, pin) => {
                with(json!({"MsgSeq": sequence}));
                if *pin { "pin_message" } else { "unpin_message" }
            }
            Step::Count => {
                with(json!({"GroupCounter": [{"Key": "gifts", "Value": 1}], "Mode": "Increase"}));
                "update_group_counter"
            }
            Step::SetAttribute => {
                with(json!({"GroupAttr": [{"key": "seats", "value": "2"}]}));
                "modify_group_attr"
            }
            Step::Ban(user) => {
                with(json!({"Members_Account": [named(*user)], "Duration": 1_000_000}));
                "ban_group_member"
            }
            Step::Dismiss => "destroy_group",
        };
        let service = match who {
            Who::User(_) if shadow.kind == GroupKind::Community => "million_group_open_http_svc",
            _ => "group_open_http_svc",
        };
        let reply = self.ask(who, &format!("{service}.{command}"), &body).await;
        let mut outcome = code(&reply);
        if matches!(step, Step::Recall(_)) && outcome == 0 {
            outcome = reply["RecallRetList"][0]["RetCode"].as_i64().unwrap();
        }
        if matches!(step, Step::ReadInfo) && outcome == 0 {
            outcome = code(&reply["GroupInfo"][0]);
        }
        (outcome, reply)
    }
}
