//! Signs a connection in with a UserSig, or with the ticket of a session that lost its connection.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use model::{Code, Error, Platform};
use serde::{Deserialize, Serialize};
use service::presence::SignIn;

use crate::{Caller, Command, Context, Doors, Spec, Who};

#[derive(Deserialize)]
pub(crate) struct Request {}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    a2_key: String,
    tiny_id: String,
    inst_id: u32,
    hello_interval: i64,
    /// Seconds since 1970; message ids of the client are made of it.
    time_stamp: i64,
    purchase_bits: &'static str,
    custom_status: String,
    rich_msg_auth_key: &'static str,
}

/// Every feature that clients gate by a bit.
pub(crate) const FEATURES: &str = "1111111111111111111111111111111111111111111111111111111111111111";

impl Command for Request {
    const SPEC: Spec = Spec::new("im_open_status.wslogin").doors(Doors::SOCKET).by(Who::Anybody).fails(&[
        Code::UserSigExpired,
        Code::UserSigEmpty,
        Code::UserSigUndecodable,
        Code::UserSigKeyMismatch,
        Code::UserSigIdentifierMismatch,
        Code::UserSigAppMismatch,
        Code::UserSigKeyMissing,
        Code::UserSigTooManyFailures,
        Code::UserSigRevoked,
        Code::AccountQuotaUsedUp,
        Code::LoginTicketInvalid,
        Code::KickedOut,
    ]);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let app = cx.app()?;
        let link = cx.link.as_ref().ok_or_else(|| Error::new(Code::Broken).source("a sign-in without a connection"))?;
        let ticket = |session: &service::presence::Session| session.ticket.to_string();
        let (presented, user, signature) = match &cx.caller {
            Caller::User { session, .. } => (ticket(session), String::new(), String::new()),
            Caller::Stranger { identifier, signature, ticket } => {
                (ticket.clone(), identifier.clone(), signature.clone())
            }
            _ => return Err(Self::SPEC.forbidden.into()),
        };
        let resumed = signature.is_empty() && !presented.is_empty();
        let by = if resumed {
            SignIn::Ticket(&presented)
        } else {
            SignIn::Signature { user: &user, signature: &signature, platform: Platform::Web }
        };
        let signed_in = cx.services.sign_in(app, link, by).await?;
        if resumed {
            cx.services.replay_groups(&signed_in.account, &signed_in.session, link).await?;
        }
        Ok(Reply {
            a2_key: ticket(&signed_in.session),
            tiny_id: signed_in.account.tiny_id().to_string(),
            inst_id: signed_in.session.instance,
            hello_interval: app.settings.hello_interval,
            time_stamp: cx.services.world.second(),
            purchase_bits: FEATURES,
            custom_status: STANDARD.encode(&signed_in.account.preferences.custom_status),
            rich_msg_auth_key: "",
        })
    }
}
