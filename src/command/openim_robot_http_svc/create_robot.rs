//! Makes a robot (REST v4 `create_robot`); repeating a name makes only one.

use std::sync::Arc;

use model::{
    Code, Error, Profile, UserId,
    profile::{IMAGE, NICK},
};
use serde::Deserialize;

use crate::{Command, Context, Doors, Spec};

const SIGNATURE: &str = "Tag_Profile_IM_SelfSignature";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    #[serde(rename = "UserID")]
    user: String,
    nick: Option<String>,
    face_url: Option<String>,
    self_signature: Option<String>,
}

impl Request {
    fn profile(&self) -> Result<Profile, Error> {
        let mut profile = Profile::default();
        for (tag, text) in [(NICK, &self.nick), (IMAGE, &self.face_url), (SIGNATURE, &self.self_signature)] {
            profile
                .set_given(tag, text.as_deref())
                .map_err(|error| Error::new(Code::GroupParameterInvalid).detail(error.detail))?;
        }
        Ok(profile)
    }
}

impl Command for Request {
    const SPEC: Spec = Spec::parameter("openim_robot_http_svc.create_robot")
        .doors(Doors::REST)
        .example(r#"{"UserID":"@RBT#helper","Nick":"Helper"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        let user = UserId::new(&self.user).filter(UserId::is_robot).ok_or_else(|| {
            Error::new(Code::GroupParameterInvalid).detail("UserID begins with @RBT# and has at most 32 bytes")
        })?;
        let profile = self.profile()?;
        cx.services.accounts.create_robot(cx.app()?, user, profile).await
    }
}
