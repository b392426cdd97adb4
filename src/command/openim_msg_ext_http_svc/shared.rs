//! What the commands of this service share: the message they are about, and how pairs and reactions are written.

use std::{collections::BTreeMap, sync::Arc};

use model::{Code, Error, MessageKey};
use serde::{Deserialize, Serialize};
use service::{
    Account, ExtensionChange, ExtensionResult, ExtensionRow,
    group::{By, Place},
};

use crate::{Context, Spec, group_open_http_svc::shared};

/// The most messages of one request.
pub(super) const KEYS: usize = 20;
/// The most pairs of one request.
const PAIRS: usize = 20;
/// The most pairs of a page.
const PAGE: usize = 200;

/// A group message.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GroupTarget {
    group_id: String,
    topic_id: Option<String>,
}

impl GroupTarget {
    /// Where the message is, and who asks.
    pub async fn place(&self, cx: &Context) -> Result<(Place, By), Error> {
        let by = shared::by(cx, None).await?;
        Ok((shared::place(cx, &self.group_id, self.topic_id.as_deref()).await?, by))
    }
}

/// A pair to be changed.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Wanted {
    key: String,
    #[serde(default)]
    value: String,
    seq: Option<i64>,
}

/// The change that is asked for: 1 set, 2 delete, 3 clear.
pub(super) fn wanted_change(cx: &Context, operation: i64, list: Vec<Wanted>) -> Result<ExtensionChange, Error> {
    if list.len() > PAIRS || (operation != 3 && list.is_empty()) {
        return Err(Error::new(Code::GroupParameterInvalid).detail("1 to 20 pairs are changed at once"));
    }
    // Only users take part in the optimistic locking.
    let admin = cx.is_admin();
    let known = |seq: Option<i64>| if admin { None } else { Some(seq.unwrap_or(0)) };
    let list = list.into_iter();
    match operation {
        1 => Ok(ExtensionChange::Set(list.map(|pair| (pair.key, pair.value, known(pair.seq))).collect())),
        2 => Ok(ExtensionChange::Delete(list.map(|pair| (pair.key, known(pair.seq))).collect())),
        3 => Ok(ExtensionChange::Clear),
        _ => Err(Error::new(Code::GroupParameterInvalid).detail("OperateType is 1, 2 or 3")),
    }
}

/// What became of one pair.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Outcome {
    error_code: i32,
    extension: Pair,
}

pub(super) fn outcomes(results: Vec<ExtensionResult>) -> Vec<Outcome> {
    results
        .into_iter()
        .map(|(error_code, row)| Outcome {
            error_code,
            extension: Pair { key: row.name, value: row.value, seq: row.version },
        })
        .collect()
}

/// A page of a message's pairs.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Pairs {
    extension_list: Vec<Pair>,
    complete_flag: u8,
    latest_seq: i64,
    clear_seq: i64,
}

impl Pairs {
    pub fn of(rows: Vec<ExtensionRow>, latest_seq: i64, clear_seq: i64) -> Self {
        // Pairs set together share a number, so a page ends only between numbers.
        let end = match rows.get(PAGE) {
            Some(next) => rows.iter().take_while(|row| row.version < next.version).count(),
            None => rows.len(),
        };
        let end = if end == 0 { rows.len() } else { end };
        Self {
            complete_flag: (end == rows.len()).into(),
            extension_list: rows
                .into_iter()
                .take(end)
                .map(|row| Pair { key: row.name, value: row.value, seq: row.version })
                .collect(),
            latest_seq,
            clear_seq,
        }
    }
}

/// A reaction to a message with the first who reacted.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReactionStat {
    reaction: String,
    count: usize,
    #[serde(rename = "Reaction_Account")]
    accounts: Vec<String>,
    reacted_by_me: u8,
}

pub(super) fn reaction_stats(
    reactions: BTreeMap<String, Vec<Arc<Account>>>,
    me: &Account,
    most: usize,
) -> Vec<ReactionStat> {
    reactions
        .into_iter()
        .map(|(reaction, accounts)| ReactionStat {
            reaction,
            count: accounts.len(),
            reacted_by_me: accounts.iter().any(|account| account.number == me.number).into(),
            accounts: accounts.iter().take(most).map(|account| account.user.to_string()).collect(),
        })
        .collect()
}

/// A page of those who reacted in one way.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reactors {
    #[serde(rename = "Reaction_Account")]
    accounts: Vec<String>,
    /// 0 on the last page.
    next_seq: usize,
}

impl Reactors {
    pub fn page(all: &[Arc<Account>], start: usize, count: i64) -> Self {
        let limit = count.clamp(1, 100) as usize;
        let next = start.saturating_add(limit);
        let page = all.iter().skip(start).take(limit);
        Self {
            accounts: page.map(|account| account.user.to_string()).collect(),
            next_seq: if next < all.len() { next } else { 0 },
        }
    }
}

/// The message, by its sender, receiver and key.
#[derive(Deserialize)]
pub(super) struct Target {
    #[serde(rename = "From_Account")]
    pub from: Option<String>,
    #[serde(rename = "To_Account")]
    pub to: String,
}

impl Target {
    /// The two accounts; a user must be one of them.
    pub async fn accounts(&self, cx: &Context, spec: &Spec) -> Result<(Arc<Account>, Arc<Account>), Error> {
        let from = match &self.from {
            Some(from) => cx.account(from, spec.malformed).await?,
            None => cx.act_as(None, spec, spec.malformed).await?,
        };
        let to = cx.account(&self.to, spec.malformed).await?;
        match cx.me() {
            Ok(me) if me.number != from.number && me.number != to.number => Err(spec.forbidden.into()),
            _ => Ok((from, to)),
        }
    }
}

/// Reads the name of a message.
pub(super) fn key(text: &str) -> Result<MessageKey, Error> {
    MessageKey::parse(text).ok_or_else(|| Error::new(Code::GroupParameterInvalid).detail("the MsgKey is malformed"))
}

/// A key with its value.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Pair {
    pub key: String,
    pub value: String,
    pub seq: i64,
}

/// One reaction of the change commands.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Reaction {
    #[serde(flatten)]
    target: Target,
    msg_key: String,
    reaction: String,
}

/// The longest name of a reaction, in bytes.
const REACTION_BYTES: usize = 64;

fn check_reaction(name: &str) -> Result<(), Error> {
    if name.is_empty() || name.len() > REACTION_BYTES {
        return Err(Error::new(Code::GroupParameterInvalid).detail("a reaction has 1 to 64 bytes"));
    }
    Ok(())
}

/// One reaction to a group message.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GroupReaction {
    #[serde(flatten)]
    target: GroupTarget,
    msg_seq: i64,
    reaction: String,
}

impl GroupReaction {
    /// Adds or takes back the user's reaction.
    pub async fn change(&self, cx: &Context, add: bool) -> Result<(), Error> {
        check_reaction(&self.reaction)?;
        let (place, by) = self.target.place(cx).await?;
        cx.services.react_in_group(&place, &by, self.msg_seq, &self.reaction, add).await
    }
}

impl Reaction {
    /// Adds or takes back the user's reaction.
    pub async fn change(&self, cx: &Context, spec: &Spec, add: bool) -> Result<(), Error> {
        check_reaction(&self.reaction)?;
        let (from, to) = self.target.accounts(cx, spec).await?;
        let me = cx.me()?;
        cx.services.react((&from, &to), key(&self.msg_key)?, me, &self.reaction, add, cx.origin_of_change()).await
    }
}
