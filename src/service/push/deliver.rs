//! Carrying pushes out: batch after batch, each noted when it is done, one task for all.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use model::{Error, Millis, PushState, flags, push::Audience};
use store::{Append, Appended, StoreError};
use tokio::sync::oneshot;

use super::{
    Runner, push_state,
    show::{Pushed, referred},
};
use crate::{Services, broken, fault};

/// How many accounts have their turn together.
const BATCH: i64 = 500;
/// How many accounts are looked at together while they are only counted.
const COUNTED: i64 = 5000;
/// How long to wait after a failure of the store.
const PATIENCE: Duration = Duration::from_secs(1);
/// So many of the newest entries are looked at for what was stored before a crash.
const LOOKED_AT: usize = 200;

/// The accounts whose turn it is.
struct Turn {
    /// Number and name.
    accounts: Vec<(i64, String)>,
    /// All accounts up to this one have had their turn then.
    reached: i64,
}

impl Services {
    fn push_runner(&self) -> MutexGuard<'_, Runner> {
        self.pushes.runner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out what is to be pushed, in the background; also what a restart has cut off.
    pub fn go_on_pushing(self: &Arc<Self>) {
        let mut runner = self.push_runner();
        if std::mem::replace(&mut runner.running, true) {
            runner.again = true;
            return;
        }
        drop(runner);
        let services = self.clone();
        self.spawn(async move { services.run_pushes().await });
    }

    async fn run_pushes(self: &Arc<Self>) {
        loop {
            let more = match self.push_round().await {
                Ok(more) => more,
                Err(error) => {
                    tracing::error!(%error, "pushing was interrupted");
                    tokio::time::sleep(PATIENCE).await;
                    true
                }
            };
            let mut runner = self.push_runner();
            let again = std::mem::take(&mut runner.again);
            if self.tasks.is_closed() || !(more || again) {
                runner.running = false;
                return;
            }
        }
    }

    /// A batch of each push. Whether there was one.
    async fn push_round(self: &Arc<Self>) -> Result<bool, Error> {
        let open = self.store.book.open_pushes().await.map_err(broken)?;
        for number in &open {
            if self.tasks.is_closed() {
                break;
            }
            self.push_batch(*number).await?;
        }
        Ok(!open.is_empty())
    }

    async fn push_batch(self: &Arc<Self>, number: i64) -> Result<(), Error> {
        let book = &self.store.book;
        let Some(row) = book.push(number).await.map_err(broken)? else { return Ok(()) };
        let state = push_state(&row)?;
        if !state.is_open() {
            return Ok(());
        }
        let pushed = Arc::new(Pushed::of(&row)?);
        if state == PushState::Waiting {
            let total = self.count_receivers(&pushed).await?;
            match book.begin_push(number, total, self.world.now()).await {
                Ok(()) => self.push_runner().noted.insert(number),
                Err(StoreError::Conflict { .. }) => return Ok(()),
                Err(error) => return Err(broken(error)),
            };
        }
        if pushed.is_over(self.world.now()) {
            return self.finish_push(number).await;
        }
        let turn = self.turn(&pushed, row.reached, BATCH).await?;
        let count = turn.accounts.len() as i64;
        if pushed.is_kept() {
            // A failure leaves it open which of them have it.
            let is_noted = self.push_runner().noted.remove(&number);
            self.push_kept(&pushed, &turn.accounts, !is_noted).await?;
            book.advance_push(number, turn.reached, count).await.map_err(broken)?;
            self.push_runner().noted.insert(number);
        } else {
            // Noted first: whoever was connected before a crash is not any more, and nobody gets it twice.
            book.advance_push(number, turn.reached, count).await.map_err(broken)?;
            self.push_online(&pushed, &turn.accounts)?;
        }
        if turn.reached >= pushed.until { self.finish_push(number).await } else { Ok(()) }
    }

    async fn finish_push(&self, number: i64) -> Result<(), Error> {
        let change = (PushState::Running as i64, PushState::Finished as i64);
        self.push_runner().noted.remove(&number);
        match self.store.book.change_push(number, change, self.world.now(), false).await {
            // An operator may have held or ended it meanwhile.
            Ok(()) | Err(StoreError::Conflict { .. }) => Ok(()),
            Err(error) => Err(broken(error)),
        }
    }

    async fn count_receivers(&self, pushed: &Pushed) -> Result<i64, Error> {
        match &pushed.audience {
            Audience::Everybody => {
                self.store.book.receiver_count(pushed.app.into(), pushed.until).await.map_err(broken)
            }
            Audience::Accounts(accounts) => Ok(accounts.len() as i64),
            Audience::Tags { .. } | Audience::Attributes { .. } => {
                let (mut count, mut reached) = (0, 0);
                while reached < pushed.until {
                    let turn = self.turn(pushed, reached, COUNTED).await?;
                    count += turn.accounts.len() as i64;
                    reached = turn.reached;
                }
                Ok(count)
            }
        }
    }

    /// The next accounts that a push is for, out of so many.
    async fn turn(&self, pushed: &Pushed, after: i64, limit: i64) -> Result<Turn, Error> {
        let book = &self.store.book;
        if let Audience::Accounts(accounts) = &pushed.audience {
            let numbers: Vec<i64> = accounts.range(after + 1..).take(limit as usize).copied().collect();
            let reached = numbers.last().filter(|_| numbers.len() as i64 == limit).copied();
            let mut turn = Turn { accounts: Vec::new(), reached: reached.unwrap_or(pushed.until) };
            for number in numbers {
                let account = self.accounts.by_number(pushed.app, number).await?;
                turn.accounts.extend(account.map(|account| (number, account.user.as_str().to_owned())));
            }
            return Ok(turn);
        }
        let mut accounts = book.receivers(pushed.app.into(), after, pushed.until, limit).await.map_err(broken)?;
        let (first, last) = match (accounts.first(), accounts.last()) {
            (Some((first, _)), Some((last, _))) => (*first, *last),
            _ => return Ok(Turn { accounts, reached: pushed.until }),
        };
        let reached = if accounts.len() as i64 == limit { last } else { pushed.until };
        match &pushed.audience {
            Audience::Tags { .. } => {
                let mut tags: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
                for (account, tag) in book.tags_between(first, last).await.map_err(broken)? {
                    tags.entry(account).or_default().insert(tag);
                }
                accounts.retain(|(account, _)| pushed.audience.has_tags(&tags.remove(account).unwrap_or_default()));
            }
            Audience::Attributes { .. } => {
                let mut values: BTreeMap<i64, BTreeMap<i64, String>> = BTreeMap::new();
                for (account, slot, value) in book.attributes_between(first, last).await.map_err(broken)? {
                    values.entry(account).or_default().insert(slot, value);
                }
                accounts
                    .retain(|(account, _)| pushed.audience.has_attributes(&values.remove(account).unwrap_or_default()));
            }
            Audience::Everybody | Audience::Accounts(_) => {}
        }
        Ok(Turn { accounts, reached })
    }

    /// Pushes to who is connected, and keeps nothing.
    fn push_online(&self, pushed: &Pushed, accounts: &[(i64, String)]) -> Result<(), Error> {
        for (account, user) in accounts {
            if *account != pushed.sender && self.hub.reaches(*account, None) {
                self.hub.push(*account, &pushed.push(user, 0)?, None);
            }
        }
        Ok(())
    }

    /// Keeps a push for accounts and pushes to those of them that are connected. `checked`: some may have it already.
    async fn push_kept(
        self: &Arc<Self>,
        pushed: &Arc<Pushed>,
        accounts: &[(i64, String)],
        checked: bool,
    ) -> Result<(), Error> {
        let numbers: Vec<i64> = accounts.iter().map(|(account, _)| *account).collect();
        let pairs = self.store.book.system_conversations(pushed.app.into(), &numbers).await.map_err(broken)?;
        let conversations: BTreeMap<i64, i64> = pairs.into_iter().collect();
        let mut wanted: Vec<(i64, &String, i64)> = accounts
            .iter()
            .filter(|(account, _)| *account != pushed.sender)
            .filter_map(|(account, user)| Some((*account, user, *conversations.get(account)?)))
            .collect();
        if checked {
            let has = self.who_has(pushed, wanted.iter().map(|(_, _, conversation)| *conversation)).await?;
            wanted.retain(|(_, _, conversation)| !has.contains(conversation));
        }
        let mut stored = Vec::with_capacity(wanted.len());
        for (account, user, conversation) in wanted {
            stored.push((account, conversation, self.keep_push(pushed, (account, user), conversation).await?));
        }
        let mut told = Vec::new();
        for (account, conversation, outcome) in stored {
            let appended = outcome.await.map_err(fault)?.map_err(broken)?;
            // Whoever signs in later need not get it again.
            if self.was_pushed(account, appended.position) {
                told.push((account, conversation, appended.sequence, appended.time / 1000));
            }
        }
        self.store.book.mark_read(&told).await.map_err(broken)
    }

    /// Which of the conversations have a push already.
    async fn who_has(
        &self,
        pushed: &Pushed,
        conversations: impl Iterator<Item = i64> + Send,
    ) -> Result<BTreeSet<i64>, Error> {
        let mut found = BTreeSet::new();
        for conversation in conversations {
            let newest = self.store.log.range(conversation, 0, i64::MAX, true, LOOKED_AT, 0).await.map_err(broken)?;
            if newest.iter().any(|entry| referred(entry) == Some(pushed.number)) {
                found.insert(conversation);
            }
        }
        Ok(found)
    }

    async fn keep_push(
        self: &Arc<Self>,
        pushed: &Arc<Pushed>,
        (account, user): (i64, &String),
        conversation: i64,
    ) -> Result<oneshot::Receiver<Result<Appended, StoreError>>, Error> {
        let (done, outcome) = oneshot::channel();
        let (services, message, user) = (self.clone(), pushed.clone(), user.clone());
        let now: Millis = self.world.now();
        let append = Append {
            conversation,
            sender: pushed.sender,
            client_sequence: pushed.client_sequence(),
            random: pushed.random,
            time: now,
            dated: false,
            client_time: (now / 1000) as u32,
            flags: flags::PUSHED | flags::NOTICE | flags::NO_UNREAD | flags::NO_LAST,
            tally: 0,
            body: Bytes::from(pushed.number.to_string()),
            done: Box::new(move |result| {
                if let Ok(appended) = &result
                    && !appended.repeated
                    && services.hub.reaches(account, None)
                {
                    match message.push(&user, appended.position) {
                        Ok(push) => services.hub.push(account, &push, None),
                        Err(error) => tracing::error!(%error, "a push cannot be shown"),
                    }
                }
                let _ = done.send(result);
            }),
        };
        self.store.log.append(append).await.map_err(broken)?;
        metrics::counter!(crate::metric::PUSHED).increment(1);
        Ok(outcome)
    }

    /// Whether what is at a position of the log was pushed to a connection of an account, and not left to be fetched.
    fn was_pushed(&self, account: i64, position: i64) -> bool {
        self.hub.sessions(account).iter().any(|session| session.link().is_some_and(|link| link.pushes(position)))
    }
}
