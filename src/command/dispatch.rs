//! The only way to a command: found, allowed, measured, run, printed, noted, in this order.

use std::{collections::HashMap, sync::Arc};

use model::{Code, Error, Kind};

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

/// The table, ready to be asked.
pub struct Dispatcher {
    entries: HashMap<&'static str, &'static Entry>,
    limits: Limits,
}

impl Default for Dispatcher {
    fn default() -> Self {
        Self { entries: table().map(|entry| (entry.spec.name, entry)).collect(), limits: Limits::default() }
    }
}

impl Dispatcher {
    /// Runs the command of that name. Never fails: errors become replies.
    pub async fn dispatch(&self, cx: Arc<Context>, name: &str, body: &[u8]) -> Outcome {
        let entry = self.entries.get(name).filter(|entry| entry.spec.doors.has(cx.door));
        let display = entry.is_some_and(|entry| entry.spec.display);
        let done = match entry {
            Some(entry) => self.run(entry, cx, body).await,
            None if cx.door == Door::Socket => unsupported::answer(name),
            None => Err(Error::new(Code::NoSuchCommand).detail(format!("there is no command {}", shortened(name)))),
        };
        let label = entry.map_or("unknown", |entry| entry.spec.name);
        let (body, error) = match done {
            Ok(body) => (body, None),
            Err(error) => {
                note(label, &error);
                (reply::fail(&error, display), Some(error))
            }
        };
        let code = error.as_ref().map_or("OK", |error| error.code.name());
        metrics::counter!("feihong_commands_total", "command" => label, "code" => code).increment(1);
        Outcome { body, error }
    }

    async fn run(&self, entry: &Entry, cx: Arc<Context>, body: &[u8]) -> Result<Vec<u8>, Error> {
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
        (entry.run)(cx, body).await
    }
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
