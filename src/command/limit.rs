//! How often an app's backend may ask.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use model::{Millis, SdkAppId};

/// Calls within one second, by app and command.
type Calls = HashMap<(SdkAppId, &'static str), u32>;

/// Counts calls of each app and command within the present second.
#[derive(Default)]
pub(crate) struct Limits(Mutex<(i64, Calls)>);

impl Limits {
    /// Counts a call; `false` when there were too many in this second.
    pub fn allow(&self, app: SdkAppId, command: &'static str, most: u32, now: Millis) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.0 != now / 1000 {
            *state = (now / 1000, HashMap::new());
        }
        let count = state.1.entry((app, command)).or_insert(0);
        *count += 1;
        *count <= most
    }
}

#[cfg(test)]
mod tests {
    use super::Limits;

    #[test]
    fn each_app_and_command_has_its_own_second() {
        let limits = Limits::default();
        assert!(limits.allow(1, "a", 2, 1000) && limits.allow(1, "a", 2, 1999));
        assert!(!limits.allow(1, "a", 2, 1999));
        assert!(limits.allow(1, "b", 2, 1999) && limits.allow(2, "a", 2, 1999));
        assert!(limits.allow(1, "a", 2, 2000));
    }
}
