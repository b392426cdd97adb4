//! An app's own server that takes every callback, for measuring what it costs to tell one.

use std::io::Write;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n\
    {\"ActionStatus\":\"OK\",\"ErrorInfo\":\"\",\"ErrorCode\":0}";

/// Serves on a free port, whose address it prints first, until it is killed.
pub async fn run() -> anyhow::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(serve(stream));
    }
}

async fn serve(mut stream: TcpStream) {
    let mut bytes = Vec::with_capacity(4096);
    loop {
        while let Some(length) = request(&bytes) {
            bytes.drain(..length);
            if stream.write_all(ANSWER).await.is_err() {
                return;
            }
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    }
}

/// The length of the request at the beginning, if all of it is there.
fn request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    Some(head + length.unwrap_or(0)).filter(|whole| *whole <= bytes.len())
}

#[cfg(test)]
mod tests {
    use super::{ANSWER, request};

    #[test]
    fn requests_are_measured() {
        let whole = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcPOST";
        assert_eq!(request(whole), Some(whole.len() - 4));
        assert_eq!(request(&whole[..whole.len() - 6]), None);
        assert_eq!(request(b"POST / HTTP/1.1\r\n"), None);
    }

    #[test]
    fn the_answer_is_as_long_as_it_says() {
        assert_eq!(request(ANSWER), Some(ANSWER.len()));
    }
}
