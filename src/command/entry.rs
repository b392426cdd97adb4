//! A command, and its row in the table.

use std::{future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use model::{Code, Error};
use serde::{Serialize, de::DeserializeOwned};
use service::{Services, presence::Session};

use crate::{Context, Spec, dispatch::Envelope, reply};

/// A request that can be asked.
pub trait Command: DeserializeOwned + Send + 'static {
    /// What is declared of it.
    const SPEC: Spec;
    /// How its reply is wrapped.
    const ENVELOPE: Envelope = Envelope::Standard;
    /// For what clients only let the server know: done at once in place of [`Self::run`], and never answered.
    const NOTE: Option<fn(Self, &Services, &Session)> = None;
    /// The fields of its reply.
    type Reply: Serialize + Send;

    /// Does it.
    fn run(self, cx: Arc<Context>) -> impl Future<Output = Result<Self::Reply, Error>> + Send;

    /// Finds the right code for a body that could not be read; asked only then.
    fn malformed(_body: &serde_json::Value) -> Option<Error> {
        None
    }
}

/// What running a command gives: the body of the reply.
pub(crate) type Running = Pin<Box<dyn Future<Output = Result<Vec<u8>, Error>> + Send>>;

/// A row of the table: plain data.
pub struct Entry {
    /// What is declared.
    pub spec: &'static Spec,
    pub(crate) run: fn(Arc<Context>, Bytes) -> Running,
    pub(crate) note: Option<fn(&Services, &Session, &[u8])>,
}

impl Entry {
    pub(crate) const fn of<C: Command>() -> Self {
        let note = if C::NOTE.is_some() { Some(note::<C> as fn(&Services, &Session, &[u8])) } else { None };
        Self { spec: &C::SPEC, run: run::<C>, note }
    }

    /// Whether a client that asks gets no answer, whatever comes of it.
    pub fn is_silent(&self) -> bool {
        self.note.is_some()
    }
}

fn run<C: Command>(cx: Arc<Context>, body: Bytes) -> Running {
    Box::pin(async move {
        let request = read::<C>(&body)?;
        // Others that came with it share its memory.
        drop(body);
        let reply = request.run(cx).await?;
        reply::succeed(&reply, C::ENVELOPE, C::SPEC.display)
    })
}

fn note<C: Command>(services: &Services, session: &Session, body: &[u8]) {
    if let (Some(note), Ok(request)) = (C::NOTE, read::<C>(body)) {
        note(request, services, session);
    }
}

fn read<C: Command>(body: &[u8]) -> Result<C, Error> {
    // An array would be read as the fields in their order.
    if body.trim_ascii_start().first() == Some(&b'[') {
        return Err(Error::new(C::SPEC.malformed).detail("the body is one JSON object"));
    }
    // Text is checked once as a whole, not string by string.
    let text = std::str::from_utf8(body).map_err(|_| Error::new(C::SPEC.malformed).detail("the body is not UTF-8"))?;
    serde_json::from_str::<C>(text).map_err(|error| unreadable::<C>(body, &error))
}

#[cold]
fn unreadable<C: Command>(body: &[u8], error: &serde_json::Error) -> Error {
    match serde_json::from_slice::<serde_json::Value>(body) {
        Ok(value) if value.is_object() => {
            C::malformed(&value).unwrap_or_else(|| Error::new(C::SPEC.malformed).detail(explain(error)))
        }
        Ok(_) => Error::new(C::SPEC.malformed).detail("the body is one JSON object"),
        Err(_) => Error::new(C::SPEC.malformed).detail("the body is not JSON"),
    }
}

/// What serde says of a body, in our own form: it names fields, never the source.
fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

/// A field, whether its value is right, whether it must be there, and the code when it is not so.
pub(crate) type Field<'a> = (&'a str, fn(&serde_json::Value) -> bool, bool, Code);

/// The code of a field that has the wrong type, for commands whose fields have codes of their own.
pub(crate) fn first_wrong(body: &serde_json::Value, fields: &[Field<'_>]) -> Option<Error> {
    for (name, is_right, required, code) in fields {
        match body.get(name) {
            Some(value) if is_right(value) => {}
            Some(_) => return Some(Error::new(*code).detail(format!("{name} has the wrong type or value"))),
            None if *required => return Some(Error::new(*code).detail(format!("{name} is missing"))),
            None => {}
        }
    }
    None
}
