//! The command line: what can be typed, and what it means.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, builder::PossibleValuesParser};

use crate::{
    admin::{Credentials, NewApp, Request, Which},
    config::Sources,
};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "feihong",
    version,
    about = "A self-hosted instant-messaging cloud",
    after_help = "Examples:\n  feihong serve\n  feihong app create --name chat --json\n  \
                  feihong serve --config feihong.toml\n\nEvery command has its own --help with examples."
)]
pub struct Cli {
    /// Where the data is and what is configured.
    #[command(flatten)]
    pub place: Place,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where the data is and what is configured; all commands take these.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// Configuration file; `feihong config example` prints one with every key
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// Data directory [default: ./data]
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server
    #[command(
        after_help = "Examples:\n  feihong serve\n  feihong serve --data /var/lib/feihong --listen 0.0.0.0:7400\n  \
                      feihong serve --config /etc/feihong.toml\n\nSIGTERM and Ctrl-C end it cleanly: clients are told to \
                      come back, and nothing acknowledged is lost. SIGHUP reads the TLS certificate again."
    )]
    Serve {
        /// Address and port, such as 127.0.0.1:7400; port 0 is a free one [default: 127.0.0.1:7400]
        #[arg(long, value_name = "ADDR")]
        listen: Option<String>,
    },
    /// Make, show and change apps
    #[command(subcommand, after_help = "Examples:\n  feihong app create --name chat\n  feihong app list --json")]
    App(AppCommand),
    /// Make or check a UserSig
    #[command(
        subcommand,
        after_help = "Examples:\n  feihong usersig sign 1400000001 alice\n  feihong usersig verify 1400000001 alice eJw..."
    )]
    Usersig(UsersigCommand),
    /// Make and show operators of the console
    #[command(subcommand, after_help = "Examples:\n  feihong operator create anna\n  feihong operator list")]
    Operator(OperatorCommand),
    /// Look after what is counted
    #[command(subcommand, after_help = "Examples:\n  feihong stats rebuild --app 1400000001 --day 2026-11-25")]
    Stats(StatsCommand),
    /// Show what is configured
    #[command(subcommand, after_help = "Examples:\n  feihong config check\n  feihong config example > feihong.toml")]
    Config(ConfigCommand),
    /// Copy everything into one file, while the server runs or not
    #[command(after_help = "Examples:\n  feihong backup feihong-monday.tar\n  \
                            feihong backup --data /var/lib/feihong /backup/feihong.tar --json\n\nThe file has all keys and \
                            messages: keep it as safe as the data. With PostgreSQL it has only the uploaded files; copy \
                            the database with pg_dump before each such backup.")]
    Backup {
        /// The file to make; must not exist
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Restore a backup into an empty data directory
    #[command(after_help = "Examples:\n  feihong restore feihong-monday.tar --data ./restored\n  \
                            feihong serve --data ./restored\n\nThe file is checked before anything appears in the data \
                            directory. With PostgreSQL, restore the database with pg_restore or psql first.")]
    Restore {
        /// The file of a backup
        file: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `feihong app`.
#[derive(Debug, Subcommand)]
pub enum AppCommand {
    /// Make an app and print its SDKAppID, its key and its administrator
    #[command(after_help = "Examples:\n  feihong app create --name chat\n  \
                            feihong app create --name shop --type commerce --edition pro --admin root --json")]
    Create {
        /// 1 to 20 characters
        #[arg(long)]
        name: String,
        /// What the app is about
        #[arg(long = "type", value_name = "TYPE", default_value = "other", value_parser = PossibleValuesParser::new(model::app::KINDS))]
        kind: String,
        /// Trial apps have small quotas (100 accounts)
        #[arg(long, default_value = "trial", value_parser = ["trial", "pro"])]
        edition: String,
        /// The user who may call REST
        #[arg(long, value_name = "USERID", default_value = "administrator")]
        admin: String,
        /// At most 300 characters
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        introduction: String,
        /// Print {"sdkappid": …, "key": …, "admin": …}
        #[arg(long)]
        json: bool,
    },
    /// List the apps, newest first
    #[command(after_help = "Examples:\n  feihong app list\n  feihong app list --json")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show an app with everything that can be set
    #[command(after_help = "Examples:\n  feihong app show 1400000001\n  feihong app show 1400000001 --json")]
    Show {
        /// The app's number
        sdkappid: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print the key that the app's own server signs each UserSig with
    #[command(after_help = "Examples:\n  feihong app key 1400000001\n  feihong app key 1400000001 --json")]
    Key {
        /// The app's number
        sdkappid: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Change an app; a running server acts on it at once
    #[command(after_help = "Examples:\n  feihong app set 1400000001 web_instances=2\n  \
                            feihong app set 1400000001 multi_device=multi roaming_days=30 --json\n  \
                            feihong app set 1400000001 administrators=administrator,robot stopped=false\n\n\
                            `feihong app show` lists every setting with its values and meaning; name, type, \
                            introduction, edition, administrators and stopped can be set too.")]
    Set {
        /// The app's number
        sdkappid: u32,
        /// What to change; all or nothing
        #[arg(required = true, value_name = "NAME=VALUE", value_parser = change)]
        changes: Vec<(String, String)>,
        /// Print the app as JSON
        #[arg(long)]
        json: bool,
    },
}

/// `feihong usersig`.
#[derive(Debug, Subcommand)]
pub enum UsersigCommand {
    /// Make a UserSig, as the app's own server would
    #[command(after_help = "Examples:\n  feihong usersig sign 1400000001 alice\n  \
                            feihong usersig sign 1400000001 administrator --expire 86400 --json")]
    Sign {
        /// The app's number
        sdkappid: u32,
        /// The user's name
        user: String,
        /// Seconds it is valid for
        #[arg(long, value_name = "SECONDS", default_value_t = model::usersig::DEFAULT_LIFETIME)]
        expire: i64,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Check a UserSig and say what is wrong with it
    #[command(after_help = "Examples:\n  feihong usersig verify 1400000001 alice eJw...\n  \
                            feihong usersig verify 1400000001 alice eJw... --json")]
    Verify {
        /// The app's number
        sdkappid: u32,
        /// The user's name
        user: String,
        /// The UserSig
        #[arg(allow_hyphen_values = true)]
        usersig: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `feihong operator`.
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Make an operator; the password is asked for, or read as one line from standard input
    #[command(after_help = "Examples:\n  feihong operator create anna\n  feihong operator create anna < password.txt")]
    Create {
        /// The name to sign in with
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List the operators
    #[command(after_help = "Examples:\n  feihong operator list\n  feihong operator list --json")]
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Replace an operator's password and end their sign-ins
    #[command(after_help = "Examples:\n  feihong operator passwd anna\n  feihong operator passwd anna < password.txt")]
    Passwd {
        /// The name to sign in with
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `feihong stats`.
#[derive(Debug, Subcommand)]
pub enum StatsCommand {
    /// Count a day again from the messages that are stored, and say where the numbers differ
    #[command(after_help = "Examples:\n  feihong stats rebuild --app 1400000001 --day 2026-11-25\n  \
                            feihong stats rebuild --app 1400000001 --day 2026-11-25 --json\n\nEnds with 1 when numbers \
                            differ: the messages of groups that were dismissed are not stored any more.")]
    Rebuild {
        /// The app's number
        #[arg(long = "app", value_name = "SDKAPPID")]
        sdkappid: u32,
        /// The day on the platform's calendar
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// `feihong config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check the configuration, and show every value and where it came from
    #[command(after_help = "Examples:\n  feihong config check --config feihong.toml\n  \
                            FEIHONG__LOG__LEVEL=debug feihong config check --json")]
    Check {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Print a configuration file with every key, its manual and its default
    #[command(after_help = "Examples:\n  feihong config example > feihong.toml")]
    Example,
}

fn change(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Place {
    /// Where configuration is read from; `listen` is a flag of `serve`.
    pub fn sources(&self, listen: Option<String>) -> anyhow::Result<Sources> {
        let data = self.data.as_ref().map(|dir| ("storage.data", "--data", dir.display().to_string()));
        let listen = listen.map(|address| ("server.listen", "--listen", address));
        Sources::of_process(self.config.clone(), data.into_iter().chain(listen).collect())
    }
}

/// Asks for a password when one is needed.
pub type AskPassword<'a> = &'a dyn Fn() -> anyhow::Result<String>;

impl AppCommand {
    /// What to ask the server for, and whether to print JSON.
    pub fn request(self) -> (Request, bool) {
        match self {
            Self::Create { name, kind, edition, admin, introduction, json } => {
                (Request::AppCreate(NewApp { name, kind, introduction, edition, admin }), json)
            }
            Self::List { json } => (Request::AppList {}, json),
            Self::Show { sdkappid, json } => (Request::AppShow(Which { sdkappid }), json),
            Self::Key { sdkappid, json } => (Request::AppKey(Which { sdkappid }), json),
            Self::Set { sdkappid, changes, json } => (Request::AppSet { sdkappid, changes }, json),
        }
    }
}

impl UsersigCommand {
    /// What to ask the server for, and whether to print JSON.
    pub fn request(self) -> (Request, bool) {
        match self {
            Self::Sign { sdkappid, user, expire, json } => {
                (Request::UsersigSign { sdkappid, user, lifetime: expire }, json)
            }
            Self::Verify { sdkappid, user, usersig, json } => {
                (Request::UsersigVerify { sdkappid, user, usersig }, json)
            }
        }
    }
}

impl StatsCommand {
    /// What to ask the server for, and whether to print JSON.
    pub fn request(self) -> (Request, bool) {
        let Self::Rebuild { sdkappid, day, json } = self;
        (Request::StatsRebuild { sdkappid, day }, json)
    }
}

impl OperatorCommand {
    /// What to ask the server for, and whether to print JSON.
    pub fn request(self, ask: AskPassword<'_>) -> anyhow::Result<(Request, bool)> {
        Ok(match self {
            Self::Create { name, json } => (Request::OperatorCreate(Credentials { name, password: ask()? }), json),
            Self::List { json } => (Request::OperatorList {}, json),
            Self::Passwd { name, json } => (Request::OperatorPasswd(Credentials { name, password: ask()? }), json),
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::{AppCommand, Cli, Command, OperatorCommand};
    use crate::admin::{Credentials, NewApp, Request};

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(std::iter::once("feihong").chain(line.split(' ')))
    }

    #[test]
    fn every_command_has_examples_and_programs_get_json() {
        fn visit(command: &clap::Command) {
            for sub in command.get_subcommands() {
                let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.starts_with("Examples:\n  "), "{}", sub.get_name());
                assert!(sub.get_about().is_some(), "{}", sub.get_name());
                let is_leaf = sub.get_subcommands().next().is_none();
                let for_people = ["serve", "example"].contains(&sub.get_name());
                if is_leaf && !for_people {
                    assert!(sub.get_arguments().any(|arg| arg.get_id() == "json"), "{}", sub.get_name());
                }
                visit(sub);
            }
        }
        let command = Cli::command();
        command.clone().debug_assert();
        visit(&command);
    }

    #[test]
    fn the_place_may_stand_before_and_after() {
        for line in ["app create --data /d --name chat --json", "--data /d app create --name chat --json"] {
            let cli = parse(line).unwrap();
            assert_eq!(cli.place.data.as_deref(), Some(std::path::Path::new("/d")));
            let Command::App(command @ AppCommand::Create { .. }) = cli.command else { panic!() };
            let (Request::AppCreate(new), true) = command.request() else { panic!() };
            let NewApp { name, kind, introduction, edition, admin } = new;
            assert_eq!([name, kind, introduction, edition, admin], ["chat", "other", "", "trial", "administrator"]);
        }
    }

    #[test]
    fn changes_are_names_and_values() {
        let cli = parse("app set 1400000001 web_instances=2 introduction=a=b").unwrap();
        let Command::App(command) = cli.command else { panic!() };
        let (Request::AppSet { sdkappid, changes }, false) = command.request() else { panic!() };
        let changes: Vec<_> = changes.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!((sdkappid, &*changes), (1_400_000_001, &[("web_instances", "2"), ("introduction", "a=b")][..]));
        for line in ["app set 1400000001", "app set 1400000001 web_instances", "app create", "app show x", "dance"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn a_usersig_may_begin_with_a_hyphen() {
        assert!(parse("usersig verify 1400000001 alice -eJw").is_ok());
    }

    #[test]
    fn passwords_are_asked_for_and_not_shown() {
        let Command::Operator(command) = parse("operator create anna").unwrap().command else { panic!() };
        let asked = command.request(&|| Ok("correct horse".into())).unwrap();
        assert!(!format!("{asked:?}").contains("horse"), "{asked:?}");
        let (Request::OperatorCreate(Credentials { name, password }), false) = asked else { panic!() };
        assert_eq!((&*name, &*password), ("anna", "correct horse"));
        let unasked = OperatorCommand::List { json: true }.request(&|| panic!("no password is needed"));
        assert!(matches!(unasked.unwrap(), (Request::OperatorList {}, true)));
    }
}
