//! What several commands of the console read or answer.

use std::sync::Arc;

use model::{
    App, Callback, Code, Edition, Error, Millis, PushState, Quota, SdkAppId, Settings, State, callback::CallbackKind,
    push::Audience, setting,
};
use serde::{Deserialize, Serialize};
use service::{LiveApp, PushControl, PushRow, push_state};

use crate::Context;

/// A request that names an app and nothing else.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Named {
    pub sdk_app_id: SdkAppId,
}

/// The part of an app that the operator writes.
#[derive(Deserialize)]
pub(super) struct Draft {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    introduction: String,
}

impl Draft {
    /// The name, the kind and the introduction without blanks around them.
    pub fn parts(&self) -> [String; 3] {
        [&self.name, &self.kind, &self.introduction].map(|part| part.trim().to_owned())
    }
}

/// An app as the console shows it; the key is asked for by itself.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown {
    sdk_app_id: SdkAppId,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    introduction: String,
    edition: Edition,
    state: State,
    created_at: Millis,
    updated_at: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Millis>,
    quota: Quota,
    administrators: Vec<String>,
    /// How many users have a connection now; only where one app is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    online_users: Option<usize>,
}

impl Shown {
    pub fn new(app: &App, now: Millis) -> Self {
        Self {
            sdk_app_id: app.sdkappid,
            name: app.name.clone(),
            kind: app.kind.clone(),
            introduction: app.introduction.clone(),
            edition: app.edition,
            state: app.state(now),
            created_at: app.created,
            updated_at: app.updated,
            expires_at: app.expires,
            quota: app.edition.quota(),
            administrators: app.administrators.clone(),
            online_users: None,
        }
    }

    /// The same with how many users have a connection.
    pub fn with_online(self, users: usize) -> Self {
        Self { online_users: Some(users), ..self }
    }
}

/// Every setting of an app: its name, value, default and meaning, what it takes in words, and how to ask for it.
#[derive(Serialize)]
pub(crate) struct ShownSettings {
    settings: Vec<setting::Shown>,
}

impl ShownSettings {
    pub fn new(settings: &Settings) -> Self {
        Self { settings: settings.list() }
    }
}

/// A request that names a push of an app.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NamedPush {
    sdk_app_id: SdkAppId,
    task_id: String,
}

impl NamedPush {
    /// Holds it, lets it go on, or ends it.
    pub async fn control(&self, cx: &Context, control: PushControl) -> Result<ShownPush, Error> {
        need(cx, self.sdk_app_id)?;
        ShownPush::new(&cx.services.control_push(self.sdk_app_id, &self.task_id, control).await?)
    }
}

/// A push to all users as the console shows it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShownPush {
    task_id: String,
    state: PushState,
    from: String,
    audience: Audience,
    /// In seconds; 0 for users who are online only.
    lifetime: i64,
    created_at: Millis,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Millis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Millis>,
    /// How many users it is for; 0 before it began.
    total: i64,
    /// How many of these had their turn.
    finished: i64,
}

impl ShownPush {
    pub fn new(row: &PushRow) -> Result<Self, Error> {
        let time = |time: Millis| (time > 0).then_some(time);
        Ok(Self {
            task_id: row.task.clone(),
            state: push_state(row)?,
            from: row.sender_id.clone(),
            audience: serde_json::from_slice(&row.audience).map_err(|error| Error::new(Code::Broken).source(error))?,
            lifetime: row.lifetime,
            created_at: row.created,
            started_at: time(row.started),
            ended_at: time(row.ended),
            total: row.total,
            finished: row.finished,
        })
    }
}

/// An app's callbacks as the console shows them.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShownCallbacks {
    settings: Vec<setting::Shown>,
    commands: Vec<ShownCommand>,
    /// `closed` while the server is asked, `open` while it is left alone, `trying` while one request finds out.
    breaker: &'static str,
    asked: u64,
    answered: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<LastFailure>,
    waiting: i64,
    dead: i64,
}

#[derive(Serialize)]
struct ShownCommand {
    name: &'static str,
    chinese: &'static str,
    meaning: &'static str,
    before: bool,
    since: u16,
    on: bool,
}

#[derive(Serialize)]
struct LastFailure {
    at: Millis,
    why: String,
    kind: &'static str,
}

impl ShownCallbacks {
    pub async fn new(cx: &Context, app: &LiveApp) -> Result<Self, Error> {
        let state = cx.services.callback_state(app.sdkappid).await?;
        let mut settings = app.settings.list();
        settings.retain(|shown| shown.name.starts_with("callback"));
        let commands = Callback::ALL.iter().map(|callback| ShownCommand {
            name: callback.name(),
            chinese: callback.chinese(),
            meaning: callback.meaning(),
            before: callback.kind() == CallbackKind::Before,
            since: callback.since(),
            on: app.settings.callbacks.has(*callback),
        });
        Ok(Self {
            settings,
            commands: commands.collect(),
            breaker: state.breaker.name(),
            asked: state.asked,
            answered: state.answered,
            last_failure: state.failure.map(|(at, failure)| LastFailure {
                at,
                why: failure.to_string(),
                kind: failure.kind(),
            }),
            waiting: state.waiting,
            dead: state.dead,
        })
    }
}

/// Who is signed in.
#[derive(Serialize)]
pub(crate) struct SignedIn {
    operator: Operator,
}

#[derive(Serialize)]
struct Operator {
    name: String,
    role: String,
}

impl From<service::Operator> for SignedIn {
    fn from(operator: service::Operator) -> Self {
        Self { operator: Operator { name: operator.name, role: operator.role } }
    }
}

/// A reply with nothing in it.
#[derive(Serialize)]
pub(crate) struct Nothing {}

/// The app that a request names.
pub(super) fn need(cx: &Context, sdkappid: SdkAppId) -> Result<Arc<LiveApp>, Error> {
    cx.services.apps.get(sdkappid).ok_or_else(|| Error::new(Code::NotFound).detail("there is no such app"))
}
