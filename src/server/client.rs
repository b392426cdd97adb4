//! Commands of the operator: asks the running server, or works on the data when none runs.

use std::{
    io::{IsTerminal, stdin},
    time::Duration,
};

use anyhow::{Context, bail};
use service::{Services, World};
use store::{Store, StoreError};

use crate::{
    admin::{self, Reply, Request},
    config::{Backend, Config},
    control::{self, Refusal},
    private_dir,
};

/// How often to try while a server starts or ends, and how long to wait in between.
const TRIES: u32 = 25;
const PAUSE: Duration = Duration::from_millis(200);

/// Does what is asked, in the running server or here.
pub async fn ask(config: &Config, request: Request) -> anyhow::Result<Reply> {
    let mut tries = 0;
    loop {
        if let Some(reply) = control::ask(&config.storage.data, &request).await? {
            return Ok(reply);
        }
        match open(config, &request).await? {
            Ok(services) => {
                let answer = admin::run(&services, config, request).await;
                services.drain().await;
                return answer.map_err(|error| Refusal::from(&error).into());
            }
            // A server that owns the data and does not answer yet, or any more.
            Err(error) if matches!(error, StoreError::Unavailable(_)) && tries < TRIES => tries += 1,
            Err(error) => return Err(error).context("cannot open the data"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn open(config: &Config, request: &Request) -> anyhow::Result<Result<std::sync::Arc<Services>, StoreError>> {
    let data = &config.storage.data;
    let is_new = config.storage.backend == Backend::Sqlite && !data.join("book.db").exists();
    if is_new && !request.is_first() {
        bail!("there is no data in {}: name the data directory with --data", data.display());
    }
    private_dir(data)?;
    let store = match Store::open(&config.store()).await {
        Ok(store) => store,
        Err(error) => return Ok(Err(error)),
    };
    Ok(Services::start(store, World::system(), config.options()).await)
}

/// Asks for a new password twice; without a terminal, reads a line.
pub fn ask_password() -> anyhow::Result<String> {
    if !stdin().is_terminal() {
        let mut line = String::new();
        stdin().read_line(&mut line)?;
        return Ok(line.trim_end_matches(['\r', '\n']).to_owned());
    }
    let password = rpassword::prompt_password("new password, at least 10 characters: ")?;
    if rpassword::prompt_password("the same again: ")? != password {
        bail!("the two passwords differ");
    }
    Ok(password)
}
