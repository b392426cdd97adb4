//! What the commands of this service share.

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::Account;
use store::tables::contact::ContactRow;

use crate::Context;

/// The most conversations of one request.
pub(super) const CONTACTS: usize = 100;

/// The address of a conversation. The group's id is spelled in three ways.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Contact {
    /// 1 one-to-one, 2 group.
    #[serde(rename = "Type", alias = "type")]
    pub kind: i64,
    #[serde(rename = "To_Account", skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(rename = "ToGroupId", alias = "ToGroupid", alias = "GroupId", skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl Contact {
    /// The other account of a one-to-one conversation.
    pub async fn peer(&self, cx: &Context) -> Result<Arc<Account>, Error> {
        match (self.kind, &self.user) {
            (1, Some(user)) => cx.account(user, Code::ContactAccountMissing).await,
            (1, None) => Err(Error::new(Code::ContactParameterInvalid).detail("To_Account is missing")),
            (2, _) => Err(Error::new(Code::ContactGroupUnresolved).detail("there is no such group")),
            _ => Err(Error::new(Code::ContactParameterInvalid).detail("Type is 1 or 2")),
        }
    }
}

/// How pushes name a conversation; clients read one or the other of the two names.
pub(super) fn pushed(peer: &Account) -> Value {
    json!({"Type": 1, "Peer_Account": peer.user, "To_Account": peer.user})
}

/// Tells the user's other devices of a change of the list.
pub(super) fn tell(cx: &Context, me: &Account, push_type: u8, member: &str, content: &Value) {
    let entry = json!([{"PushType": push_type, member: content}]);
    cx.services.tell(me.number, format!(r#""Event":13,"RecentContactMod":{entry}"#), cx.instance());
}

/// What became of one conversation.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Outcome {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact_opt_type: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opt_type: Option<i64>,
    pub contact_item: Contact,
    pub result_code: i32,
    pub result_info: String,
}

impl Outcome {
    pub fn new(contact: Contact, failed: Option<&Error>) -> Self {
        Self {
            contact_opt_type: None,
            opt_type: None,
            contact_item: contact,
            result_code: failed.map_or(0, Error::number),
            result_info: failed.map_or_else(String::new, |error| error.detail.to_string()),
        }
    }
}

/// A conversation group.
#[derive(Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Group {
    pub group_id: i64,
    pub group_name: String,
}

/// A conversation with its marks and groups.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Marked {
    #[serde(rename = "Type")]
    kind: i64,
    #[serde(rename = "To_Account")]
    user: String,
    standard_mark: String,
    custom_mark: String,
    contact_group_id: Vec<i64>,
    timestamp: i64,
}

impl Marked {
    pub fn new(row: ContactRow, groups: Vec<i64>) -> Self {
        Self {
            kind: 1,
            user: row.peer_user,
            standard_mark: marks(row.marks),
            custom_mark: row.custom_mark,
            contact_group_id: groups,
            timestamp: row.changed,
        }
    }
}

/// Marks as clients write them: one digit a bit, the last one is bit 0.
pub(super) fn marks(bits: i64) -> String {
    format!("{bits:b}")
}
