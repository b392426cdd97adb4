//! Time and chance, passed down and never global.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use model::Millis;
use rand_chacha::{
    ChaCha12Rng,
    rand_core::{RngCore, SeedableRng},
};

/// Where time and chance come from.
pub struct World {
    clock: Clock,
    chance: Mutex<ChaCha12Rng>,
}

enum Clock {
    System,
    Fixed(AtomicI64),
}

impl World {
    /// The machine's clock, and chance seeded by the operating system.
    #[expect(clippy::disallowed_methods, reason = "the one place where chance comes in")]
    pub fn system() -> Arc<Self> {
        Arc::new(Self { clock: Clock::System, chance: Mutex::new(ChaCha12Rng::from_os_rng()) })
    }

    /// A clock that stands still until it is moved, and chance from a seed: for tests.
    pub fn fixed(now: Millis, seed: u64) -> Arc<Self> {
        let chance = Mutex::new(ChaCha12Rng::seed_from_u64(seed));
        Arc::new(Self { clock: Clock::Fixed(AtomicI64::new(now)), chance })
    }

    /// The present time.
    #[expect(clippy::disallowed_methods, reason = "the one place where time comes in")]
    pub fn now(&self) -> Millis {
        match &self.clock {
            Clock::System => std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .map_or(0, |since| since.as_millis() as Millis),
            Clock::Fixed(now) => now.load(Ordering::SeqCst),
        }
    }

    /// The present time in seconds since 1970.
    pub fn second(&self) -> i64 {
        self.now() / 1000
    }

    /// Moves a fixed clock on; the system's clock moves by itself.
    pub fn advance(&self, millis: Millis) {
        if let Clock::Fixed(now) = &self.clock {
            now.fetch_add(millis, Ordering::SeqCst);
        }
    }

    /// A random number.
    pub fn number(&self) -> u64 {
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).next_u64()
    }

    /// Random bytes as lower-case hexadecimal digits, two a byte: keys, tickets, names.
    pub fn hex(&self, bytes: usize) -> String {
        let mut buffer = vec![0; bytes];
        self.chance.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut buffer);
        hex(&buffer)
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The SHA-256 of a secret as hexadecimal digits: what is stored in its place.
pub fn fingerprint(secret: &str) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, secret.as_bytes()).as_ref())
}
