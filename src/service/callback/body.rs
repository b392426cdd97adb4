//! The bodies of callbacks, field by field.

use model::{Callback, Millis, callback::CallbackForm};
use serde::Serialize;

use super::Cause;
use crate::Members;

/// A body being written.
pub(crate) struct Body {
    callback: Callback,
    form: CallbackForm,
    members: Members,
}

impl Body {
    pub fn new(cause: &Cause, callback: Callback) -> Self {
        let mut body = Self { callback, form: cause.app.settings.callback_form, members: Members::default() };
        body.members.raw("CallbackCommand", &format!("\"{}\"", callback.name()));
        body
    }

    pub fn callback(&self) -> Callback {
        self.callback
    }

    pub fn is_current(&self) -> bool {
        self.form == CallbackForm::Current
    }

    /// Adds a member that is JSON already.
    #[must_use]
    pub fn raw(mut self, name: &str, json: &str) -> Self {
        self.members.raw(name, json);
        self
    }

    /// Adds a member.
    #[must_use]
    pub fn field(mut self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        if let Ok(json) = serde_json::to_string(value) {
            self.members.raw(name, &json);
        }
        self
    }

    /// Adds a member that came after 2019.
    #[must_use]
    pub fn later(self, name: &str, value: &(impl Serialize + ?Sized)) -> Self {
        if self.is_current() { self.field(name, value) } else { self }
    }

    /// The body with the time of the event, where such a body has one: a text in those of groups, else a number.
    pub fn finish(self, now: Millis) -> Vec<u8> {
        let has_none = matches!(
            self.callback,
            Callback::FriendAdd
                | Callback::FriendDelete
                | Callback::BlackListAdd
                | Callback::BlackListDelete
                | Callback::TopicBeforeCreate
                | Callback::TopicAfterCreate
                | Callback::TopicAfterDestroy
                | Callback::TopicAfterInfo
        );
        let is_text = self.callback.is_of_groups();
        let body = match (has_none, is_text) {
            (true, _) => self,
            (false, true) => self.later("EventTime", &now.to_string()),
            (false, false) => self.later("EventTime", &now),
        };
        body.members.into_object()
    }
}
