//! What is declared of a command beside its types.

use model::Code;

/// A way into the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// A client's WebSocket.
    Socket,
    /// REST v4.
    Rest,
    /// The web console.
    Console,
}

/// The doors a command answers at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doors {
    socket: bool,
    rest: bool,
    console: bool,
}

impl Doors {
    /// Only clients.
    pub const SOCKET: Self = Self { socket: true, rest: false, console: false };
    /// Only REST.
    pub const REST: Self = Self { socket: false, rest: true, console: false };
    /// Clients and REST.
    pub const BOTH: Self = Self { socket: true, rest: true, console: false };
    /// Only the console.
    pub const CONSOLE: Self = Self { socket: false, rest: false, console: true };

    /// Whether a door is among them.
    pub const fn has(self, door: Door) -> bool {
        match door {
            Door::Socket => self.socket,
            Door::Rest => self.rest,
            Door::Console => self.console,
        }
    }
}

/// Who may ask. The door decides what there can be: a socket has users and strangers, REST has administrators, the
/// console has operators and strangers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// Anybody, signed in or not.
    Anybody,
    /// A signed-in user, an administrator or an operator, by the door.
    SignedIn,
}

/// How often an app may ask, a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate(pub u32);

/// The declaration of a command.
#[derive(Debug)]
pub struct Spec {
    /// `service.command`, as on the wire.
    pub name: &'static str,
    /// Where it answers.
    pub doors: Doors,
    /// Who may ask.
    pub who: Who,
    /// How often an app's backend may ask it over REST; 60007 beyond.
    pub rate: Rate,
    /// The longest body, in bytes, and the code when it is longer.
    pub body: (usize, Code),
    /// The code when the body is not JSON or lacks what it must have.
    pub malformed: Code,
    /// The code when somebody without the right asks.
    pub forbidden: Code,
    /// What else it may fail with.
    pub fails: &'static [Code],
    /// A request that works.
    pub example: &'static str,
    /// Whether replies carry `ErrorDisplay`.
    pub display: bool,
    /// Whether a connection's answers come in the order of its requests: clients show what they said in that order.
    pub ordered: bool,
}

const KIB: usize = 1024;

impl Spec {
    /// A command for signed-in users at both doors, 200 calls a second, bodies up to 64 KiB.
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            doors: Doors::BOTH,
            who: Who::SignedIn,
            rate: Rate(200),
            body: (64 * KIB, Code::BodyTooLong),
            malformed: Code::BodyNotJson,
            forbidden: Code::AdminRequired,
            fails: &[],
            example: "{}",
            display: false,
            ordered: false,
        }
    }

    /// One-to-one messages: 90001 and 90009.
    pub const fn openim(name: &'static str) -> Self {
        Self { malformed: Code::OpenimBodyNotJson, forbidden: Code::OpenimAdminRequired, ..Self::new(name) }
    }

    /// Accounts: 70402 and 70403.
    pub const fn account(name: &'static str) -> Self {
        Self { malformed: Code::AccountParameterInvalid, forbidden: Code::AccountAdminRequired, ..Self::new(name) }
    }

    /// Profiles: 40001 and 40004.
    pub const fn profile(name: &'static str) -> Self {
        Self {
            malformed: Code::ProfileParameterInvalid,
            forbidden: Code::ProfileAdminRequired,
            display: true,
            ..Self::new(name)
        }
    }

    /// Relations: 30001 and 30004.
    pub const fn relation(name: &'static str) -> Self {
        Self {
            malformed: Code::RelationParameterInvalid,
            forbidden: Code::RelationAdminRequired,
            display: true,
            ..Self::new(name)
        }
    }

    /// Conversation lists: 50002 and 50003.
    pub const fn contact(name: &'static str) -> Self {
        Self {
            malformed: Code::ContactParameterInvalid,
            forbidden: Code::ContactAdminRequired,
            display: true,
            ..Self::new(name)
        }
    }

    /// Extensions, robots and others that answer 10004 to a bad parameter.
    pub const fn parameter(name: &'static str) -> Self {
        Self { malformed: Code::GroupParameterInvalid, forbidden: Code::GroupNoPermission, ..Self::new(name) }
    }

    /// Groups: 10004 and 10007.
    pub const fn group(name: &'static str) -> Self {
        Self { body: (128 * KIB, Code::BodyTooLong), ..Self::parameter(name) }
    }

    /// Content audit: 2003 and 2004.
    pub const fn audit(name: &'static str) -> Self {
        Self { malformed: Code::AuditParameterInvalid, forbidden: Code::AuditAdminRequired, ..Self::new(name) }
    }

    /// Searches of clients: 27003.
    pub const fn search(name: &'static str) -> Self {
        Self {
            doors: Doors::SOCKET,
            malformed: Code::SearchInvalid,
            fails: &[Code::PlanInactive, Code::TooManyRequests],
            ..Self::new(name)
        }
    }

    /// Configuration: 130001 and the common code of a missing right.
    pub const fn config(name: &'static str) -> Self {
        Self { malformed: Code::ConfigBodyNotJson, ..Self::new(name) }
    }

    /// The console's own.
    pub const fn console(name: &'static str) -> Self {
        Self { doors: Doors::CONSOLE, malformed: Code::Invalid, forbidden: Code::SignInRequired, ..Self::new(name) }
    }

    /// Where it answers.
    #[must_use]
    pub const fn doors(self, doors: Doors) -> Self {
        Self { doors, ..self }
    }

    /// Who may ask.
    #[must_use]
    pub const fn by(self, who: Who) -> Self {
        Self { who, ..self }
    }

    /// How often an app may ask, a second.
    #[must_use]
    pub const fn rate(self, per_second: u32) -> Self {
        Self { rate: Rate(per_second), ..self }
    }

    /// The longest body in bytes, and the code beyond.
    #[must_use]
    pub const fn body(self, bytes: usize, code: Code) -> Self {
        Self { body: (bytes, code), ..self }
    }

    /// What it may fail with beyond the common codes.
    #[must_use]
    pub const fn fails(self, fails: &'static [Code]) -> Self {
        Self { fails, ..self }
    }

    /// Answered in the order of requests.
    #[must_use]
    pub const fn ordered(self) -> Self {
        Self { ordered: true, ..self }
    }

    /// A request that works.
    #[must_use]
    pub const fn example(self, example: &'static str) -> Self {
        Self { example, ..self }
    }
}
