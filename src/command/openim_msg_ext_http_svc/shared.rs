//! What the commands of this service share: the message they are about.

use std::sync::Arc;

use model::{Code, Error, MessageKey};
use serde::{Deserialize, Serialize};
use service::Account;

use crate::{Context, Spec};

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

impl Reaction {
    /// Adds or takes back the user's reaction.
    pub async fn change(&self, cx: &Context, spec: &Spec, add: bool) -> Result<(), Error> {
        if self.reaction.is_empty() || self.reaction.len() > REACTION_BYTES {
            return Err(Error::new(spec.malformed).detail("a reaction has 1 to 64 bytes"));
        }
        let (from, to) = self.target.accounts(cx, spec).await?;
        let me = cx.me()?;
        cx.services.react((&from, &to), key(&self.msg_key)?, me, &self.reaction, add, cx.instance()).await
    }
}
