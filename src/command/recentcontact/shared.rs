//! What the commands of this service share.

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::{Account, Peer};
use store::tables::contact::ContactRow;

use crate::Context;

/// The most conversations of one request.
pub(super) const CONTACTS: usize = 100;

/// Checks how many conversations a request is about: 51006.
pub(super) fn check_count(contacts: usize) -> Result<(), Error> {
    if (1..=CONTACTS).contains(&contacts) { Ok(()) } else { Err(Code::ContactCountInvalid.into()) }
}

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
    /// Whom the conversation is with.
    pub async fn peer(&self, cx: &Context) -> Result<Peer, Error> {
        match (self.kind, &self.user, &self.group) {
            (1, Some(user), _) => cx.account(user, Code::ContactAccountMissing).await.map(Peer::User),
            (2, _, Some(id)) => match cx.services.find_group(cx.app()?.sdkappid, id).await? {
                Some(group) => Ok(Peer::Group(group)),
                None => Err(Error::new(Code::ContactGroupUnresolved).detail("there is no such group")),
            },
            (1, None, _) => Err(Error::new(Code::ContactParameterInvalid).detail("To_Account is missing")),
            (2, _, None) => Err(Error::new(Code::ContactParameterInvalid).detail("ToGroupId is missing")),
            _ => Err(Error::new(Code::ContactParameterInvalid).detail("Type is 1 or 2")),
        }
    }

    /// The same for what a user puts somewhere: 51007 for a group that the user is not in.
    pub async fn own_peer(&self, cx: &Context, me: &Account) -> Result<Peer, Error> {
        let peer = self.peer(cx).await?;
        cx.services.check_contact(me, &peer).await?;
        Ok(peer)
    }

    /// The same for what a user gives up, and how pushes name it: `None` for a group that is gone, of which nothing is
    /// left to be given up but what devices show.
    pub async fn former_peer(&self, cx: &Context) -> Result<(Option<Peer>, Value), Error> {
        match (self.peer(cx).await, &self.group) {
            (Ok(peer), _) => {
                let name = pushed(&peer);
                Ok((Some(peer), name))
            }
            (Err(error), Some(id)) if error.code == Code::ContactGroupUnresolved => Ok((None, pushed_group(id))),
            (Err(error), _) => Err(error),
        }
    }
}

/// How pushes name a conversation; clients read one or the other of the two names.
pub(super) fn pushed(peer: &Peer) -> Value {
    match peer {
        Peer::User(account) => json!({"Type": 1, "Peer_Account": account.user, "To_Account": account.user}),
        Peer::Group(group) => pushed_group(&group.id),
    }
}

fn pushed_group(id: &str) -> Value {
    json!({"Type": 2, "GroupId": id, "ToGroupId": id})
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
    #[serde(rename = "To_Account", skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(rename = "ToGroupId", skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    standard_mark: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    custom_mark: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    contact_group_id: Vec<i64>,
    timestamp: i64,
}

impl Marked {
    pub fn new(row: ContactRow, groups: Vec<i64>) -> Self {
        let (user, group) = if row.is_group() { (None, Some(row.peer_user)) } else { (Some(row.peer_user), None) };
        Self {
            kind: if group.is_some() { 2 } else { 1 },
            user,
            group,
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
