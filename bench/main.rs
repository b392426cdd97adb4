//! Measures a server from outside: load generator, bare relay as the machine's ceiling, crash test.
//!
//! `run` starts everything else as processes of their own, so that each one's CPU and memory is its own.

#![expect(clippy::disallowed_methods, reason = "measuring is reading the clock")]

mod check;
mod crash;
mod crowd;
mod fanout;
mod groups;
mod hook;
mod idle;
mod load;
mod login;
mod offline;
mod pair;
mod procfs;
mod relay;
mod report;
mod rest;
mod run;
mod server;
mod start;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Debug, Parser)]
#[command(
    name = "feihong-bench",
    about = "Measures a Feihong server from outside",
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: run::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The whole benchmark: server, relay, idle connections; prints and writes the report (default)
    Run(run::Args),
    /// The bare relay
    Relay(relay::Args),
    /// An app's own server that takes every callback
    Hook,
    /// The load generator: message pairs
    Load(load::Args),
    /// The load generator: idle connections
    Idle(idle::Args),
    /// The load generator: one speaker, many listeners
    Fanout(fanout::Args),
    /// The load generator: sign-ins of a user with many friends
    Login(login::Args),
    /// The load generator: messages to users who are away
    Offline(offline::Args),
    /// The crash test: kills the server under load, again and again
    Crash(crash::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Causes in one line; a backtrace of this program would say nothing about the server.
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    // Every socket is a descriptor; children inherit the limit.
    rlimit::increase_nofile_limit(u64::MAX)?;
    match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(args) => run::run(&args).await,
        Command::Relay(args) => relay::run(&args).await,
        Command::Hook => hook::run().await,
        Command::Load(args) => load::run(args).await,
        Command::Idle(args) => idle::run(args).await,
        Command::Fanout(args) => fanout::run(args).await,
        Command::Login(args) => login::run(args).await,
        Command::Offline(args) => offline::run(args).await,
        Command::Crash(args) => crash::run(args).await,
    }
}
