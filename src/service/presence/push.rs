//! What is sent to clients unasked, encoded once for all its receivers.

use std::sync::OnceLock;

use bytes::Bytes;

/// Pushed frames begin so; the sequence number means nothing in a push.
const HEAD: &[u8] = br#"{"head":{"servcmd":"im_open_push.msg_push","seq":1},"body":"#;

/// Longer than most pushes, and short enough for allocators to treat as small.
const USUAL: usize = 1000;

/// A push frame. Clients answer those with a position with an acknowledgement.
#[derive(Debug)]
pub struct Push {
    /// The position in the log of the message it carries, 0 when it carries none.
    pub position: i64,
    /// Said in a group: sessions remember what their clients have not acknowledged of it, and get it again.
    pub in_group: bool,
    frame: Bytes,
    flagged: OnceLock<Bytes>,
}

impl Push {
    /// Makes the frame of one event; `event` writes the members of the event object.
    pub fn event(position: i64, event: impl FnOnce(&mut Vec<u8>)) -> Self {
        let mut frame = Vec::with_capacity(USUAL);
        frame.extend_from_slice(HEAD);
        frame.extend_from_slice(b"{\"EventArray\":[{");
        event(&mut frame);
        frame.extend_from_slice(b"}],\"NeedAck\":");
        frame.push(if position > 0 { b'1' } else { b'0' });
        frame.extend_from_slice(b",\"SessionData\":\"");
        frame.extend_from_slice(position.to_string().as_bytes());
        frame.extend_from_slice(b"\",\"Flag\":0}}");
        Self { position, in_group: false, frame: frame.into(), flagged: OnceLock::new() }
    }

    /// Marks it as something said in a group.
    #[must_use]
    pub fn in_group(mut self) -> Self {
        self.in_group = true;
        self
    }

    /// The frame as text; with `sync` it asks the client to fetch what it may have missed.
    pub fn frame(&self, sync: bool) -> Bytes {
        if !sync || self.position == 0 {
            return self.frame.clone();
        }
        self.flagged
            .get_or_init(|| {
                let mut frame = self.frame.to_vec();
                let flag = frame.len() - 3;
                frame[flag] = b'1';
                frame.into()
            })
            .clone()
    }
}

/// Makes a frame of another command than the usual one, such as a kick; `body` is the whole body.
pub fn notice(command: &str, body: &str) -> Push {
    let frame = format!(r#"{{"head":{{"servcmd":"{command}","seq":1}},"body":{body}}}"#);
    Push { position: 0, in_group: false, frame: frame.into(), flagged: OnceLock::new() }
}

#[cfg(test)]
mod tests {
    use super::Push;

    #[test]
    fn frames_differ_only_in_the_flag() {
        let push = Push::event(7, |out| out.extend_from_slice(br#""Event":9"#));
        let [plain, flagged] =
            [false, true].map(|sync| -> serde_json::Value { serde_json::from_slice(&push.frame(sync)).unwrap() });
        assert_eq!(plain["body"]["SessionData"], "7");
        assert_eq!((&plain["body"]["NeedAck"], &plain["body"]["Flag"]), (&1.into(), &0.into()));
        assert_eq!(flagged["body"]["Flag"], 1);
        let unnumbered = Push::event(0, |out| out.extend_from_slice(br#""Event":9"#));
        assert_eq!(unnumbered.frame(true), unnumbered.frame(false));
    }
}
