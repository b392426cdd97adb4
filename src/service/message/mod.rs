//! One-to-one messages: sending, reading, changing, and what is attached to them.

mod attached;
mod change;
mod history;
mod search;
mod send;
mod unread;
mod wire;

use std::sync::Arc;

pub(crate) use attached::Writes;
pub use attached::{ExtensionChange, ExtensionResult, roaming};
pub use change::Found;
pub(crate) use change::{conflict, emptied, found};
pub use history::{History, Slice};
use model::Error;
pub use search::{Hits, MessageFilter};
pub(crate) use send::take_turn;
pub use send::{Outbound, Sent};
use store::tables::conversation::ConversationRow;
pub use unread::{Missed, Unread, Untold};
pub use wire::Members;
pub(crate) use wire::{Parts, Reading, message_of, number, raw, with_parts, write_named};

use crate::{Account, Services, broken};

/// The conversation of two accounts.
#[derive(Clone, Copy, Debug)]
pub struct Conversation {
    /// Its number in the log.
    pub number: i64,
    /// Has imports, so that times do not grow with sequences.
    pub mixed: bool,
}

fn pair(a: &Account, b: &Account) -> (i64, i64) {
    (a.number.min(b.number), a.number.max(b.number))
}

fn known(row: ConversationRow) -> Arc<Conversation> {
    Arc::new(Conversation { number: row.number, mixed: row.mixed })
}

impl Services {
    /// The conversation of two accounts of one app, if they have one.
    pub async fn conversation(&self, a: &Account, b: &Account) -> Result<Option<Arc<Conversation>>, Error> {
        self.conversation_at(pair(a, b)).await
    }

    /// The same by the numbers of the two, the smaller one first.
    pub(crate) async fn conversation_at(&self, key: (i64, i64)) -> Result<Option<Arc<Conversation>>, Error> {
        // What a slow read finds never replaces what `mix` has put there meanwhile.
        let read = async {
            let row = self.store.book.conversation(key.0, key.1).await.map_err(|error| Some(broken(error)))?;
            row.map(known).ok_or(None)
        };
        match self.conversations.get_or_insert_async(&key, read).await {
            Ok(conversation) => Ok(Some(conversation)),
            Err(None) => Ok(None),
            Err(Some(error)) => Err(error),
        }
    }

    /// The conversation of two accounts of one app, made if they have none.
    pub async fn make_conversation(&self, a: &Account, b: &Account) -> Result<Arc<Conversation>, Error> {
        let key = pair(a, b);
        if let Some(conversation) = self.conversations.get(&key) {
            return Ok(conversation);
        }
        let make = async {
            if let Some(row) = self.store.book.conversation(key.0, key.1).await.map_err(broken)? {
                return Ok(known(row));
            }
            let row = self.store.book.add_conversation(a.app.into(), key.0, key.1).await.map_err(broken)?;
            Ok(known(row))
        };
        Box::pin(self.conversations.get_or_insert_async(&key, make)).await
    }

    /// Remembers that a conversation has imports out of the order of time.
    async fn mix(&self, a: &Account, b: &Account, conversation: &Conversation) -> Result<(), Error> {
        if !conversation.mixed {
            self.store.book.set_mixed(conversation.number).await.map_err(broken)?;
            self.conversations.insert(pair(a, b), Arc::new(Conversation { mixed: true, ..*conversation }));
        }
        Ok(())
    }
}
