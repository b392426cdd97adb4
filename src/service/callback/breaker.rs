//! Stops asking a server that does not answer, and tries it now and then.

use std::time::Duration;

use tokio::time::Instant;

/// So many failures in a row, and the server is left alone.
const FAILURES: u32 = 5;
/// For so long at first; twice as long each time it fails again.
const SHORTEST: Duration = Duration::from_secs(5);
/// But no longer than this.
const LONGEST: Duration = Duration::from_mins(1);

/// What is thought of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerState {
    /// It is asked.
    Closed,
    /// It is left alone.
    Open,
    /// One request tries whether it is back.
    Trying,
}

impl BreakerState {
    /// The name at the console.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::Trying => "trying",
        }
    }
}

/// The breaker of one server.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    /// Left alone until then.
    until: Option<Instant>,
    pause: Duration,
    /// A request that tries the server began then.
    trying: Option<Instant>,
}

impl Breaker {
    pub fn state(&self) -> BreakerState {
        match (self.until, self.trying) {
            (None, _) => BreakerState::Closed,
            (Some(_), None) => BreakerState::Open,
            (Some(_), Some(_)) => BreakerState::Trying,
        }
    }

    /// Whether the server may be asked now; who is told so says what came of it.
    pub fn allows(&mut self, now: Instant) -> bool {
        let Some(until) = self.until else { return true };
        // One that never said what came of it must not keep the others out for ever.
        let tried = self.trying.is_some_and(|began| now < began + SHORTEST);
        if now < until || tried {
            return false;
        }
        self.trying = Some(now);
        true
    }

    /// When it may be asked again, if it is left alone now.
    pub fn wait(&self, now: Instant) -> Option<Instant> {
        let until = self.until?;
        Some(until.max(self.trying.map_or(until, |began| began + SHORTEST))).filter(|until| *until > now)
    }

    pub fn succeeded(&mut self) {
        *self = Self::default();
    }

    pub fn failed(&mut self, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        self.trying = None;
        if self.failures >= FAILURES {
            // Those that were on their way when it was left alone say nothing new.
            if self.until.is_none_or(|until| until <= now) {
                self.pause = if self.pause.is_zero() { SHORTEST } else { (self.pause * 2).min(LONGEST) };
                self.until = Some(now + self.pause);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Breaker, BreakerState, FAILURES};

    #[test]
    fn a_server_that_fails_is_left_alone_longer_each_time() {
        let mut breaker = Breaker::default();
        let mut now = Instant::now();
        for _ in 0..FAILURES {
            assert!(breaker.allows(now));
            breaker.failed(now);
        }
        for pause in [5, 10, 20, 40, 60, 60] {
            assert_eq!(breaker.state(), BreakerState::Open);
            assert!(!breaker.allows(now + Duration::from_secs(pause - 1)));
            now += Duration::from_secs(pause);
            assert!(breaker.allows(now), "after {pause}");
            assert!(!breaker.allows(now), "one tries");
            assert_eq!(breaker.state(), BreakerState::Trying);
            breaker.failed(now);
        }
        now += Duration::from_mins(1);
        assert!(breaker.allows(now));
        breaker.succeeded();
        assert!(breaker.allows(now) && breaker.allows(now));
        assert_eq!(breaker.state(), BreakerState::Closed);
    }

    #[test]
    fn failures_with_successes_between_them_count_anew() {
        let mut breaker = Breaker::default();
        for _ in 0..3 * FAILURES {
            breaker.failed(Instant::now());
            breaker.failed(Instant::now());
            breaker.succeeded();
        }
        assert!(breaker.allows(Instant::now()));
    }
}
