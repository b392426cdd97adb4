//! A page of a follow list (REST v4 `follow_get`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use store::tables::account::Follows;

use crate::{Command, Context, Spec, profile::items};

/// The most entries of a page.
const PAGE: i64 = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    /// 1 followers, 2 followed, 3 mutual.
    follow_type: i64,
    #[serde(default)]
    start_cursor: String,
    want_num: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    follow_item: Vec<Item>,
    /// Empty on the last page.
    next_cursor: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(rename = "To_Account")]
    user: String,
    follow_time: i64,
    profile_item: Vec<serde_json::Value>,
    profile_sequence: u32,
    /// The same; clients read one name or the other.
    #[serde(rename = "profile_sequence")]
    sequence: u32,
}

/// A number of what a profile shows, another one when it shows something else: no profile counts its changes.
fn sequence(items: &[serde_json::Value]) -> u32 {
    let texts = items.iter().map(ToString::to_string);
    // FNV-1a, whose numbers stay the same from one release to the next.
    texts
        .flat_map(String::into_bytes)
        .fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Command for Request {
    const SPEC: Spec = Spec::relation("follow.follow_get")
        .fails(&[Code::RelationAccountMissing])
        .example(r#"{"From_Account":"alice","FollowType":2,"StartCursor":"","WantNum":100}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::RelationAccountMissing).await?;
        let which = match self.follow_type {
            1 => Follows::Followers,
            2 => Follows::Following,
            3 => Follows::Mutual,
            _ => return Err(Error::new(Self::SPEC.malformed).detail("FollowType is 1, 2 or 3")),
        };
        let limit = self.want_num.unwrap_or(100).clamp(1, PAGE);
        let rows = cx.services.accounts.follows(which, &me, &self.start_cursor, limit).await?;
        let full = rows.len() as i64 == limit;
        let next_cursor = rows.last().filter(|_| full).map_or_else(String::new, |(user, _)| user.clone());
        let mut follow_item = Vec::with_capacity(rows.len());
        for (user, since) in rows {
            if let Some(account) = cx.find(&user).await? {
                let profile_item = items(&account.profile, &cx.app()?.settings, cx.is_admin());
                let sequence = sequence(&profile_item);
                let follow_time = since / 1000;
                follow_item.push(Item { user, follow_time, profile_item, profile_sequence: sequence, sequence });
            }
        }
        Ok(Reply { follow_item, next_cursor })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Item, sequence};

    #[test]
    fn followers_have_a_sequence_under_both_names() {
        let items = vec![json!({"Tag": "Tag_Profile_IM_Nick", "Value": "Ann"})];
        let number = sequence(&items);
        assert_ne!(number, sequence(&[json!({"Tag": "Tag_Profile_IM_Nick", "Value": "Anna"})]));
        let item = Item {
            user: "ann".into(),
            follow_time: 1,
            profile_item: items.clone(),
            profile_sequence: number,
            sequence: number,
        };
        let wire = json!({"To_Account": "ann", "FollowTime": 1, "ProfileItem": items, "ProfileSequence": number,
            "profile_sequence": number});
        assert_eq!(serde_json::to_value(item).unwrap(), wire);
    }
}
