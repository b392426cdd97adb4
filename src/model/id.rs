//! Names of apps and users.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The number of an app; ten digits beginning with 1400.
pub type SdkAppId = u32;

/// The first number given to an app.
pub const FIRST_SDK_APP_ID: SdkAppId = 1_400_000_001;

/// The longest user name, in bytes.
pub const USER_ID_BYTES: usize = 32;

/// Robots' names begin so.
pub const ROBOT_PREFIX: &str = "@RBT#";

/// Names that are not for users: groups, topics, robots, official accounts, placeholders of the protocol.
const RESERVED: [&str; 5] = ["@TGS#", "@TOPIC#_", ROBOT_PREFIX, "@TOA#_", "@TLS#"];

/// A user's name within an app: 1 to 32 bytes, no control characters, case-sensitive. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId(Arc<str>);

impl UserId {
    /// Checks a name; `None` when it is empty, too long or has control characters.
    pub fn new(name: &str) -> Option<Self> {
        let fits = (1..=USER_ID_BYTES).contains(&name.len());
        (fits && !name.chars().any(char::is_control)).then(|| Self(name.into()))
    }

    /// The name as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an ordinary account may have this name.
    pub fn is_ordinary(&self) -> bool {
        !RESERVED.iter().any(|prefix| self.0.starts_with(prefix))
    }

    /// Whether this is a robot's name.
    pub fn is_robot(&self) -> bool {
        self.0.starts_with(ROBOT_PREFIX)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Borrow<str> for UserId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl Serialize for UserId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for UserId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::new(&name).ok_or_else(|| D::Error::custom("a user name has 1 to 32 bytes and no control characters"))
    }
}

#[cfg(test)]
mod tests {
    use super::UserId;

    #[test]
    fn names_have_1_to_32_bytes_and_no_controls() {
        assert!(UserId::new("alice").is_some());
        assert!(UserId::new("user_测试").is_some());
        assert!(UserId::new(&"a".repeat(32)).is_some());
        for bad in ["", "a\n", "\u{7f}", &"a".repeat(33)] {
            assert!(UserId::new(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn reserved_names_are_recognised() {
        assert!(UserId::new("alice").unwrap().is_ordinary());
        assert!(!UserId::new("@TGS#1").unwrap().is_ordinary());
        assert!(UserId::new("@RBT#help").unwrap().is_robot());
    }
}
