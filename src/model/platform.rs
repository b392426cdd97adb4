//! Kinds of devices, and which sign-ins may live side by side.

use serde::{Deserialize, Serialize};

/// What a client runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Platform {
    /// A browser, a mini program, H5.
    Web,
    /// Android.
    Android,
    /// iPhone.
    Iphone,
    /// iPad, mobile in the three-device rule.
    Ipad,
    /// Windows.
    Windows,
    /// macOS.
    Mac,
    /// Linux.
    Linux,
}

impl Platform {
    /// Reads the number a client names itself with; the web SDKs send 7 whatever they run in.
    pub fn from_number(number: i64) -> Self {
        match number {
            1 => Self::Windows,
            2 => Self::Android,
            3 => Self::Iphone,
            4 => Self::Mac,
            8 => Self::Ipad,
            9 => Self::Linux,
            _ => Self::Web,
        }
    }

    /// The number kept in the store; inverse of [`from_number`](Self::from_number).
    pub fn number(self) -> i64 {
        match self {
            Self::Windows => 1,
            Self::Android => 2,
            Self::Iphone => 3,
            Self::Mac => 4,
            Self::Web => 7,
            Self::Ipad => 8,
            Self::Linux => 9,
        }
    }

    /// The name REST uses (`query_online_status`).
    pub fn name(self) -> &'static str {
        match self {
            Self::Web => "Web",
            Self::Android => "Android",
            Self::Iphone => "iPhone",
            Self::Ipad => "iPad",
            Self::Windows => "PC",
            Self::Mac => "Mac",
            Self::Linux => "Linux",
        }
    }

    fn is_mobile(self) -> bool {
        matches!(self, Self::Android | Self::Iphone | Self::Ipad)
    }
}

/// The multi-device rule of an app (多端登录).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MultiDevice {
    /// One device of any kind.
    Single,
    /// One native device, and the web.
    #[default]
    Dual,
    /// One mobile device, one desktop, and the web.
    Triple,
    /// One device of each platform.
    Multi,
}

impl MultiDevice {
    /// Whether sign-ins on these two platforms compete for the same place.
    pub fn compete(self, a: Platform, b: Platform) -> bool {
        self.class(a) == self.class(b)
    }

    fn class(self, platform: Platform) -> i64 {
        match (self, platform) {
            (Self::Single, _) => 0,
            (Self::Multi, _) | (_, Platform::Web) => platform.number(),
            (Self::Dual, _) => -1,
            (Self::Triple, _) => {
                if platform.is_mobile() {
                    -2
                } else {
                    -3
                }
            }
        }
    }

    /// How many sign-ins may share the place of `platform`; `web_instances` is the app's setting.
    pub fn places(self, platform: Platform, web_instances: usize) -> usize {
        if platform == Platform::Web { web_instances } else { 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::{MultiDevice, Platform};

    const ALL: [Platform; 7] = [
        Platform::Web,
        Platform::Android,
        Platform::Iphone,
        Platform::Ipad,
        Platform::Windows,
        Platform::Mac,
        Platform::Linux,
    ];

    #[test]
    fn numbers_are_read_back() {
        for platform in ALL {
            assert_eq!(Platform::from_number(platform.number()), platform);
        }
        assert_eq!(Platform::from_number(77), Platform::Web);
    }

    #[test]
    fn each_rule_gives_as_many_places_as_its_name_says() {
        for (rule, expected) in
            [(MultiDevice::Single, 1), (MultiDevice::Dual, 2), (MultiDevice::Triple, 3), (MultiDevice::Multi, 7)]
        {
            let mut places: Vec<Platform> = Vec::new();
            for platform in ALL {
                if !places.iter().any(|other| rule.compete(*other, platform)) {
                    places.push(platform);
                }
            }
            assert_eq!(places.len(), expected, "{rule:?}");
        }
        assert!(MultiDevice::Triple.compete(Platform::Ipad, Platform::Android));
        assert!(!MultiDevice::Triple.compete(Platform::Mac, Platform::Android));
    }
}
