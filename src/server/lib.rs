//! Floor 5: the binary. Configuration, wiring, TLS, shutdown, command line.

pub mod admin;
pub mod backup;
pub mod cli;
pub mod client;
pub mod config;
mod connection;
pub mod control;
pub mod door;
pub mod serve;
pub mod telemetry;
#[cfg(test)]
mod testing;
pub mod tls;

use std::{
    fs::DirBuilder,
    io::{Write, stdout},
    os::unix::fs::DirBuilderExt,
    path::Path,
    process::ExitCode,
};

use anyhow::Context;
use clap::Parser;
use cli::{Cli, Command, ConfigCommand, Place};
use config::Config;
use serde_json::json;

/// Where uploaded files are, in the data directory and in a backup.
pub const FILES: &str = "files";

/// Where files with an hour's messages are made, in the data directory.
pub const HISTORY: &str = "history";

/// The whole program.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Causes in one line; a backtrace of this program would not help an operator.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    let Cli { place, command } = cli;
    let (request, json) = match command {
        Command::Serve { listen } => {
            let config = Config::load(&place.sources(listen)?)?;
            telemetry::start_log(&config.log)?;
            return serve::run(config, &mut stdout(), std::future::pending()).await;
        }
        Command::Config(ConfigCommand::Example) => return print(&config::example()),
        Command::Config(ConfigCommand::Check { json }) => return print(&check(&place, json)?),
        Command::Restore { file, json } => return restore(&place, &file, json).await,
        Command::Backup { file, json } => (admin::Request::Backup { file: std::path::absolute(file)? }, json),
        Command::App(command) => command.request(),
        Command::Usersig(command) => command.request(),
        Command::Stats(command) => command.request(),
        Command::Operator(command) => command.request(&client::ask_password)?,
    };
    let config = quiet(&place)?;
    let reply = client::ask(&config, request).await?;
    print(&if json { format!("{}\n", reply.json()) } else { reply.text() })?;
    match &reply {
        admin::Reply::Recount(recount) if recount.differences() > 0 => {
            anyhow::bail!("{} numbers differ", recount.differences())
        }
        _ => Ok(()),
    }
}

/// The configuration of a command that ends by itself: only trouble is logged.
fn quiet(place: &Place) -> anyhow::Result<Config> {
    let config = Config::load(&place.sources(None)?)?;
    telemetry::start_log(&config::Log { level: "error".into(), ..config.log.clone() })?;
    Ok(config)
}

fn check(place: &Place, json: bool) -> anyhow::Result<String> {
    let shown = Config::load(&place.sources(None)?)?.show();
    if json {
        let one =
            |shown: &config::Shown| json!({"key": shown.key, "value": shown.value, "origin": shown.origin.to_string()});
        return Ok(format!("{}\n", json!(shown.iter().map(one).collect::<Vec<_>>())));
    }
    let lines = shown.iter().map(|shown| format!("{} = {}  # {}\n", shown.key, shown.value, shown.origin));
    Ok(lines.collect())
}

async fn restore(place: &Place, file: &Path, json: bool) -> anyhow::Result<()> {
    let restored = backup::restore(file, &quiet(place)?).await?;
    let backup::Restored { data, version, uploads, databases } = &restored;
    if json {
        let text = json!({"data": data, "version": version, "uploads": uploads, "databases": databases});
        return print(&format!("{text}\n"));
    }
    let mut text = format!("{}: restored, with {uploads} uploaded files\n", data.display());
    if !databases {
        text.push_str("the backup has no database: restore PostgreSQL with pg_restore or psql\n");
    }
    print(&text)
}

/// Writes to standard output.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).context("cannot write the answer")
}

/// Makes a directory for its owner only, if it is absent.
pub(crate) fn private_dir(dir: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(dir);
    made.with_context(|| format!("cannot create {}", dir.display()))
}
