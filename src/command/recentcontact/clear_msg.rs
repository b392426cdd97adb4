//! Forgets the user's history of a conversation, which stays in the list.

use std::sync::Arc;

use model::Error;
use serde::Deserialize;

use super::shared::Contact;
use crate::{Command, Context, Doors, Spec};

#[derive(Deserialize)]
pub(crate) struct Request {
    #[serde(flatten)]
    contact: Contact,
}

impl Command for Request {
    const SPEC: Spec = Spec::contact("recentcontact.clear_msg")
        .doors(Doors::SOCKET)
        .example(r#"{"From_Account":"alice","Type":1,"To_Account":"bob"}"#);
    type Reply = ();

    async fn run(self, cx: Arc<Context>) -> Result<(), Error> {
        match self.contact.former_peer(&cx).await? {
            (Some(peer), _) => cx.services.clear_contact(cx.me()?, &peer).await,
            (None, _) => Ok(()),
        }
    }
}
