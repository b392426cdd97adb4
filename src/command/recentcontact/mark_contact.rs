//! Sets and clears marks of conversations (REST v4 `mark_contact`).

use std::sync::Arc;

use model::{Code, Error};
use serde::{Deserialize, Serialize};
use serde_json::json;
use service::Account;

use super::shared::{Contact, Outcome, check_count, marks, pushed, tell};
use crate::{Command, Context, Spec};

/// The longest custom mark, in bytes.
const CUSTOM_BYTES: usize = 256;

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(rename = "From_Account")]
    from: String,
    #[serde(rename = "MarkItem")]
    items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    /// 1 standard marks, 2 custom mark, 3 both.
    opt_type: i64,
    contact_item: Contact,
    /// Bit numbers.
    #[serde(default)]
    set_mark: Vec<u32>,
    #[serde(default)]
    clear_mark: Vec<u32>,
    custom_mark: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(rename = "ResultItem")]
    results: Vec<Outcome>,
}

impl Item {
    async fn apply(&self, cx: &Context, me: &Account) -> Result<(), Error> {
        let bad_bit = self.set_mark.iter().chain(&self.clear_mark).any(|bit| *bit > 63);
        let custom = self.custom_mark.as_deref().filter(|_| self.opt_type >= 2);
        if bad_bit || !(1..=3).contains(&self.opt_type) || custom.is_some_and(|mark| mark.len() > CUSTOM_BYTES) {
            return Err(Error::new(Code::ContactParameterInvalid).detail("a mark is malformed"));
        }
        let peer = self.contact_item.peer(cx).await?;
        let (set, clear): (&[u32], &[u32]) =
            if self.opt_type == 2 { (&[], &[]) } else { (&self.set_mark, &self.clear_mark) };
        let row = cx.services.mark_contact(me, &peer, (set, clear), custom).await?;
        let content = json!({"RecentContactMarkContactItem": [{
            "RecentContactItem": pushed(&peer),
            "OptType": self.opt_type,
            "StandardMark": marks(row.marks),
            "CustomMark": row.custom_mark,
        }]});
        tell(cx, me, 4, "RecentContactMarkContact", &content);
        Ok(())
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::contact("recentcontact.mark_contact")
        .fails(&[Code::ContactCountInvalid, Code::TooManyGroupedContacts])
        .example(
            r#"{"From_Account":"alice","MarkItem":[{"OptType":1,"ContactItem":{"Type":1,"To_Account":"bob"},"SetMark":[0]}]}"#,
        );
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        check_count(self.items.len())?;
        let me = cx.act_as(Some(&self.from), &Self::SPEC, Code::ContactAccountMissing).await?;
        let mut results = Vec::with_capacity(self.items.len());
        for item in self.items {
            let failed = item.apply(&cx, &me).await.err();
            let mut outcome = Outcome::new(item.contact_item, failed.as_ref());
            outcome.opt_type = Some(item.opt_type);
            results.push(outcome);
        }
        Ok(Reply { results })
    }
}
