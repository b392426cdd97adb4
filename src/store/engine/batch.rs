//! A write as data: statements and what they must achieve.

use super::value::Value;

/// How many rows a statement must write or return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Exactly so many.
    Rows(u64),
    /// So many or more.
    AtLeast(u64),
}

impl Expect {
    pub(super) fn holds(self, rows: u64) -> bool {
        match self {
            Self::Rows(wanted) => rows == wanted,
            Self::AtLeast(wanted) => rows >= wanted,
        }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Step {
    pub sql: &'static str,
    pub params: Vec<Value>,
    pub expect: Option<Expect>,
}

/// Statements that are written together or not at all, in order.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub(super) steps: Vec<Step>,
}

impl Batch {
    /// A batch that does nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a statement that may write any number of rows.
    pub fn run(&mut self, sql: &'static str, params: Vec<Value>) -> &mut Self {
        self.steps.push(Step { sql, params, expect: None });
        self
    }

    /// Adds a statement that must write (or return) the expected number of rows; otherwise the batch is
    /// rolled back and [`Conflict`](crate::StoreError::Conflict) names this step.
    pub fn must(&mut self, sql: &'static str, params: Vec<Value>, expect: Expect) -> &mut Self {
        self.steps.push(Step { sql, params, expect: Some(expect) });
        self
    }

    /// How many statements there are; the next one added has this number.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}
