use super::sign;

const NUMERIC: u8 = 0;
const TEXTUAL: u8 = 1;

/// A room of the media product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Room {
    /// A room with a numeric id.
    Number(u32),
    /// A room with a text id.
    Text(String),
}

/// The buffer a room admission key carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateMapKey {
    /// The user who may enter.
    pub account: String,
    /// The application.
    pub sdkappid: u32,
    /// The room.
    pub room: Room,
    /// Last Unix second of the admission.
    pub expires_at: u32,
    /// Rights: 1 create, 2 enter, 4 and 8 send and receive audio, 16 and 32 video, 64 and 128 screen share.
    pub privileges: u32,
}

impl PrivateMapKey {
    /// Writes the buffer; `None` when the account or the room is longer than 65 535 bytes.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let (version, number) = match self.room {
            Room::Number(number) => (NUMERIC, number),
            Room::Text(_) => (TEXTUAL, 0),
        };
        let mut bytes = vec![version];
        push_text(&mut bytes, &self.account)?;
        let account_type = 0;
        for field in [self.sdkappid, number, self.expires_at, self.privileges, account_type] {
            bytes.extend(field.to_be_bytes());
        }
        if let Room::Text(room) = &self.room {
            push_text(&mut bytes, room)?;
        }
        Some(bytes)
    }

    /// Reads a buffer; `None` when it is not exactly one in this form. The account type is skipped.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (&version, mut rest) = bytes.split_first()?;
        let account = take_text(&mut rest)?;
        let sdkappid = take_number(&mut rest)?;
        let number = take_number(&mut rest)?;
        let expires_at = take_number(&mut rest)?;
        let privileges = take_number(&mut rest)?;
        take_number(&mut rest)?;
        let room = match version {
            NUMERIC => Room::Number(number),
            TEXTUAL => Room::Text(take_text(&mut rest)?),
            _ => return None,
        };
        rest.is_empty().then_some(Self { account, sdkappid, room, expires_at, privileges })
    }
}

/// Makes a room admission key: a generation 2 `UserSig` that carries a [`PrivateMapKey`].
///
/// `key` is the application's secret as text, `now` is in Unix seconds, `expire` in seconds. `None` when the account or
/// the room is longer than 65 535 bytes or the expiry is not in the range of 32 bits.
pub fn private_map_key(
    sdkappid: u32,
    identifier: &str,
    key: &str,
    now: i64,
    expire: i64,
    room: Room,
    privileges: u32,
) -> Option<String> {
    let expires_at = u32::try_from(now.checked_add(expire)?).ok()?;
    let buffer = PrivateMapKey { account: identifier.to_owned(), sdkappid, room, expires_at, privileges }.to_bytes()?;
    Some(sign(sdkappid, identifier, key, now, expire, Some(&buffer)))
}

fn push_text(bytes: &mut Vec<u8>, text: &str) -> Option<()> {
    bytes.extend(u16::try_from(text.len()).ok()?.to_be_bytes());
    bytes.extend(text.as_bytes());
    Some(())
}

fn take_text(rest: &mut &[u8]) -> Option<String> {
    let (length, tail) = rest.split_first_chunk()?;
    let (text, tail) = tail.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    *rest = tail;
    String::from_utf8(text.to_vec()).ok()
}

fn take_number(rest: &mut &[u8]) -> Option<u32> {
    let (number, tail) = rest.split_first_chunk()?;
    *rest = tail;
    Some(u32::from_be_bytes(*number))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{PrivateMapKey, Room, private_map_key};

    #[test]
    fn too_long_texts_and_times_are_refused() {
        let key = |account: &str, expire| private_map_key(1, account, "k", 0, expire, Room::Number(1), 255);
        assert!(key(&"a".repeat(65_535), 1).is_some());
        assert!(key(&"a".repeat(65_536), 1).is_none());
        assert!(key("a", -1).is_none());
        assert!(key("a", i64::from(u32::MAX) + 1).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
            if let Some(key) = PrivateMapKey::parse(&bytes) {
                assert_eq!(PrivateMapKey::parse(&key.to_bytes().unwrap()), Some(key));
            }
        }

        #[test]
        fn what_is_written_is_read(account: String, room: String, number: u32, text in any::<bool>()) {
            let room = if text { Room::Text(room) } else { Room::Number(number) };
            let key = PrivateMapKey { account, sdkappid: number, room, expires_at: 7, privileges: 255 };
            let mut bytes = key.to_bytes().unwrap();
            assert_eq!(PrivateMapKey::parse(&bytes), Some(key));
            bytes.push(0);
            assert_eq!(PrivateMapKey::parse(&bytes), None);
        }
    }
}
