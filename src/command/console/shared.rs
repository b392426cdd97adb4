//! What several commands of the console read or answer.

use std::sync::Arc;

use model::{App, Code, Edition, Error, Millis, Quota, SdkAppId, State};
use serde::{Deserialize, Serialize};
use service::LiveApp;

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
        }
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
