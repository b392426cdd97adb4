//! What one app's server is to be told, on its way into the book: in the order in which it happened, much in one write.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use model::{Callback, Code, Error, Millis};
use store::tables::callback::NewCallback;
use tokio::sync::oneshot;

use super::{
    Body, Cause, Endpoint, lock,
    queue::{Item, Payload, Source},
};
use crate::{Services, broken, fault};

/// So many are written together.
const TOGETHER: usize = 256;

/// Something to be told that nobody keeps yet.
pub(super) struct Fresh {
    lane: i64,
    callback: Callback,
    query: String,
    body: Bytes,
    created: Millis,
    /// Who waits for it to be kept.
    kept: Option<oneshot::Sender<Result<(), Error>>>,
}

/// The line in front of the book: whatever is put in keeps its place.
pub(super) struct Inbox<T> {
    waiting: VecDeque<T>,
    /// Somebody takes out of it.
    writing: bool,
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), writing: false }
    }
}

impl<T> Inbox<T> {
    /// Puts one in; whether whoever put it in has to begin to take out.
    fn put(&mut self, one: T) -> bool {
        self.waiting.push_back(one);
        !std::mem::replace(&mut self.writing, true)
    }

    /// Takes the first out; who gets none has come to the end.
    fn take(&mut self) -> Vec<T> {
        let some: Vec<T> = self.waiting.drain(..self.waiting.len().min(TOGETHER)).collect();
        self.writing = !some.is_empty();
        some
    }
}

impl Services {
    /// Keeps what the app's server is to be told of an event, and has it told. Those of one lane are told in order.
    pub(crate) async fn tell_app(self: &Arc<Self>, cause: &Cause, lane: i64, body: Body) -> Result<(), Error> {
        let (kept, outcome) = oneshot::channel();
        self.put_in_line(cause, lane, body, Some(kept));
        outcome.await.map_err(fault)?
    }

    /// The same where nobody waits for it; what the book would not take is lost, and the log says so.
    pub(crate) fn tell_app_later(self: &Arc<Self>, cause: &Cause, lane: i64, body: Body) {
        self.put_in_line(cause, lane, body, None);
    }

    fn put_in_line(
        self: &Arc<Self>,
        cause: &Cause,
        lane: i64,
        body: Body,
        kept: Option<oneshot::Sender<Result<(), Error>>>,
    ) {
        let (callback, query, created) = (body.callback(), cause.query(), self.world.now());
        let body = body.finish(created).into();
        let endpoint = self.callbacks.endpoint(cause.app.sdkappid);
        if lock(&endpoint.inbox).put(Fresh { lane, callback, query, body, created, kept }) {
            let services = self.clone();
            self.spawn(async move { services.write_inbox(&endpoint).await });
        }
    }

    async fn write_inbox(self: &Arc<Self>, endpoint: &Endpoint) {
        loop {
            let fresh = lock(&endpoint.inbox).take();
            if fresh.is_empty() {
                return;
            }
            let new: Vec<NewCallback> = fresh.iter().map(|one| one.row(endpoint)).collect();
            match self.store.book.add_callbacks(&new).await {
                Ok(numbers) => {
                    for (one, number) in fresh.into_iter().zip(numbers) {
                        self.offer(endpoint.app, one.item(number));
                    }
                }
                Err(error) => {
                    tracing::error!(%error, app = endpoint.app, lost = fresh.len(), "callbacks could not be kept");
                    let code = broken(error).code;
                    for one in fresh {
                        one.lost(code);
                    }
                }
            }
        }
    }
}

impl Fresh {
    fn row(&self, endpoint: &Endpoint) -> NewCallback {
        NewCallback {
            app: endpoint.app.into(),
            lane: self.lane,
            command: self.callback.name().into(),
            query: self.query.clone(),
            body: self.body.to_vec(),
            created: self.created,
            failure: None,
        }
    }

    /// The book has it; whoever waited learns of it.
    fn item(self, number: i64) -> Item {
        if let Some(kept) = self.kept {
            // Whoever waited may have gone.
            let _ = kept.send(Ok(()));
        }
        Item {
            source: Source::Row(number),
            lane: self.lane,
            callback: self.callback,
            query: self.query,
            payload: Payload::Ready(self.body),
            created: self.created,
            attempts: 0,
        }
    }

    fn lost(self, code: Code) {
        if let Some(kept) = self.kept {
            let _ = kept.send(Err(code.into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Inbox, TOGETHER};

    #[test]
    fn one_takes_everything_out_in_the_order_it_was_put_in() {
        let mut inbox = Inbox::default();
        let most = TOGETHER as i32 + 10;
        assert!(inbox.put(0), "the first begins");
        for number in 1..most {
            assert!(!inbox.put(number), "one takes out already");
        }
        let mut all = inbox.take();
        assert_eq!(all.len(), TOGETHER);
        assert!(!inbox.put(most), "it is not at the end yet");
        all.extend(inbox.take());
        assert_eq!(all, (0..=most).collect::<Vec<_>>());
        assert!(inbox.take().is_empty());
        assert!(inbox.put(0), "the next begins anew");
    }
}
