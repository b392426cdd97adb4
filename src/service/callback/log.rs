//! What an operator sees of an app's callbacks: what they have come to, each of them, and a trial.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use model::{Callback, Error, Millis, SdkAppId, callback::OptPlatform};
use tokio::time::Instant;

use super::{Answer, Attempt, BreakerState, Cause, Failure, address_query, lock, sample::sample};
use crate::{CallbackRow, LiveApp, Services, broken};

/// So many rows of the book are looked through for one page of a search.
const LOOKED_THROUGH: i64 = 5000;
/// So many rows are read at a time.
const READ: i64 = 500;
/// So much of an answer is shown.
const SHOWN: usize = 64 << 10;

/// What an app's callbacks have come to.
#[derive(Clone, Debug)]
pub struct CallbackState {
    /// What is thought of the server.
    pub breaker: BreakerState,
    /// Requests since the start (`CallBackReq`).
    pub asked: u64,
    /// Usable answers since the start (`CallBackRsp`).
    pub answered: u64,
    /// The last failure, and when.
    pub failure: Option<(Millis, Failure)>,
    /// How many wait, in memory and in the book.
    pub waiting: i64,
    /// How many were given up.
    pub dead: i64,
}

/// What came of a trial.
#[derive(Clone, Debug)]
pub struct Trial {
    /// Where the request went.
    pub url: String,
    /// What it said.
    pub body: Vec<u8>,
    /// How long it took.
    pub took: Duration,
    /// The status and the body of the answer, if there was one.
    pub answer: Option<(u16, String)>,
    /// Why it is not usable, if it is not.
    pub failure: Option<Failure>,
}

impl Services {
    /// What an app's callbacks have come to.
    pub async fn callback_state(&self, app: SdkAppId) -> Result<CallbackState, Error> {
        let endpoint = self.callbacks.endpoint(app);
        let (kept, dead) = self.store.book.callback_counts(app.into()).await.map_err(broken)?;
        let in_memory = lock(&endpoint.queue).len() as i64;
        Ok(CallbackState {
            breaker: lock(&endpoint.breaker).state(),
            asked: endpoint.asked.load(Ordering::Relaxed),
            answered: endpoint.answered.load(Ordering::Relaxed),
            failure: lock(&endpoint.failure).clone(),
            waiting: kept.max(in_memory),
            dead,
        })
    }

    /// The last requests of an app that are `wanted`, with smaller numbers, newest first.
    pub fn recent_callbacks(
        &self,
        app: SdkAppId,
        before: i64,
        limit: usize,
        wanted: impl Fn(&Attempt) -> bool,
    ) -> Vec<Attempt> {
        let endpoint = self.callbacks.endpoint(app);
        let recent = lock(&endpoint.recent);
        recent.before(before).filter(|attempt| wanted(attempt)).take(limit).cloned().collect()
    }

    /// Callbacks of an app that were given up, or wait in the book, and are `wanted`, with smaller numbers, newest first.
    /// And where to go on when so many were looked through that there may be more.
    pub async fn kept_callbacks(
        &self,
        app: SdkAppId,
        dead: bool,
        mut before: i64,
        limit: usize,
        wanted: impl Fn(&CallbackRow) -> bool,
    ) -> Result<(Vec<CallbackRow>, Option<i64>), Error> {
        let mut found = Vec::new();
        let mut looked = 0;
        loop {
            let rows = self.store.book.kept_callbacks(app.into(), dead, before, READ).await.map_err(broken)?;
            let read = rows.len() as i64;
            looked += read;
            for row in rows {
                if found.len() == limit {
                    return Ok((found, Some(before)));
                }
                before = row.number;
                if wanted(&row) {
                    found.push(row);
                }
            }
            if read < READ {
                return Ok((found, None));
            }
            if looked >= LOOKED_THROUGH {
                return Ok((found, Some(before)));
            }
        }
    }

    /// Makes callbacks again that were given up; without numbers all of the app's.
    pub async fn replay_callbacks(self: &Arc<Self>, app: SdkAppId, numbers: Option<&[i64]>) -> Result<(), Error> {
        self.store.book.replay_callbacks(app.into(), numbers).await.map_err(broken)?;
        self.callbacks_are_in_the_book(app);
        Ok(())
    }

    /// Throws callbacks away that were given up; without numbers all of the app's.
    pub async fn discard_callbacks(&self, app: SdkAppId, numbers: Option<&[i64]>) -> Result<(), Error> {
        self.store.book.discard_callbacks(app.into(), numbers).await.map_err(broken)
    }

    /// Sends a sample to the app's server, whether the callback is on or not and whatever is thought of the server. An
    /// answer shows that it is back.
    pub async fn try_callback(&self, app: &Arc<LiveApp>, callback: Callback) -> Trial {
        let cause = Cause { app: app.clone(), platform: OptPlatform::Rest, address: None, administrator: None };
        let body = sample(&cause, callback).finish(self.world.now());
        let began = Instant::now();
        let query = address_query(app, callback, &cause.query(), self.world.second());
        let mut trial = Trial { url: String::new(), body, took: Duration::ZERO, answer: None, failure: None };
        let endpoint = self.callbacks.endpoint(app.sdkappid);
        let client = match endpoint.client(app, self.options.callbacks_allow_private).await {
            Ok(client) => client,
            Err(failure) => return Trial { failure: Some(failure), ..trial },
        };
        trial.url = client.address(&query);
        let outcome = client.exchange_in_time(&query, trial.body.clone().into()).await;
        trial.took = began.elapsed();
        match outcome {
            Ok((status, answer)) => {
                let usable = if status == 200 { Answer::read(&answer).map(drop) } else { Err(Failure::Status(status)) };
                match usable {
                    Ok(()) => lock(&endpoint.breaker).succeeded(),
                    Err(failure) => trial.failure = Some(failure),
                }
                let shown = &answer[..answer.len().min(SHOWN)];
                trial.answer = Some((status, String::from_utf8_lossy(shown).into_owned()));
            }
            Err(failure) => trial.failure = Some(failure),
        }
        endpoint.wake.notify_one();
        trial
    }
}
