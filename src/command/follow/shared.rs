//! What the commands of this service share.

use model::{Code, Error};
use serde::Serialize;
use serde_json::json;
use service::Account;

use crate::Context;

/// The most users of one change.
pub(super) const USERS: usize = 20;

/// What became of each user.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    result_code: i32,
    result_info: &'static str,
}

/// Follows users, or ends it, and tells all devices of both sides.
pub(super) async fn change(cx: &Context, me: &Account, users: Vec<String>, follow: bool) -> Result<Vec<Item>, Error> {
    if users.is_empty() || users.len() > USERS {
        return Err(Error::new(Code::RelationParameterInvalid).detail("1 to 20 users are named"));
    }
    let accounts = &cx.services.accounts;
    let mut items = Vec::with_capacity(users.len());
    for user in users {
        let code = match cx.find(&user).await? {
            None => Some(Code::RelationAccountMissing),
            Some(peer) if peer.number == me.number => Some(Code::RelationParameterInvalid),
            Some(peer) => {
                let mutual = accounts.does_follow(&peer, me).await?;
                if accounts.does_follow(me, &peer).await? != follow {
                    accounts.set_following(me, &peer, follow).await?;
                    tell(cx, me, &peer, 2, (follow, mutual));
                    tell(cx, &peer, me, 1, (follow, mutual));
                }
                None
            }
        };
        items.push(Item { user, result_code: code.map_or(0, Code::number), result_info: code.map_or("", Code::text) });
    }
    Ok(items)
}

/// Tells a user that a list changed by another: 1 followers, 2 followed, and the mutual one with it.
fn tell(cx: &Context, whom: &Account, other: &Account, list: u8, (add, mutual): (bool, bool)) {
    let mut lists = vec![json!({"IsAdd": u8::from(add), "FollowType": list})];
    if mutual {
        lists.push(json!({"IsAdd": u8::from(add), "FollowType": 3}));
    }
    let entry = json!([{
        "From_Account": other.user,
        "Nick": other.profile.nick(),
        "FaceUrl": other.profile.image(),
        "FollowDiffList": lists,
    }]);
    cx.services.tell(whom.number, format!(r#""Event":25,"FollowChangeList":{entry}"#), None);
}
