//! The only way to a command: found, allowed, measured, run, printed, noted, in this order.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use bytes::Bytes;
use model::{Code, Error, Kind};
use service::{Services, callback::caused, presence::Session};

use crate::{Caller, Context, Door, Entry, Who, limit::Limits, reply, table, unsupported};

/// How a reply is wrapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// `ActionStatus`, `ErrorCode`, `ErrorInfo`, then the fields.
    Standard,
    /// The fields alone, which are all there is.
    Own,
}

/// What a request ends with.
pub struct Outcome {
    /// The body of the reply.
    pub body: Vec<u8>,
    /// The error, if it failed.
    pub error: Option<Error>,
}

/// Services that are asked under another name as well: clients ask a community what they ask other groups, and older
/// backends ask pushes of the service of messages.
const ALIASES: [(&str, &str); 2] =
    [("group_open_http_svc.", "million_group_open_http_svc."), ("all_member_push.", "openim.")];

/// The table, ready to be asked.
pub struct Dispatcher {
    /// Each entry with the counter of its successes.
    entries: HashMap<Cow<'static, str>, (&'static Entry, metrics::Counter)>,
    limits: Limits,
}

impl Default for Dispatcher {
    fn default() -> Self {
        let mut entries = HashMap::new();
        for entry in table() {
            let counted = (entry, counter(entry.spec.name, "OK"));
            for (service, alias) in ALIASES {
                if let Some(command) = entry.spec.name.strip_prefix(service) {
                    // What a service answers otherwise is a command of its own there.
                    entries.entry(Cow::from(format!("{alias}{command}"))).or_insert_with(|| counted.clone());
                }
            }
            entries.insert(Cow::from(entry.spec.name), counted);
        }
        Self { entries, limits: Limits::default() }
    }
}

impl Dispatcher {
    /// Runs the command of that name. Never fails: errors become replies.
    pub async fn dispatch(&self, cx: Arc<Context>, name: &str, body: Bytes) -> Outcome {
        let entry = self.entries.get(name).filter(|(entry, _)| entry.spec.doors.has(cx.door));
        let display = entry.is_some_and(|(entry, _)| entry.spec.display);
        let done = match entry {
            Some((entry, _)) => self.run(entry, cx, body).await,
            None if cx.door == Door::Socket => unsupported::answer(name),
            None => Err(Error::new(Code::NoSuchCommand).detail(format!("there is no command {}", shortened(name)))),
        };
        let error = match (done, entry) {
            (Ok(body), Some((_, succeeded))) => {
                succeeded.increment(1);
                return Outcome { body, error: None };
            }
            (Ok(body), None) => return Outcome { body, error: None },
            (Err(error), _) => error,
        };
        let label = entry.map_or("unknown", |(entry, _)| entry.spec.name);
        note(label, &error);
        counter(label, error.code.name()).increment(1);
        Outcome { body: reply::fail(&error, display), error: Some(error) }
    }

    /// The command of that name.
    pub fn entry(&self, name: &str) -> Option<&'static Entry> {
        self.entries.get(name).map(|(entry, _)| *entry)
    }

    /// Takes what a signed-in client only lets the server know. Whether the command is one of those.
    pub fn note(&self, services: &Services, session: &Session, name: &str, body: &[u8]) -> bool {
        let Some((entry, succeeded)) = self.entries.get(name) else { return false };
        let Some(note) = entry.note else { return false };
        if body.len() <= entry.spec.body.0 {
            note(services, session, body);
            succeeded.increment(1);
        }
        true
    }

    async fn run(&self, entry: &Entry, cx: Arc<Context>, body: Bytes) -> Result<Vec<u8>, Error> {
        let spec = entry.spec;
        let stranger = matches!(cx.caller, Caller::Stranger { .. } | Caller::Visitor);
        if spec.who == Who::SignedIn && stranger {
            let code = if cx.door == Door::Console { Code::SignInRequired } else { Code::GroupSignInRequired };
            return Err(Error::new(code).detail("sign in first"));
        }
        if body.len() > spec.body.0 {
            return Err(Error::new(spec.body.1).detail(format!("the body has at most {} bytes", spec.body.0)));
        }
        if let (Door::Rest, Some(app)) = (cx.door, &cx.app)
            && !self.limits.allow(app.sdkappid, spec.name, spec.rate.0, cx.services.world.now())
        {
            return Err(Error::new(Code::CommandTooFrequent)
                .detail(format!("{} is allowed {} times a second", spec.name, spec.rate.0)));
        }
        match cx.cause() {
            Some(cause) => caused(cause, (entry.run)(cx, body)).await,
            None => (entry.run)(cx, body).await,
        }
    }
}

fn counter(command: &'static str, code: &'static str) -> metrics::Counter {
    metrics::counter!("feihong_commands_total", "command" => command, "code" => code)
}

fn note(command: &str, error: &Error) {
    if error.kind() == Kind::Ours {
        let source = error.source.as_ref().map(ToString::to_string);
        tracing::error!(command, code = error.number(), source, "command failed");
    } else {
        tracing::debug!(command, code = error.number(), "command refused");
    }
}

fn shortened(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(80).collect()
}
