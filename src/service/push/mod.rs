//! Pushes to all users of an app (全员推送): made by the app's backend, carried out in the background, held and ended by
//! operators.
//!
//! What a push says is kept once. Who is to have it later gets a reference in the log, into the conversation that each
//! account has with the system; so positions, acknowledgements and repeats work as for messages, and no history has it.

mod choose;
mod deliver;
mod life;
mod show;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, atomic::AtomicI64},
};

pub use choose::{TagChange, ValueChange};
use model::{
    Code, Error, Millis, PushState, SdkAppId, UserId, calendar,
    push::{Audience, limit},
};
use quick_cache::sync::Cache;
use show::Pushed;
pub use store::tables::push::PushRow;
use store::{StoreError, tables::push as table};

use crate::{Account, LiveApp, Members, Services, broken, fault};

/// How many pushes are kept in memory.
const CACHED: usize = 1000;

/// What is remembered of pushes.
pub(crate) struct Pushes {
    cache: Cache<i64, Arc<Pushed>>,
    /// Taken while an app makes a push or changes tags, so that its limits hold.
    making: [tokio::sync::Mutex<()>; 16],
    runner: Mutex<Runner>,
    /// When each app last withdrew a push.
    withdrawn: Mutex<HashMap<SdkAppId, Millis>>,
    /// The last account whose old notices were removed.
    looked_at: AtomicI64,
}

/// The one task that carries pushes out.
#[derive(Default)]
struct Runner {
    running: bool,
    /// Something was added since it last looked.
    again: bool,
    /// The pushes of which the last batch is known to be noted; of others it may have been stored and not noted.
    noted: HashSet<i64>,
}

impl Default for Pushes {
    fn default() -> Self {
        Self {
            cache: Cache::new(CACHED),
            making: std::array::from_fn(|_| tokio::sync::Mutex::default()),
            runner: Mutex::default(),
            withdrawn: Mutex::default(),
            looked_at: AtomicI64::default(),
        }
    }
}

impl Pushes {
    fn making(&self, app: SdkAppId) -> &tokio::sync::Mutex<()> {
        &self.making[app as usize % self.making.len()]
    }
}

/// The commands that make pushes. Each counts by itself, and its random numbers name its own pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushKind {
    /// `im_push`: to all, or to whom a condition names; never taken back.
    Message = 0,
    /// `timpush/batch`: to named accounts.
    Named = 1,
    /// `timpush/push`: to all, or to whom a condition names.
    Notice = 2,
}

/// A push that the app's backend asks for.
pub struct NewPush {
    /// The command that makes it.
    pub kind: PushKind,
    /// The shown sender, who needs no account.
    pub from: UserId,
    /// The sender's account, if there is one.
    pub sender: Option<Arc<Account>>,
    /// Chosen by the backend.
    pub random: u32,
    /// How long it waits for who is away, in seconds; 0 is not at all.
    pub lifetime: i64,
    /// The content.
    pub members: Members,
    /// Whom it is for.
    pub audience: Audience,
}

/// What an operator does to a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushControl {
    /// Holds it.
    Pause,
    /// Lets a held one go on.
    Resume,
    /// Ends it; what was delivered stays.
    Cancel,
}

/// A push's state as a value; a fault when it is none.
pub fn push_state(row: &PushRow) -> Result<PushState, Error> {
    PushState::from_number(row.state).ok_or_else(|| fault("a stored push has an unknown state"))
}

fn changed_meanwhile(error: StoreError) -> Error {
    match error {
        StoreError::Conflict { .. } => Error::new(Code::Invalid).detail("the push was changed meanwhile, look again"),
        error => broken(error),
    }
}

impl Services {
    /// Makes a push and begins to carry it out; returns its name. The same random number names the same push for days.
    pub async fn start_push(self: &Arc<Self>, app: &LiveApp, new: NewPush) -> Result<String, Error> {
        if !app.settings.all_member_push {
            return Err(Code::PushToAllDisabled.into());
        }
        let (book, id) = (&self.store.book, i64::from(app.sdkappid));
        let (named, kind) = (new.kind == PushKind::Named, new.kind as i64);
        let _one_at_a_time = self.pushes.making(app.sdkappid).lock().await;
        let now = self.world.now();
        let after = now - limit::REPEATED;
        if let Some(task) = book.repeated_push(id, kind, new.random.into(), after).await.map_err(broken)? {
            return Ok(task);
        }
        if !named {
            let (_, last) = book.pushes_since(id, kind, now - limit::INTERVAL).await.map_err(broken)?;
            if now - last < limit::INTERVAL {
                return Err(Code::PushTooFrequent.into());
            }
            let (today, _) = book.pushes_since(id, kind, calendar::day_start(now)).await.map_err(broken)?;
            if today >= limit::A_DAY {
                return Err(Code::PushQuotaUsedUp.into());
            }
        }
        let number = book.next_push().await.map_err(broken)?;
        let prefix = if named { "batch_" } else { "" };
        let task = format!("{prefix}{}_{number}_{}", app.sdkappid, new.random);
        let row = table::NewPush {
            number,
            app: id,
            task: task.clone(),
            kind,
            sender: new.sender.map_or(0, |sender| sender.number),
            sender_id: new.from.as_str().to_owned(),
            random: new.random.into(),
            created: now,
            lifetime: new.lifetime,
            audience: serde_json::to_vec(&new.audience).map_err(fault)?,
            body: new.members.into_bytes(),
            state: PushState::Waiting as i64,
        };
        book.add_push(row, now - limit::KEPT).await.map_err(broken)?;
        self.go_on_pushing();
        Ok(task)
    }

    /// The push of that name, if the app has one.
    pub async fn push_named(&self, app: SdkAppId, task: &str) -> Result<Option<PushRow>, Error> {
        self.store.book.push_named(app.into(), task).await.map_err(broken)
    }

    /// An app's pushes made before a number, newest first.
    pub async fn pushes(&self, app: SdkAppId, before: i64, limit: i64) -> Result<Vec<PushRow>, Error> {
        self.store.book.pushes(app.into(), before, limit).await.map_err(broken)
    }

    /// Holds a push, lets it go on, or ends it. Returns it as it is then.
    pub async fn control_push(
        self: &Arc<Self>,
        app: SdkAppId,
        task: &str,
        control: PushControl,
    ) -> Result<PushRow, Error> {
        let missing = || Error::new(Code::NotFound).detail("there is no such push");
        let row = self.push_named(app, task).await?.ok_or_else(missing)?;
        let state = push_state(&row)?;
        let to = match (control, state) {
            (PushControl::Pause, PushState::Waiting | PushState::Running) => PushState::Paused,
            (PushControl::Resume, PushState::Paused) if row.started == 0 => PushState::Waiting,
            (PushControl::Resume, PushState::Paused) => PushState::Running,
            (PushControl::Cancel, PushState::Waiting | PushState::Running | PushState::Paused) => PushState::Cancelled,
            _ => {
                return Err(Error::new(Code::Invalid).detail("the push is not in a state in which this can be done"));
            }
        };
        let ended = if to == PushState::Cancelled { self.world.now() } else { 0 };
        let change = (state as i64, to as i64);
        self.store.book.change_push(row.number, change, ended, false).await.map_err(changed_meanwhile)?;
        if to.is_open() {
            self.go_on_pushing();
        }
        self.push_named(app, task).await?.ok_or_else(missing)
    }

    /// Takes a push back: nobody gets it any more, and who is connected is told to forget it. 90049 where there is none
    /// that can be, as those of `im_push`.
    pub async fn withdraw_push(&self, app: SdkAppId, task: &str) -> Result<(), Error> {
        let now = self.world.now();
        let row = self
            .push_named(app, task)
            .await?
            .filter(|row| row.kind != PushKind::Message as i64 && now - row.created < limit::WITHDRAWABLE);
        let row = row.ok_or(Code::PushTaskMissing)?;
        if row.state == PushState::Withdrawn as i64 {
            return Err(Code::PushTaskWithdrawn.into());
        }
        {
            let mut withdrawn = self.pushes.withdrawn.lock().unwrap_or_else(PoisonError::into_inner);
            if withdrawn.insert(app, now).is_some_and(|last| now - last < limit::INTERVAL) {
                return Err(Code::PushWithdrawalTooFrequent.into());
            }
        }
        let pushed = Pushed::of(&row)?;
        self.end_withdrawn(row.number, row.state, now).await?;
        self.pushes.cache.remove(&row.number);
        for (account, user) in self.hub.accounts_of(app) {
            self.tell(account, pushed.withdrawal(user.as_str())?, None);
        }
        Ok(())
    }

    /// Notes that a push was taken back. It may begin or end at the same moment, which is looked at again.
    async fn end_withdrawn(&self, number: i64, mut state: i64, now: Millis) -> Result<(), Error> {
        let book = &self.store.book;
        for _ in 0..5 {
            match book.change_push(number, (state, PushState::Withdrawn as i64), now, true).await {
                Err(StoreError::Conflict { .. }) => {}
                done => return done.map_err(broken),
            }
            let row = book.push(number).await.map_err(broken)?.ok_or(Code::PushTaskMissing)?;
            if row.state == PushState::Withdrawn as i64 {
                return Err(Code::PushTaskWithdrawn.into());
            }
            state = row.state;
        }
        Err(Error::new(Code::PushWithdrawalTooFrequent).detail("try again"))
    }
}
