//! What is attached to single messages: key-value extensions, reactions, long lists of merged messages.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use model::{Code, Error, MessageKey, Millis, flags, group::rule::Action};
use serde_json::{Value, json};
use store::{Entry, tables::extension::ExtensionRow};

use crate::{
    Account, Services,
    account::tiny_id,
    broken,
    group::{By, LiveGroup, Place},
};

/// The most key-value pairs of a message.
pub const EXTENSIONS: usize = 300;
/// The longest key, in bytes.
const KEY_BYTES: usize = 100;
/// The longest value, in bytes.
const VALUE_BYTES: usize = 1000;
/// Changes of one message's extensions in a minute (REST v4: 23003 beyond).
const WRITES_A_MINUTE: u32 = 200;
/// The most different reactions to a message.
const REACTIONS: usize = 50;
/// The longest merged list, in bytes.
const LONG_BYTES: usize = 4 << 20;

/// A change of a message's extensions.
pub enum ExtensionChange {
    /// Sets keys; the number is the version the caller knows, if versions are checked.
    Set(Vec<(String, String, Option<i64>)>),
    /// Removes keys, with the known version.
    Delete(Vec<(String, Option<i64>)>),
    /// Removes all.
    Clear,
}

/// Limits of reading history.
pub mod roaming {
    /// The most messages of one reply to a client.
    pub const CLIENT_MESSAGES: usize = 100;
    /// The most messages of one reply to an administrator.
    pub const ADMIN_MESSAGES: usize = 100;
    /// About where a reply to an administrator ends, in bytes.
    pub const ADMIN_BYTES: usize = 13 * 1024;
}

/// What became of one key: 0 or the error's number, and the pair as it is now.
pub type ExtensionResult = (i32, ExtensionRow);

/// A message that something is attached to, and how everybody who sees it is told.
struct Attached {
    at: (i64, i64),
    flags: u32,
    app: model::SdkAppId,
    tiny_id: i64,
    /// The names and the content by which clients find the message.
    extension_name: &'static str,
    reaction_name: &'static str,
    info: Value,
    audience: Audience,
}

/// How often the extensions of messages were changed in the present minute.
#[derive(Default)]
pub(crate) struct Writes {
    minute: i64,
    counts: HashMap<(i64, i64), u32>,
}

impl Writes {
    fn allow(&mut self, at: (i64, i64), now: Millis) -> bool {
        let minute = now / 60_000;
        if self.minute != minute {
            (self.minute, self.counts) = (minute, HashMap::new());
        }
        let count = self.counts.entry(at).or_default();
        *count = count.saturating_add(1);
        *count <= WRITES_A_MINUTE
    }
}

enum Audience {
    Pair(Arc<Account>, Arc<Account>),
    Group(Arc<LiveGroup>, Entry),
}

impl Services {
    async fn attached(
        &self,
        from: &Arc<Account>,
        to: &Arc<Account>,
        key: MessageKey,
        missing: Code,
    ) -> Result<Attached, Error> {
        let (conversation, entry) = self.find_message(from, to, key, missing).await?;
        Ok(Attached {
            at: (conversation.number, entry.sequence),
            flags: entry.flags,
            app: from.app,
            tiny_id: from.tiny_id(),
            extension_name: "ExtensionC2cMsgInfo",
            reaction_name: "C2CMsgInfo",
            info: info_of(from, to, &entry),
            audience: Audience::Pair(from.clone(), to.clone()),
        })
    }

    async fn attached_in_group(&self, place: &Place, by: &By, sequence: i64, missing: Code) -> Result<Attached, Error> {
        let entry = self.seen_message(place, by, sequence, missing).await?;
        let tiny_id = tiny_id(entry.sender);
        let topic = place.topic.as_ref().map_or("", |topic| topic.id.as_str());
        Ok(Attached {
            at: (place.number(), sequence),
            flags: entry.flags,
            app: place.group.app,
            tiny_id,
            extension_name: "ExtensionGroupMsgInfo",
            reaction_name: "GroupMsgInfo",
            info: json!({
                "GroupId": place.group.id,
                "TopicId": topic,
                "MsgSeq": sequence,
                "MsgRandom": entry.random,
                "MsgClientTime": entry.client_time,
                "TinyId": tiny_id.to_string(),
            }),
            audience: Audience::Group(place.group.clone(), entry),
        })
    }

    fn tell_audience(&self, attached: &Attached, event: &str, except: Option<(i64, u32)>) -> Result<(), Error> {
        match &attached.audience {
            Audience::Pair(from, to) => {
                self.tell_both(from, to, event, except.map(|(_, instance)| instance));
                Ok(())
            }
            Audience::Group(group, entry) => self.push_about(group, entry, event.as_bytes(), except),
        }
    }

    /// Changes the extensions of a message and tells both sides. Returns the result of each key and the message's
    /// greatest version.
    pub async fn change_extensions(
        &self,
        from: &Arc<Account>,
        to: &Arc<Account>,
        key: MessageKey,
        change: ExtensionChange,
        except: Option<(i64, u32)>,
    ) -> Result<(Vec<ExtensionResult>, i64), Error> {
        let attached = self.attached(from, to, key, Code::ExtensionMessageMissing).await?;
        self.extend(&attached, change, except).await
    }

    /// The same of a group message.
    pub async fn change_group_extensions(
        &self,
        place: &Place,
        by: &By,
        sequence: i64,
        change: ExtensionChange,
    ) -> Result<(Vec<ExtensionResult>, i64), Error> {
        place.group.check(by, Action::ReadHistory)?;
        let attached = self.attached_in_group(place, by, sequence, Code::ExtensionMessageMissing).await?;
        self.extend(&attached, change, by.origin()).await
    }

    async fn extend(
        &self,
        attached: &Attached,
        change: ExtensionChange,
        except: Option<(i64, u32)>,
    ) -> Result<(Vec<ExtensionResult>, i64), Error> {
        if attached.flags & flags::SUPPORTS_EXTENSION == 0 {
            return Err(Code::ExtensionUnsupported.into());
        }
        let at = attached.at;
        let mut writes = self.attaching(at).lock().await;
        if !writes.allow(at, self.world.now()) {
            return Err(Code::ExtensionTooFrequent.into());
        }
        let (rows, latest, cleared) = self.store.book.extensions(at.0, at.1).await.map_err(broken)?;
        let mut pairs: BTreeMap<String, ExtensionRow> = rows.into_iter().map(|row| (row.name.clone(), row)).collect();
        let version = latest + 1;
        let (mut results, mut set, mut removed) = (Vec::new(), Vec::new(), Vec::new());
        let (operation, info) = match change {
            ExtensionChange::Set(wanted) => {
                for (name, value, known) in wanted {
                    let stored = pairs.get(&name).cloned();
                    let row = ExtensionRow { name, value, version };
                    match check(&row, stored.as_ref(), known, pairs.len()) {
                        Ok(()) => {
                            pairs.insert(row.name.clone(), row.clone());
                            set.push(row.clone());
                            results.push((0, row));
                        }
                        Err(code) => results.push((code.number(), stored.unwrap_or(row))),
                    }
                }
                (1, json!({"SetKVInfo": [{"MsgKeyValue": pairs_json(&set)}]}))
            }
            ExtensionChange::Delete(wanted) => {
                for (name, known) in wanted {
                    let gone = ExtensionRow { name: name.clone(), value: String::new(), version };
                    match pairs.remove(&name) {
                        Some(row) if known.is_some_and(|known| known != row.version) => {
                            results.push((Code::ExtensionConflict.number(), row));
                        }
                        _ => {
                            removed.push(gone.clone());
                            results.push((0, gone));
                        }
                    }
                }
                (2, json!({"DeleteKVInfo": [{"MsgKeyValue": pairs_json(&removed)}]}))
            }
            ExtensionChange::Clear => (3, json!({"ClearKVInfo": [{"ClearMsgSeq": version, "ClearSeq": version}]})),
        };
        if operation != 3 && set.is_empty() && removed.is_empty() {
            return Ok((results, latest));
        }
        let names: Vec<String> = removed.into_iter().map(|row| row.name).collect();
        let state = (version, if operation == 3 { version } else { cleared });
        self.store.book.change_extensions(at, &set, &names, operation == 3, state).await.map_err(broken)?;
        let mut notify = json!({
            "TinyId": attached.tiny_id.to_string(),
            "MsgOptType": operation,
            "MsgLastSeq": version,
            "LatestSeq": version,
            attached.extension_name: attached.info,
        });
        if let (Some(notify), Value::Object(info)) = (notify.as_object_mut(), info) {
            notify.extend(info);
        }
        self.tell_audience(attached, &format!(r#""Event":19,"MsgExtensionNotify":{notify}"#), except)?;
        Ok((results, version))
    }

    /// The extensions of a message from a version on, the greatest version, and that of the last clear.
    pub async fn extensions(
        &self,
        from: &Account,
        to: &Account,
        key: MessageKey,
        start: i64,
    ) -> Result<(Vec<ExtensionRow>, i64, i64), Error> {
        let (conversation, entry) = self.find_message(from, to, key, Code::ExtensionMessageMissing).await?;
        self.extensions_at((conversation.number, entry.sequence), start).await
    }

    /// The same of a group message.
    pub async fn group_extensions(
        &self,
        place: &Place,
        by: &By,
        sequence: i64,
        start: i64,
    ) -> Result<(Vec<ExtensionRow>, i64, i64), Error> {
        place.group.check(by, Action::ReadHistory)?;
        let attached = self.attached_in_group(place, by, sequence, Code::ExtensionMessageMissing).await?;
        self.extensions_at(attached.at, start).await
    }

    async fn extensions_at(&self, at: (i64, i64), start: i64) -> Result<(Vec<ExtensionRow>, i64, i64), Error> {
        let (rows, latest, cleared) = self.store.book.extensions(at.0, at.1).await.map_err(broken)?;
        Ok((rows.into_iter().filter(|row| row.version >= start).collect(), latest, cleared))
    }

    /// Adds or takes back a user's reaction to a message, and tells both sides.
    pub async fn react(
        &self,
        (from, to): (&Arc<Account>, &Arc<Account>),
        key: MessageKey,
        me: &Account,
        reaction: &str,
        add: bool,
        except: Option<(i64, u32)>,
    ) -> Result<(), Error> {
        let attached = self.attached(from, to, key, Code::MessageMissing).await?;
        self.react_to(&attached, me, reaction, add, except).await
    }

    /// The same to a group message.
    pub async fn react_in_group(
        &self,
        place: &Place,
        by: &By,
        sequence: i64,
        reaction: &str,
        add: bool,
    ) -> Result<(), Error> {
        place.group.check(by, Action::ReadHistory)?;
        let attached = self.attached_in_group(place, by, sequence, Code::MessageMissing).await?;
        let except = by.origin();
        self.react_to(&attached, &by.account, reaction, add, except).await
    }

    async fn react_to(
        &self,
        attached: &Attached,
        me: &Account,
        reaction: &str,
        add: bool,
        except: Option<(i64, u32)>,
    ) -> Result<(), Error> {
        let at = attached.at;
        let _one_at_a_time = self.attaching(at).lock().await;
        let all = self.store.book.reactions(at.0, at.1).await.map_err(broken)?;
        let mine = all.iter().any(|(name, account)| name == reaction && *account == me.number);
        let kinds: std::collections::BTreeSet<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        match (add, mine) {
            (true, true) => return Err(Code::AlreadyReacted.into()),
            (false, false) if !kinds.contains(reaction) => return Err(Code::ReactionMissing.into()),
            (false, false) => return Err(Code::NotReacted.into()),
            (true, false) if kinds.len() >= REACTIONS && !kinds.contains(reaction) => {
                return Err(Code::TooManyReactions.into());
            }
            (true, false) => {
                let now = self.world.now();
                self.store.book.react(at, reaction, me.number, now).await.map_err(broken)?;
            }
            (false, true) => self.store.book.unreact(at, reaction, me.number).await.map_err(broken)?,
        }
        let who = self.reactions_at(at, attached.app).await?;
        let accounts = who.get(reaction).cloned().unwrap_or_default();
        let mut summary = json!({"Reaction": reaction, "Count": accounts.len()});
        if let (false, Some(summary)) = (accounts.is_empty(), summary.as_object_mut()) {
            let names: Vec<&str> = accounts.iter().map(|account| account.user.as_str()).collect();
            summary.insert("Reaction_Account".into(), json!(names));
        }
        let notify = json!([{attached.reaction_name: attached.info, "MsgReactionSummary": [summary]}]);
        // The numbers of the events differ; clients go by the name of the content.
        let number = if matches!(attached.audience, Audience::Group(..)) { 21 } else { 20 };
        self.tell_audience(attached, &format!(r#""Event":{number},"MsgReactionNotifyList":{notify}"#), except)
    }

    /// The reactions to a message with who reacted, oldest first.
    pub async fn reactions(
        &self,
        from: &Account,
        to: &Account,
        key: MessageKey,
    ) -> Result<BTreeMap<String, Vec<Arc<Account>>>, Error> {
        let (conversation, entry) = self.find_message(from, to, key, Code::MessageMissing).await?;
        self.reactions_at((conversation.number, entry.sequence), from.app).await
    }

    /// The same of a group message.
    pub async fn group_reactions(
        &self,
        place: &Place,
        by: &By,
        sequence: i64,
    ) -> Result<BTreeMap<String, Vec<Arc<Account>>>, Error> {
        place.group.check(by, Action::ReadHistory)?;
        self.reactions_at((place.number(), sequence), place.group.app).await
    }

    async fn reactions_at(
        &self,
        at: (i64, i64),
        app: model::SdkAppId,
    ) -> Result<BTreeMap<String, Vec<Arc<Account>>>, Error> {
        let mut reactions: BTreeMap<String, Vec<Arc<Account>>> = BTreeMap::new();
        let rows = self.store.book.reactions(at.0, at.1).await.map_err(broken)?;
        for (name, account) in rows {
            if let Some(account) = self.accounts.by_number(app, account).await? {
                reactions.entry(name).or_default().push(account);
            }
        }
        Ok(reactions)
    }

    fn attaching(&self, (conversation, sequence): (i64, i64)) -> &tokio::sync::Mutex<Writes> {
        &self.attaching[((conversation ^ sequence) & 63) as usize]
    }

    /// Keeps a list of merged messages and returns the name to fetch it by.
    pub async fn keep_long_message(&self, me: &Account, list: &str) -> Result<String, Error> {
        if list.len() > LONG_BYTES {
            return Err(Code::BodyTooLong.into());
        }
        let name = self.world.hex(20);
        let now = self.world.now();
        let body = list.as_bytes().to_vec();
        self.store.book.add_long_message(me.app.into(), &name, body, now).await.map_err(broken)?;
        Ok(name)
    }

    /// The list of merged messages of that name, JSON.
    pub async fn long_message(&self, me: &Account, name: &str) -> Result<Option<Vec<u8>>, Error> {
        self.store.book.long_message(me.app.into(), name).await.map_err(broken)
    }
}

fn check(row: &ExtensionRow, stored: Option<&ExtensionRow>, known: Option<i64>, count: usize) -> Result<(), Code> {
    if row.name.is_empty() || row.name.len() > KEY_BYTES || row.value.len() > VALUE_BYTES {
        return Err(Code::GroupParameterInvalid);
    }
    if stored.is_none() && count >= EXTENSIONS {
        return Err(Code::GroupParameterInvalid);
    }
    if known.is_some_and(|known| known != stored.map_or(0, |stored| stored.version)) {
        return Err(Code::ExtensionConflict);
    }
    Ok(())
}

fn pairs_json(rows: &[ExtensionRow]) -> Value {
    rows.iter().map(|row| json!({"Key": row.name, "Value": row.value, "Seq": row.version})).collect()
}

fn info_of(from: &Account, to: &Account, entry: &Entry) -> Value {
    json!({
        "From_Account": from.user,
        "To_Account": to.user,
        "TinyId": from.tiny_id().to_string(),
        "MsgClientTime": entry.client_time,
        "MsgRandom": entry.random,
        "MsgSeq": entry.client_sequence,
        "MsgTime": entry.time / 1000,
    })
}

#[cfg(test)]
mod tests {
    use super::{WRITES_A_MINUTE, Writes};

    #[test]
    fn each_message_has_so_many_changes_a_minute() {
        let mut writes = Writes::default();
        assert!((0..WRITES_A_MINUTE).all(|_| writes.allow((1, 1), 60_000)));
        assert!(!writes.allow((1, 1), 119_999) && writes.allow((1, 2), 119_999));
        assert!(writes.allow((1, 1), 120_000));
    }
}
