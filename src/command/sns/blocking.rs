//! What blocking and its end share.

use model::{Code, Error};
use serde::Serialize;
use serde_json::json;
use service::Account;

use crate::Context;

/// The most users of one request, and the most a user blocks.
const USERS: usize = 1000;

/// What became of each user.
#[derive(Serialize)]
pub(super) struct Results {
    #[serde(rename = "ResultItem")]
    items: Vec<Item>,
    #[serde(rename = "Fail_Account", skip_serializing_if = "Vec::is_empty")]
    failed: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    result_code: i32,
    result_info: &'static str,
}

/// Blocks or unblocks users and tells all of the user's devices; the asking one learns it only so.
pub(super) async fn change(cx: &Context, me: &Account, users: Vec<String>, block: bool) -> Result<Results, Error> {
    if users.is_empty() || users.len() > USERS {
        return Err(Error::new(Code::RelationParameterInvalid).detail("1 to 1000 users are named"));
    }
    let stored = if block { cx.services.accounts.blocked(me).await?.len() } else { 0 };
    let (mut results, mut numbers, mut changed) = (Results { items: Vec::new(), failed: Vec::new() }, vec![], vec![]);
    for user in users {
        let code = match cx.find(&user).await? {
            Some(peer) if peer.number == me.number => Some(Code::RelationParameterInvalid),
            Some(_) if block && stored + numbers.len() >= USERS => Some(Code::BlockListFull),
            Some(peer) => {
                numbers.push(peer.number);
                changed.push(user.clone());
                None
            }
            None => Some(Code::RelationAccountMissing),
        };
        if code.is_some() {
            results.failed.push(user.clone());
        }
        results.items.push(Item {
            user,
            result_code: code.map_or(0, Code::number),
            result_info: code.map_or("", Code::text),
        });
    }
    if !numbers.is_empty() {
        cx.services.accounts.set_blocked(me, &numbers, block).await?;
        let entry = if block {
            json!([{"PushType": 11, "BlackListAdd_Account": changed}])
        } else {
            json!([{"PushType": 12, "BlackListDel_Account": changed}])
        };
        cx.services.tell(me.number, format!(r#""Event":7,"FriendListMod":{entry}"#), None);
    }
    Ok(results)
}
