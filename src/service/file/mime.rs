//! What a file is, told by how it begins and never by its name.

/// Beginnings, from byte 0.
const BEGINNINGS: [(&[u8], &str); 11] = [
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"\x1a\x45\xdf\xa3", "video/webm"),
    (b"FLV\x01", "video/x-flv"),
    (b"\0\0\x01\xba", "video/mpeg"),
];

/// The media type of a file that begins so, if browsers may show it in place; nothing that could run a script is among
/// these. Empty for everything else.
pub fn mime(head: &[u8]) -> &'static str {
    if let Some((_, mime)) = BEGINNINGS.iter().find(|(beginning, _)| head.starts_with(beginning)) {
        return mime;
    }
    match (head.get(..4), head.get(4..8), head.get(8..12)) {
        (Some(b"RIFF"), _, Some(b"WEBP")) => return "image/webp",
        (Some(b"RIFF"), _, Some(b"WAVE")) => return "audio/wav",
        (_, Some(b"ftyp"), Some(brand)) => return container(brand),
        _ => {}
    }
    match head {
        // The size of the header that follows tells bitmaps from texts.
        [b'B', b'M', ..] if matches!(head.get(14..18), Some([12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0])) => {
            "image/bmp"
        }
        // Eleven bits of synchronisation, then the version and the layer, which AAC has as zero.
        [0xff, second, ..] if second & 0xf6 == 0xf0 => "audio/aac",
        // MP3 is layer III; the others look like the mark that texts in UTF-16 begin with.
        [0xff, second, ..] if second & 0xe6 == 0xe2 && second & 0x18 != 0x08 => "audio/mpeg",
        _ => "",
    }
}

/// ISO base media, by its brand.
fn container(brand: &[u8]) -> &'static str {
    match brand {
        b"avif" | b"avis" => "image/avif",
        b"heic" | b"heix" | b"mif1" | b"msf1" => "image/heic",
        b"M4A " | b"M4B " => "audio/mp4",
        b"qt  " => "video/quicktime",
        _ => "video/mp4",
    }
}

#[cfg(test)]
mod tests {
    use super::mime;

    #[test]
    fn media_are_recognised() {
        let bitmap = [b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0".as_slice(), &[40, 0, 0, 0]].concat();
        for (head, expected) in [
            (b"\xff\xd8\xff\xe0\0\x10JFIF".as_slice(), "image/jpeg"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
            (b"\0\0\0\x18ftypisom", "video/mp4"),
            (b"\0\0\0\x18ftypM4A ", "audio/mp4"),
            (&bitmap, "image/bmp"),
            (b"\xff\xfb\x90\x64", "audio/mpeg"),
            (b"\xff\xf1\x50\x80", "audio/aac"),
        ] {
            assert_eq!(mime(head), expected, "{head:?}");
        }
    }

    #[test]
    fn nothing_else_is_shown() {
        for head in [
            b"".as_slice(),
            b"<!DOCTYPE html>",
            b"<svg xmlns=",
            b"%PDF-1.7",
            b"BM is short for bitmap",
            b"PK\x03\x04",
            b"RIFF",
            b"\xff",
            b"\xff\xfeh\0i\0",
            b"alert(1)",
        ] {
            assert_eq!(mime(head), "", "{head:?}");
        }
    }
}
