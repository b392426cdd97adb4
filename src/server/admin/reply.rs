//! What an operator is answered: for programs as JSON, for people as text.

use std::{fmt::Write, path::PathBuf};

use model::{App, Millis, SdkAppId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", content = "content", rename_all = "snake_case")]
pub enum Reply {
    /// A new app.
    Created(Created),
    /// Apps, newest first.
    Apps(Vec<AppLine>),
    /// One app.
    App(Box<AppSheet>),
    /// An app's key.
    Key {
        /// The key.
        key: String,
    },
    /// A `UserSig`.
    UserSig {
        /// The text.
        usersig: String,
    },
    /// A `UserSig` that is true.
    Verified(Verified),
    /// Operators.
    Operators(Vec<Operator>),
    /// An operator that was made or changed.
    Operator {
        /// The name to sign in with.
        name: String,
    },
    /// A day that was counted again.
    Recount(Recount),
    /// A backup.
    Backup(BackedUp),
}

/// A day that was counted again from the messages that are stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recount {
    /// The app's number.
    pub sdkappid: SdkAppId,
    /// `yyyy-mm-dd`.
    pub day: String,
    /// What is made of messages.
    pub lines: Vec<RecountLine>,
}

/// A metric that was counted again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecountLine {
    /// The key of the metric.
    pub metric: String,
    /// As it was counted when it happened.
    pub counted: i64,
    /// As it follows from what is stored now.
    pub stored: i64,
}

impl Recount {
    /// How many metrics differ.
    pub fn differences(&self) -> usize {
        self.lines.iter().filter(|line| line.counted != line.stored).count()
    }
}

/// What a new app's developer needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Created {
    /// The app's number.
    pub sdkappid: SdkAppId,
    /// What its server signs with.
    pub key: String,
    /// The user who may call REST.
    pub admin: String,
}

/// An app in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AppLine {
    /// The app's number.
    pub sdkappid: SdkAppId,
    /// 应用名称.
    pub name: String,
    /// 应用类型.
    pub r#type: String,
    /// 业务版本.
    pub edition: String,
    /// `enabled`, `expiring` or `stopped`.
    pub state: String,
    /// 创建时间, milliseconds since 1970.
    pub created: Millis,
}

/// An app with everything but its key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AppSheet {
    /// The line of the list.
    #[serde(flatten)]
    pub line: AppLine,
    /// 应用简介.
    pub introduction: String,
    /// 上次修改时间, milliseconds since 1970.
    pub updated: Millis,
    /// 到期时间, milliseconds since 1970; absent is for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<Millis>,
    /// Users who may call REST.
    pub administrators: Vec<String>,
    /// What can be set.
    pub settings: Vec<Setting>,
}

/// A setting with its value.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Setting {
    /// The name.
    pub name: String,
    /// The value as text.
    pub value: String,
    /// What may be set.
    pub allowed: String,
    /// What it does.
    pub meaning: String,
}

/// What a `UserSig` proved.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verified {
    /// The user.
    pub user: String,
    /// When it was made, seconds since 1970.
    pub issued_at: i64,
    /// The last second at which it is valid, since 1970.
    pub expires_at: i64,
}

/// An operator in a list.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Operator {
    /// The name to sign in with.
    pub name: String,
    /// What the operator may do.
    pub role: String,
    /// Milliseconds since 1970.
    pub created: Millis,
}

/// What a backup holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct BackedUp {
    /// Where it is.
    pub file: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// How many files users had uploaded.
    pub uploads: u64,
    /// Whether the databases are in it; with PostgreSQL they are not.
    pub databases: bool,
}

impl AppLine {
    pub(super) fn of(app: &App, now: Millis) -> Self {
        Self {
            sdkappid: app.sdkappid,
            name: app.name.clone(),
            r#type: app.kind.clone(),
            edition: app.edition.name().into(),
            state: app.state(now).name().into(),
            created: app.created,
        }
    }
}

impl AppSheet {
    pub(super) fn of(app: &App, now: Millis) -> Self {
        let own = |shown: model::setting::Shown| Setting {
            name: shown.name.into(),
            value: shown.value,
            allowed: shown.allowed,
            meaning: shown.meaning.into(),
        };
        Self {
            line: AppLine::of(app, now),
            introduction: app.introduction.clone(),
            updated: app.updated,
            expires: app.expires,
            administrators: app.administrators.clone(),
            settings: app.settings.list().into_iter().map(own).collect(),
        }
    }
}

impl Reply {
    /// The answer for programs: an object, or a list of objects.
    pub fn json(&self) -> Value {
        let content = serde_json::to_value(self).ok().and_then(|mut value| value.get_mut("content").map(Value::take));
        content.unwrap_or_default()
    }

    /// The answer for people, with a line feed at its end.
    pub fn text(&self) -> String {
        match self {
            Self::Created(app) => {
                format!("SDKAppID  {}\nkey       {}\nadmin     {}\n", app.sdkappid, app.key, app.admin)
            }
            Self::Apps(apps) if apps.is_empty() => "no apps yet: feihong app create --name NAME\n".into(),
            Self::Apps(apps) => {
                let head = ["SDKAppID", "name", "type", "edition", "state"].map(str::to_owned);
                let row = |app: &AppLine| {
                    [&app.sdkappid.to_string(), &app.name, &app.r#type, &app.edition, &app.state].map(Clone::clone)
                };
                table(std::iter::once(head).chain(apps.iter().map(row)))
            }
            Self::App(app) => sheet(app),
            Self::Key { key } => format!("{key}\n"),
            Self::UserSig { usersig } => format!("{usersig}\n"),
            Self::Verified(verified) => {
                format!("valid: made for {}, until second {} since 1970\n", verified.user, verified.expires_at)
            }
            Self::Operators(operators) if operators.is_empty() => {
                "no operators yet: feihong operator create NAME\n".into()
            }
            Self::Operators(operators) => {
                let head = ["name", "role"].map(str::to_owned);
                table(std::iter::once(head).chain(operators.iter().map(|one| [one.name.clone(), one.role.clone()])))
            }
            Self::Operator { name } => format!("{name} can sign in to the console with the new password\n"),
            Self::Recount(recount) => recounted(recount),
            Self::Backup(backup) => backed_up(backup),
        }
    }
}

fn recounted(recount: &Recount) -> String {
    let head = ["metric", "counted", "stored", ""].map(str::to_owned);
    let row = |line: &RecountLine| {
        let mark = if line.counted == line.stored { "" } else { "differs" };
        [line.metric.clone(), line.counted.to_string(), line.stored.to_string(), mark.to_owned()]
    };
    table(std::iter::once(head).chain(recount.lines.iter().map(row)))
}

fn backed_up(backup: &BackedUp) -> String {
    let BackedUp { file, bytes, uploads, databases } = backup;
    let mut text = format!("{}: {bytes} bytes, {uploads} uploaded files\n", file.display());
    if *databases {
        text.push_str("restore it with: feihong restore FILE --data NEW_DIRECTORY\n");
    } else {
        text.push_str(
            "the data is in PostgreSQL and not in this file, which has only the uploaded files: copy the database with \
             pg_dump before each such backup\n",
        );
    }
    text
}

fn sheet(app: &AppSheet) -> String {
    let line = &app.line;
    let rows = [
        ["SDKAppID", &line.sdkappid.to_string()],
        ["name", &line.name],
        ["type", &line.r#type],
        ["introduction", &app.introduction],
        ["edition", &line.edition],
        ["state", &line.state],
        ["administrators", &app.administrators.join(",")],
    ]
    .map(|row| row.map(str::to_owned));
    let mut text = table(rows);
    text.push_str("\nfeihong app set SDKAPPID NAME=VALUE\n");
    for setting in &app.settings {
        let Setting { name, value, allowed, meaning } = setting;
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  {name}={value}  ({allowed})\n      {meaning}");
    }
    text
}

/// Columns as wide as their widest cell.
fn table<const N: usize>(rows: impl IntoIterator<Item = [String; N]>) -> String {
    let rows: Vec<_> = rows.into_iter().collect();
    let wide = |column: usize| rows.iter().map(|row| width(&row[column])).max().unwrap_or_default();
    let widths: [usize; N] = std::array::from_fn(wide);
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, wide) in row.iter().zip(widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(wide - width(cell) + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// How many columns of a terminal a text takes: Chinese, Japanese and Korean characters take two.
fn width(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{ffef}') { 2 } else { 1 }).sum()
}

#[cfg(test)]
mod tests {
    use super::{Created, Reply, table};

    #[test]
    fn columns_line_up_in_a_terminal() {
        let rows = [["name", "x"], ["中文", "y"]].map(|row| row.map(str::to_owned));
        assert_eq!(table(rows), "name  x\n中文  y\n");
    }

    #[test]
    fn a_new_app_has_the_members_programs_read() {
        let reply = Reply::Created(Created { sdkappid: 1_400_000_001, key: "k".into(), admin: "administrator".into() });
        let expected = serde_json::json!({"sdkappid": 1_400_000_001, "key": "k", "admin": "administrator"});
        assert_eq!(reply.json(), expected);
    }
}
