//! Saying something in a group: allowed, not too fast, stored, acknowledged, delivered, in this order.

use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use model::{
    Callback, Code, Error, GroupKind, Millis, Role, flags,
    group::{Priority, Receive, limit, rule::Action},
    statistic::{Said, Tally},
};
use serde_json::{Value, json, value::RawValue};
use store::{Appended, Entry, tables::contact::ContactChange};
use tokio::sync::oneshot;

use super::{By, LiveGroup, Place, heard, wire};
use crate::{
    Account, LiveApp, Services, broken,
    callback::{Cause, Forbidden, wanted},
    message::{Members, take_turn, with_parts},
    presence::{Push, Session},
};

/// So many seconds' worth of messages may come at once before flow control sets in.
const BURST_SECONDS: i64 = 5;

/// Who is mentioned by a message.
#[derive(Clone, Debug)]
pub enum Mention {
    /// Everybody.
    All,
    /// One account.
    One(Arc<Account>),
}

/// What is to be said.
pub struct Content {
    /// Chosen by the sender.
    pub client_sequence: u32,
    /// Chosen by the sender.
    pub random: u32,
    /// The sender's clock, seconds since 1970.
    pub client_time: u32,
    /// `MsgBody`, checked.
    pub body: Box<RawValue>,
    /// `CloudCustomData`.
    pub custom_data: String,
    /// Under flow control the lowest go first.
    pub priority: Priority,
    /// See `model::flags`.
    pub flags: u32,
    /// Deliver to who is connected, store nothing.
    pub online_only: bool,
    /// Who is mentioned.
    pub mentions: Vec<Mention>,
    /// For these alone, if there are any.
    pub directed: Vec<Arc<Account>>,
    /// The session it came from, if it came from a client.
    pub origin: Option<Arc<Session>>,
    /// Held until the message is queued, so that a client's messages keep the order they came in.
    pub order: Option<tokio::sync::OwnedMutexGuard<()>>,
    /// The callbacks that its sender forbids.
    pub forbidden: Forbidden,
}

/// What became of it.
#[derive(Clone, Copy, Debug)]
pub struct GroupSent {
    /// The server's time, milliseconds since 1970.
    pub time: Millis,
    /// Its place in the group, 0 when it was not stored.
    pub sequence: i64,
    /// Flow control dropped it.
    pub dropped: bool,
}

/// The flow control of one group: tokens for each priority.
#[derive(Default)]
pub(super) struct Flow {
    buckets: [(Millis, i64); 4],
    attributes: (Millis, i64),
}

/// Fills a bucket of thousandths of tokens as time goes by.
fn refill((filled, tokens): &mut (Millis, i64), per_second: i64, now: Millis) {
    let most = per_second * BURST_SECONDS * 1000;
    if *filled == 0 {
        (*filled, *tokens) = (now, most);
    }
    *tokens = (*tokens + (now - *filled).max(0) * per_second).min(most);
    *filled = now.max(*filled);
}

impl LiveGroup {
    /// Whether flow control lets a message of a priority through now.
    fn allows_message(&self, priority: Priority, per_second: i64, now: Millis) -> bool {
        self.flow.lock().unwrap_or_else(PoisonError::into_inner).allow(priority, per_second, now)
    }

    /// Whether attributes may be changed once more now.
    pub(super) fn allows_attribute_change(&self, now: Millis) -> bool {
        let mut flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        refill(&mut flow.attributes, limit::ATTRIBUTE_CHANGES_PER_SECOND.into(), now);
        let allowed = flow.attributes.1 >= 1000;
        flow.attributes.1 -= if allowed { 1000 } else { 0 };
        allowed
    }
}

impl Flow {
    /// Whether a message may go. Messages of a priority use up the tokens of their own and of all lower ones, so that
    /// the lower are dropped first and never hold up the higher.
    fn allow(&mut self, priority: Priority, per_second: i64, now: Millis) -> bool {
        if priority == Priority::High {
            return true;
        }
        let own = priority as usize - 1;
        for bucket in &mut self.buckets {
            refill(bucket, per_second, now);
        }
        let allowed = self.buckets[own].1 >= 1000;
        if allowed {
            for (_, tokens) in &mut self.buckets[own..] {
                *tokens = (*tokens - 1000).max(0);
            }
        }
        allowed
    }
}

/// A message about to be stored and handed on.
struct Outgoing {
    place: Place,
    entry: Entry,
    from: i64,
    instance: Option<u32>,
    mentions: Vec<Mention>,
    directed: Vec<Arc<Account>>,
    /// The app's server is to be told of it.
    after: Option<(Cause, By)>,
}

/// Whether any robot is mentioned.
fn robots(mentions: &[Mention]) -> bool {
    mentions.iter().any(|mention| matches!(mention, Mention::One(account) if account.robot))
}

impl Services {
    /// Says something in a group or in one of its topics; returns when it is on disk.
    pub async fn say(
        self: &Arc<Self>,
        app: &LiveApp,
        place: &Place,
        by: &By,
        content: Content,
    ) -> Result<GroupSent, Error> {
        if wanted(Callback::GroupSendException).is_none() {
            return self.say_quietly(app, place, by, content).await;
        }
        let told = (Self::entry_of(place, by, &content, self.world.now()), content.online_only);
        let said = self.say_quietly(app, place, by, content).await;
        let failure = match &said {
            Ok(sent) if sent.dropped => {
                Some((Code::GroupTooFrequent.number(), "the message exceeds the group's rate".into()))
            }
            Ok(_) => None,
            Err(error) => Some((error.number(), error.detail.clone())),
        };
        if let Some((code, why)) = failure {
            Box::pin(self.tell_say_failed(place, by, (&told.0, told.1), (code, &why))).await?;
        }
        said
    }

    /// Tells the app's server of a message that was refused before it came here.
    pub async fn tell_unsaid(
        self: &Arc<Self>,
        place: &Place,
        by: &By,
        content: &Content,
        error: &Error,
    ) -> Result<(), Error> {
        if wanted(Callback::GroupSendException).is_none() {
            return Ok(());
        }
        let entry = Self::entry_of(place, by, content, self.world.now());
        let why = (error.number(), error.detail.as_ref());
        self.tell_say_failed(place, by, (&entry, content.online_only), why).await
    }

    fn entry_of(place: &Place, by: &By, content: &Content, now: Millis) -> Entry {
        let card = place.group.read().member(by.account.number).map(|member| member.name_card.clone());
        let members = members(content, &by.account, &card.unwrap_or_default());
        entry(place.number(), content, by.account.number, members.into_bytes().into(), now)
    }

    async fn say_quietly(
        self: &Arc<Self>,
        app: &LiveApp,
        place: &Place,
        by: &By,
        mut content: Content,
    ) -> Result<GroupSent, Error> {
        let group = &place.group;
        let privileged = self.may_speak(place, by)?;
        if content.online_only && !group.kind.is_stored() && group.kind != GroupKind::AvChatRoom {
            return Err(Error::new(Code::GroupNoPermission).detail("this type has no online-only messages"));
        }
        let now = self.world.now();
        let mut entry = Self::entry_of(place, by, &content, now);
        let mut in_turn = None;
        if let Some(cause) = wanted(Callback::GroupBeforeSend).filter(|_| !content.forbidden.before) {
            in_turn = take_turn(content.origin.as_ref(), -place.number(), content.order.take()).await;
            match Box::pin(self.before_say(&cause, place, by, (&entry, content.online_only))).await? {
                None => return Ok(self.count_dropped(group, by.account.number, now)),
                Some(None) => {}
                Some(Some(members)) => entry.body = members.into_bytes().into(),
            }
        }
        let per_second = app.settings.group_messages_per_second;
        // What the backend says for an ordinary member counts as that member's.
        let exempt = privileged && group.role(by.account.number) != Some(Role::Member);
        if !group.allows_message(content.priority, per_second, now) && !exempt {
            return Ok(GroupSent { dropped: true, ..self.count_dropped(group, by.account.number, now) });
        }
        let order = content.order.take();
        if !content.directed.is_empty() {
            // Nobody hears of being mentioned in what is not for them.
            let receivers = &content.directed;
            let all = content.mentions.iter().any(|mention| matches!(mention, Mention::All));
            let named = |account: &&Arc<Account>| {
                all || content
                    .mentions
                    .iter()
                    .any(|one| matches!(one, Mention::One(one) if one.number == account.number))
            };
            content.mentions = receivers.iter().filter(named).cloned().map(Mention::One).collect();
        }
        let after = wanted(Callback::GroupAfterSend).filter(|_| !content.forbidden.after);
        let mut outgoing = Outgoing {
            place: place.clone(),
            entry,
            from: by.account.number,
            instance: by.instance,
            mentions: std::mem::take(&mut content.mentions),
            directed: std::mem::take(&mut content.directed),
            after: None,
        };
        if !group.kind.is_stored() || content.online_only {
            let mut entry = outgoing.entry.clone();
            let sent = self.say_unstored(outgoing)?;
            entry.sequence = sent.sequence;
            if let Some(cause) = after {
                Box::pin(self.after_say_unstored(&cause, place, by, (&entry, content.online_only))).await?;
            }
            return Ok(sent);
        }
        self.activate(group).await?;
        if let Some(cause) = after {
            outgoing.entry.flags |= flags::CALLBACK | cause.platform.number() << flags::CAUSE_SHIFT;
            outgoing.after = Some((cause, by.clone()));
        }
        let origin = content.origin.clone();
        let mentions = outgoing.mentions.clone();
        let robots = robots(&mentions).then(|| outgoing.entry.clone());
        let (done, outcome) = oneshot::channel();
        self.queue_group(outgoing, origin, done).await?;
        drop((order, in_turn));
        let appended = outcome.await.map_err(crate::fault)?.map_err(broken)?;
        if let Some(member) = group.write().members.get_mut(&by.account.number) {
            member.last_sent = appended.time / 1000;
        }
        if !mentions.is_empty() && !appended.repeated {
            self.mention(place, &by.account, &mentions, &appended, content.random, content.client_sequence).await?;
        }
        if let Some(mut entry) = robots.filter(|_| !appended.repeated && !content.forbidden.after) {
            entry.sequence = appended.sequence;
            let mentioned = mentions.iter().filter_map(|mention| match mention {
                Mention::One(account) if account.robot => Some(account.clone()),
                _ => None,
            });
            Box::pin(self.tell_of_robots(place, by, &entry, &mentioned.collect::<Vec<_>>())).await?;
        }
        if place.topic.is_some() {
            // Clients count what is unread in a topic from sequences alone; what one says oneself is read.
            self.move_read(place, &by.account, appended.sequence).await?;
        }
        Ok(GroupSent { time: appended.time, sequence: appended.sequence, dropped: false })
    }

    /// Checks whether somebody may speak. Whether silence and flow control do not count for them.
    fn may_speak(&self, place: &Place, by: &By) -> Result<bool, Error> {
        let group = &place.group;
        group.check(by, Action::Speak)?;
        if !by.is_backend() && by.account.preferences.silence.groups > self.world.second() {
            return Err(Error::new(Code::MemberMuted).detail("the sender is muted in all groups"));
        }
        let state = group.read();
        let all_muted = state.info.muted || place.topic.as_ref().is_some_and(|topic| topic.info.muted);
        drop(state);
        let privileged = group.allows(by, Action::SpeakWhileMuted);
        if place.muted_until(by.account.number, self.world.second()) > 0 {
            return Err(Error::new(Code::MemberMuted).detail("the sender is muted here"));
        }
        if all_muted && !privileged {
            return Err(Error::new(Code::MemberMuted).detail("all members of this group are muted"));
        }
        Ok(privileged)
    }

    fn say_unstored(&self, mut outgoing: Outgoing) -> Result<GroupSent, Error> {
        let group = outgoing.place.group.clone();
        let time = outgoing.entry.time;
        if group.kind.is_stored() {
            let event = wire::event_of(&outgoing.place, &outgoing.entry, true)?;
            let push = Arc::new(Push::event(0, |out| out.extend_from_slice(&event)));
            let reach = self.reach_in_group(&outgoing);
            self.statistics.said_loosely_in_group(group.app, outgoing.from, group.number, reach);
            self.hand_on(&outgoing, &push);
            return Ok(GroupSent { time, sequence: 0, dropped: false });
        }
        let name = heard::name_of(&outgoing.entry);
        if let Some(sequence) = group.room().heard.begin(name, time) {
            return Ok(GroupSent { time, sequence, dropped: false });
        }
        let except = outgoing.instance.map(|instance| (outgoing.from, instance));
        let place = outgoing.place.clone();
        let sequence = self.tell_room(&place, except, |sequence| {
            outgoing.entry.sequence = sequence;
            wire::event_of(&outgoing.place, &outgoing.entry, false)
        })?;
        group.room().heard.said(name, sequence);
        self.statistics.said_in_room(group.app, outgoing.from, self.listening(&group, except));
        Ok(GroupSent { time, sequence, dropped: false })
    }

    async fn queue_group(
        self: &Arc<Self>,
        outgoing: Outgoing,
        origin: Option<Arc<Session>>,
        done: oneshot::Sender<Result<Appended, store::StoreError>>,
    ) -> Result<(), Error> {
        let services = self.clone();
        let entry = outgoing.entry.clone();
        let tally = if entry.flags & flags::TIP != 0 {
            0
        } else {
            let said = if outgoing.place.topic.is_some() { Said::Topic } else { Said::Group };
            Tally { app: outgoing.place.group.app, said, reach: self.reach_in_group(&outgoing) }.pack()
        };
        let deliver = move |entry| {
            let outgoing = Outgoing { entry, ..outgoing };
            services.deliver_stored(&outgoing);
            if let Some((cause, by)) = &outgoing.after {
                let item = services.stored_in_group(cause, &outgoing.entry, &outgoing.place, Some(by));
                services.tell_stored(cause, item);
            }
        };
        self.append_message((entry, tally), false, origin, done, deliver).await
    }

    /// How many members but the sender are connected and get a message when it is taken.
    fn reach_in_group(&self, outgoing: &Outgoing) -> u32 {
        let mut reach = 0;
        Self::receivers(outgoing, |account| {
            reach += u32::from(account != outgoing.from && self.hub.connections(account, None) > 0);
        });
        reach
    }

    fn deliver_stored(&self, outgoing: &Outgoing) {
        match wire::event_of(&outgoing.place, &outgoing.entry, false) {
            Ok(event) => {
                let push = Push::event(outgoing.entry.position, |out| out.extend_from_slice(&event)).in_group();
                self.hand_on(outgoing, &Arc::new(push));
            }
            Err(error) => tracing::error!(%error, "a stored group message cannot be read"),
        }
    }

    /// Sends a push to whoever is to have it.
    fn hand_on(&self, outgoing: &Outgoing, push: &Arc<Push>) {
        let except = |account| if account == outgoing.from { outgoing.instance } else { None };
        Self::receivers(outgoing, |account| self.hub.push(account, push, except(account)));
    }

    /// Names each account that is to have it, the sender among them, whether or not it is connected.
    fn receivers(outgoing: &Outgoing, mut name: impl FnMut(i64)) {
        if !outgoing.directed.is_empty() {
            outgoing.directed.iter().map(|account| account.number).chain([outgoing.from]).for_each(name);
            return;
        }
        let mentioned = |account: i64| {
            outgoing.mentions.iter().any(|mention| match mention {
                Mention::All => true,
                Mention::One(one) => one.number == account,
            })
        };
        // Who came in after a message was stored reads it in the history, if it may. Topics count for themselves.
        let (sequence, in_topic) = (outgoing.entry.sequence, outgoing.place.topic.is_some());
        let was_in = |member: &&super::Member| in_topic || sequence == 0 || member.join_sequence < sequence;
        let own_options = outgoing.place.topic.as_ref().map(|topic| topic.receive_options());
        for member in outgoing.place.group.read().members.values().filter(was_in) {
            let own = own_options.as_ref().and_then(|options| options.get(member.account));
            let wanted = delivers(own.unwrap_or(member.receive), || mentioned(member.account));
            if wanted || member.account == outgoing.from {
                name(member.account);
            }
        }
    }

    /// Stores a tip and shows it to all members; in a live room only shows it.
    pub(super) async fn tip(self: &Arc<Self>, place: &Place, by: &By, body: Value) -> Result<(), Error> {
        let group = &place.group;
        let now = self.world.now();
        let random = self.world.number() as u32;
        let mut members = Members::default();
        members.raw("MsgBody", &body.to_string());
        let entry = Entry {
            position: 0,
            conversation: place.number(),
            sequence: 0,
            time: now,
            sender: by.account.number,
            client_sequence: random >> 1,
            random,
            client_time: (now / 1000) as u32,
            flags: flags::TIP | (Priority::High as u32 - 1) << flags::PRIORITY_SHIFT,
            version: 0,
            body: members.into_bytes().into(),
        };
        let mut outgoing = Outgoing {
            place: place.clone(),
            entry,
            from: 0,
            instance: None,
            mentions: vec![Mention::All],
            directed: Vec::new(),
            after: None,
        };
        if !group.kind.is_stored() {
            self.tell_room(place, None, |sequence| {
                outgoing.entry.sequence = sequence;
                wire::event_of(place, &outgoing.entry, false)
            })?;
            return Ok(());
        }
        let (done, outcome) = oneshot::channel();
        self.queue_group(outgoing, None, done).await?;
        outcome.await.map_err(crate::fault)?.map_err(broken)?;
        Ok(())
    }

    /// Tells all members of something that is not kept, such as a changed attribute.
    pub(super) fn tell_members(&self, place: &Place, body: &Value, except: Option<(i64, u32)>) -> Result<(), Error> {
        if !place.group.kind.is_stored() {
            let (now, random) = (self.world.second(), self.world.number() as u32);
            let told = |sequence| Ok(wire::told(place, now, random, sequence, body).into_bytes());
            return self.tell_room(place, except, told).map(drop);
        }
        self.push_members(&place.group, self.told(place, body).as_bytes(), except);
        Ok(())
    }

    /// The event of something that is not kept, in a group whose messages are.
    pub(super) fn told(&self, place: &Place, body: &Value) -> String {
        let random = self.world.number() as u32;
        wire::told(place, self.world.second(), random, i64::from(random >> 1), body)
    }

    /// Pushes what happens to a message to those whom it is for.
    pub(crate) fn push_about(
        &self,
        group: &LiveGroup,
        entry: &Entry,
        event: &[u8],
        except: Option<(i64, u32)>,
    ) -> Result<(), Error> {
        if entry.flags & flags::DIRECTED == 0 {
            self.push_members(group, event, except);
            return Ok(());
        }
        let push = Arc::new(Push::event(0, |out| out.extend_from_slice(event)));
        let instance = |account| except.filter(|(sender, _)| *sender == account).map(|(_, instance)| instance);
        with_parts(&entry.body, |parts| {
            for member in group.read().members.values() {
                if member.account == entry.sender || parts.is_for(member.user.as_str()) {
                    self.hub.push(member.account, &push, instance(member.account));
                }
            }
        })
    }

    /// Pushes an event to all members; it is not stored.
    pub(crate) fn push_members(&self, group: &LiveGroup, event: &[u8], except: Option<(i64, u32)>) {
        let push = Arc::new(Push::event(0, |out| out.extend_from_slice(event)));
        if !group.kind.is_stored() {
            group.room().push(&push, except);
            return;
        }
        for account in group.read().members.keys() {
            let instance = except.filter(|(sender, _)| sender == account).map(|(_, instance)| instance);
            self.hub.push(*account, &push, instance);
        }
    }

    /// Moves a member's read mark on.
    pub(super) async fn move_read(&self, place: &Place, account: &Account, sequence: i64) -> Result<(), Error> {
        let book = &self.store.book;
        if place.topic.is_some() {
            let peer = store::tables::contact::GROUP_PEER;
            book.ensure_contacts(place.number(), peer, &[account.number]).await.map_err(broken)?;
        }
        let change = ContactChange::Read(sequence, self.world.second());
        book.change_contacts(account.number, vec![(place.number(), change)]).await.map_err(broken)
    }

    /// The first message makes a private group visible to its members.
    pub(super) async fn activate(&self, group: &LiveGroup) -> Result<(), Error> {
        if group.kind != GroupKind::Private || group.info().active {
            return Ok(());
        }
        let _alone = group.change().await?;
        let mut info = (*group.info()).clone();
        info.active = true;
        self.keep_info(group, info).await
    }
}

/// Whether messages arrive at a member at all.
pub(super) fn delivers(option: Receive, mentioned: impl FnOnce() -> bool) -> bool {
    match option {
        Receive::Discard => false,
        Receive::NotReceiveMsgExceptAt => mentioned(),
        _ => true,
    }
}

fn members(content: &Content, from: &Account, card: &str) -> Members {
    let mut members = Members::new(&content.body, &content.custom_data, from);
    members.raw("From_Account", &from.quoted);
    members.text("NameCard", card);
    if !content.mentions.is_empty() {
        let list: Value = content
            .mentions
            .iter()
            .map(|mention| match mention {
                Mention::All => json!({"GroupAtAllFlag": 1}),
                Mention::One(account) => json!({"GroupAtAllFlag": 0, "GroupAt_Account": account.user}),
            })
            .collect();
        members.raw("GroupAtInfo", &list.to_string());
    }
    if !content.directed.is_empty() {
        let names: Value = content.directed.iter().map(|account| json!(account.user)).collect();
        members.raw("To_Account", &names.to_string());
    }
    members
}

fn entry(conversation: i64, content: &Content, sender: i64, body: Bytes, now: Millis) -> Entry {
    let directed = if content.directed.is_empty() { 0 } else { flags::DIRECTED | flags::NO_UNREAD | flags::NO_LAST };
    Entry {
        position: 0,
        conversation,
        sequence: 0,
        time: now,
        sender,
        client_sequence: content.client_sequence,
        random: content.random,
        client_time: content.client_time,
        flags: content.flags | directed | (content.priority as u32 - 1) << flags::PRIORITY_SHIFT,
        version: 0,
        body,
    }
}

#[cfg(test)]
mod tests {
    use model::group::Priority;

    use super::{BURST_SECONDS, Flow};

    #[test]
    fn lower_priorities_are_dropped_first() {
        let mut flow = Flow::default();
        let burst = 40 * BURST_SECONDS;
        let passed = |flow: &mut Flow, priority, count: i64, now| {
            (0..count).filter(|_| flow.allow(priority, 40, now)).count() as i64
        };
        assert_eq!(passed(&mut flow, Priority::Normal, burst / 2, 1_000), burst / 2);
        assert_eq!(passed(&mut flow, Priority::Low, burst, 1_000), burst / 2);
        assert_eq!(passed(&mut flow, Priority::Lowest, 10, 1_000), 0);
        assert_eq!(passed(&mut flow, Priority::Normal, burst, 1_000), burst / 2);
        assert_eq!(passed(&mut flow, Priority::High, 10, 1_000), 10);
        assert_eq!(passed(&mut flow, Priority::Normal, 100, 2_000), 40);
    }
}
