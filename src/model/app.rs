//! An app: what the operator creates, and what its developer points a client at.

use serde::{Deserialize, Serialize};

use crate::{Millis, SdkAppId, Settings};

/// The most administrators of an app (console guide, 帐号管理员).
pub const ADMINISTRATORS: usize = 10;
/// The longest name of an app, in characters.
pub const NAME_CHARACTERS: usize = 20;
/// The longest introduction of an app, in characters.
pub const INTRODUCTION_CHARACTERS: usize = 300;
/// The kinds of apps the console offers (应用类型).
pub const KINDS: [&str; 9] = ["game", "social", "education", "live", "commerce", "medical", "office", "tool", "other"];

/// What was bought (业务版本).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Edition {
    /// 体验版: free for ever, small quotas.
    #[default]
    Trial,
    /// 专业版.
    Pro,
    /// An app of the media product.
    Trtc,
    /// A trial app of the media product.
    TrtcTrial,
    /// Made before plans existed.
    Im,
}

impl Edition {
    /// Every edition.
    pub const ALL: [Self; 5] = [Self::Trial, Self::Pro, Self::Trtc, Self::TrtcTrial, Self::Im];

    /// The name in the console's interface and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Trial => "trial",
            Self::Pro => "pro",
            Self::Trtc => "trtc",
            Self::TrtcTrial => "trtcTrial",
            Self::Im => "im",
        }
    }

    /// Reads a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|edition| edition.name() == name)
    }
}

/// Whether the app works (状态).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum State {
    /// 启用.
    #[default]
    Enabled,
    /// 即将到期: seven days left or fewer.
    Expiring,
    /// 停用.
    Stopped,
}

impl State {
    /// The name in the console's interface.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Expiring => "expiring",
            Self::Stopped => "stopped",
        }
    }
}

/// An app as it is stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct App {
    /// Its number.
    pub sdkappid: SdkAppId,
    /// 应用名称.
    pub name: String,
    /// 应用类型, one of [`KINDS`].
    pub kind: String,
    /// 应用简介.
    pub introduction: String,
    /// 业务版本.
    pub edition: Edition,
    /// Stopped by hand or by the life of its plan.
    pub stopped: bool,
    /// 创建时间.
    pub created: Millis,
    /// 上次修改时间.
    pub updated: Millis,
    /// 到期时间; `None` is for ever.
    pub expires: Option<Millis>,
    /// The HMAC key in force: 64 hexadecimal digits, used as text.
    pub key: String,
    /// Further public keys that are accepted, PEM (apps moved from ECDSA signatures).
    pub public_keys: Vec<String>,
    /// Users who may call REST, at most [`ADMINISTRATORS`].
    pub administrators: Vec<String>,
    /// What the operator can change.
    pub settings: Settings,
}

/// Seven days: from then on an app is about to expire.
const EXPIRING: Millis = 7 * 86_400_000;

impl App {
    /// The state at a moment.
    pub fn state(&self, now: Millis) -> State {
        match self.expires {
            _ if self.stopped => State::Stopped,
            Some(end) if end <= now => State::Stopped,
            Some(end) if end - now <= EXPIRING => State::Expiring,
            _ => State::Enabled,
        }
    }

    /// What is wrong with a name, a kind and an introduction, if anything.
    pub fn check(name: &str, kind: &str, introduction: &str) -> Result<(), &'static str> {
        if name.trim().is_empty() || name.chars().count() > NAME_CHARACTERS {
            return Err("an app's name has 1 to 20 characters");
        }
        if !KINDS.contains(&kind) {
            return Err("the app's type is not one of the known types");
        }
        if introduction.chars().count() > INTRODUCTION_CHARACTERS {
            return Err("an app's introduction has at most 300 characters");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{App, Edition};

    #[test]
    fn editions_are_read_back() {
        for edition in Edition::ALL {
            assert_eq!(Edition::from_name(edition.name()), Some(edition));
        }
    }

    #[test]
    fn texts_are_checked_in_characters() {
        assert!(App::check(&"名".repeat(20), "game", "").is_ok());
        assert!(App::check(&"名".repeat(21), "game", "").is_err());
        assert!(App::check(" ", "game", "").is_err());
        assert!(App::check("a", "casino", "").is_err());
        assert!(App::check("a", "game", &"x".repeat(301)).is_err());
    }
}
