//! What the commands of live rooms share.

use model::{Code, Error};

/// Reads `CommandType`: whether something is set, or taken back.
pub(super) fn is_set(command_type: i64) -> Result<bool, Error> {
    match command_type {
        1 => Ok(true),
        2 => Ok(false),
        _ => Err(Error::new(Code::GroupParameterInvalid).detail("CommandType is 1 or 2")),
    }
}

#[cfg(test)]
mod tests {
    use super::is_set;

    #[test]
    fn there_are_two_command_types() {
        assert_eq!([1, 2].map(|number| is_set(number).unwrap()), [true, false]);
        assert!(is_set(0).is_err() && is_set(3).is_err());
    }
}
