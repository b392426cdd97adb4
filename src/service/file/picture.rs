//! Pictures: how large they are, and their smaller variants.
//!
//! A picture is decoded once, when somebody first asks for its size or a variant. What cannot be decoded within the
//! limits is kept and shown as it is, and never looked at again.

use std::{io::Cursor, time::Duration};

use bytes::Bytes;
use image::{
    DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits,
    codecs::{jpeg::JpegEncoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};
use model::{Error, SdkAppId};
use tokio::time::timeout;

use super::{UploadRow, row_key};
use crate::{Services, broken};

/// The largest file that is decoded.
const BYTES: u64 = 32 << 20;
/// The most pixels of a side, and of a picture.
const SIDE: u32 = 30_000;
const PIXELS: u64 = 50_000_000;
/// The most memory of one decoding.
const MEMORY: u64 = 256 << 20;
/// The largest variant; larger ones are not made.
const VARIANT: u64 = 4 << 20;
const QUALITY: u8 = 82;
/// How long somebody waits for other pictures to be decoded.
const PATIENCE: Duration = Duration::from_secs(10);

/// A smaller variant: its shorter side has so many pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Smaller {
    /// 198 pixels, for lists.
    Small = 198,
    /// 720 pixels, for looking at.
    Large = 720,
}

impl Smaller {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Small, Self::Large];

    /// The variant that serves when a shorter side of so many pixels is wanted.
    pub fn for_side(pixels: u32) -> Self {
        if pixels <= Self::Small as u32 { Self::Small } else { Self::Large }
    }

    /// What clients append to the address of a picture to get the variant.
    pub fn query(self) -> &'static str {
        match self {
            Self::Small => "imageView2/3/w/198/h/198",
            Self::Large => "imageView2/3/w/720/h/720",
        }
    }

    pub(super) fn key(self, original: &str) -> String {
        format!("{original}-{}", self as u32)
    }

    /// The size of the variant of a picture, computed as clients compute it; the picture's own when it is not larger.
    pub fn size(self, (width, height): (u32, u32)) -> (u32, u32) {
        let (short, side) = (width.min(height), self as u32);
        if short <= side {
            return (width, height);
        }
        // At most 30,000 pixels a side times 720.
        let scaled = |long: u32| (long * side).div_ceil(short);
        if height <= width { (scaled(width), side) } else { (side, scaled(height)) }
    }
}

/// What was seen in a picture.
struct Seen {
    size: (u32, u32),
    variants: Vec<(Smaller, Vec<u8>)>,
}

impl Services {
    /// The pixels of a picture as it is shown; `None` when it is not one that can be decoded.
    pub async fn measure(&self, file: &UploadRow) -> Result<Option<(u32, u32)>, Error> {
        let is_readable = matches!(&*file.mime, "image/jpeg" | "image/png" | "image/gif" | "image/webp" | "image/bmp");
        if !is_readable || file.bytes as u64 > BYTES {
            return Ok(None);
        }
        if file.width >= 0 {
            return Ok(size(file));
        }
        let Ok(Ok(_place)) = timeout(PATIENCE, self.shelf.looking.acquire()).await else { return Ok(None) };
        let book = &self.store.book;
        match book.upload(file.app, &file.name).await.map_err(broken)? {
            // Somebody else was faster.
            Some(now) if now.width >= 0 => return Ok(size(&now)),
            Some(_) => {}
            None => return Ok(None),
        }
        let key = row_key(file);
        let Some(bytes) = self.shelf.files.all(&key, BYTES).await.map_err(broken)? else { return Ok(None) };
        // A decoder that panics is one that cannot read the picture.
        let seen = tokio::task::spawn_blocking(move || look(&bytes)).await.ok().flatten();
        let (width, height) = seen.as_ref().map_or((0, 0), |seen| seen.size);
        for (variant, content) in seen.into_iter().flat_map(|seen| seen.variants) {
            self.shelf.files.put(&variant.key(&key), content.into()).await.map_err(broken)?;
        }
        book.measure_upload(&file.name, width.into(), height.into()).await.map_err(broken)?;
        if book.upload(file.app, &file.name).await.map_err(broken)?.is_none() {
            // Its life ended meanwhile; what was just made must not stay.
            let variants = Smaller::ALL.map(|size| size.key(&key));
            self.shelf.files.remove(&variants).await.map_err(broken)?;
        }
        Ok((width > 0).then_some((width, height)))
    }

    /// A smaller variant of a picture; `None` when the picture itself serves.
    pub async fn smaller(&self, file: &UploadRow, variant: Smaller) -> Result<Option<Bytes>, Error> {
        match self.measure(file).await? {
            Some(size) if variant.size(size) != size => {
                self.shelf.files.all(&variant.key(&row_key(file)), VARIANT).await.map_err(broken)
            }
            _ => Ok(None),
        }
    }

    /// The size of what serves as a variant of a picture of a size: the picture itself where there is no smaller one, as
    /// of pictures that move, or that are small in bytes already.
    pub async fn served_size(&self, file: &UploadRow, size: (u32, u32), variant: Smaller) -> Result<(u32, u32), Error> {
        let smaller = variant.size(size);
        let is_made = smaller != size && self.shelf.files.has(&variant.key(&row_key(file))).await.map_err(broken)?;
        Ok(if is_made { smaller } else { size })
    }

    /// Where messages have a file.
    pub fn path_of(&self, file: &UploadRow) -> Option<String> {
        let app = SdkAppId::try_from(file.app).ok()?;
        Some(self.address(app, &file.name, &file.file_name))
    }
}

fn size(file: &UploadRow) -> Option<(u32, u32)> {
    (file.width > 0).then_some((file.width as u32, file.height as u32))
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE);
    limits.max_image_height = Some(SIDE);
    limits.max_alloc = Some(MEMORY);
    limits
}

/// Decodes a picture and makes its variants.
fn look(bytes: &[u8]) -> Option<Seen> {
    let format = image::guess_format(bytes).ok()?;
    let is_moving = match format {
        ImageFormat::Gif => true,
        ImageFormat::WebP => WebPDecoder::new(Cursor::new(bytes)).ok()?.has_animation(),
        ImageFormat::Png => PngDecoder::with_limits(Cursor::new(bytes), limits()).ok()?.is_apng().ok()?,
        ImageFormat::Jpeg | ImageFormat::Bmp => false,
        _ => return None,
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let is_small = u64::from(width) * u64::from(height) <= PIXELS && decoder.total_bytes() <= MEMORY;
    if width == 0 || height == 0 || width > SIDE || height > SIDE || !is_small {
        return None;
    }
    let turn = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let Ok(mut picture) = DynamicImage::from_decoder(decoder) else {
        // How large it is was said before its first frame, and browsers may read what is not read here.
        return is_moving.then_some(Seen { size: (width, height), variants: Vec::new() });
    };
    picture.apply_orientation(turn);
    let size = (picture.width(), picture.height());
    // Of what moves lists show the first frame; what is looked at moves, so there is no larger variant.
    let wanted: &[Smaller] = if is_moving { &[Smaller::Small] } else { &Smaller::ALL };
    let variants = wanted.iter().copied().filter_map(|variant| {
        let (width, height) = variant.size(size);
        let content = ((width, height) != size).then(|| encode(&picture.thumbnail_exact(width, height)))??;
        (content.len() < bytes.len() && content.len() as u64 <= VARIANT).then_some((variant, content))
    });
    Some(Seen { size, variants: variants.collect() })
}

fn encode(picture: &DynamicImage) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    if picture.color().has_alpha() {
        let picture = DynamicImage::from(picture.to_rgba8());
        picture.write_to(&mut Cursor::new(&mut content), ImageFormat::Png).ok()?;
    } else {
        JpegEncoder::new_with_quality(&mut content, QUALITY).encode_image(&picture.to_rgb8()).ok()?;
    }
    Some(content)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, Frame, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage, codecs::gif::GifEncoder};

    use super::{Smaller, look};

    fn photo(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_fn(width, height, |x, y| Rgb([(x / 8) as u8, (y / 8) as u8, ((x + y) / 16) as u8])).into()
    }

    fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Vec::new();
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    #[test]
    fn variants_have_the_size_that_clients_compute() {
        for (original, small, large) in [
            ((640, 480), (264, 198), (640, 480)),
            ((480, 640), (198, 264), (480, 640)),
            ((1601, 1000), (317, 198), (1153, 720)),
            ((198, 5000), (198, 5000), (198, 5000)),
            ((30_000, 721), (8239, 198), (29_959, 720)),
        ] {
            assert_eq!((Smaller::Small.size(original), Smaller::Large.size(original)), (small, large));
        }
    }

    #[test]
    fn every_format_has_its_variants() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp] {
            let seen = look(&written(&photo(1600, 1000), format)).unwrap();
            assert_eq!(seen.size, (1600, 1000), "{format:?}");
            let sizes: Vec<_> = seen
                .variants
                .iter()
                .map(|(variant, content)| {
                    let picture = image::load_from_memory(content).unwrap();
                    (*variant, picture.width(), picture.height())
                })
                .collect();
            assert_eq!(sizes, [(Smaller::Small, 317, 198), (Smaller::Large, 1152, 720)], "{format:?}");
        }
    }

    #[test]
    fn what_is_clear_stays_clear() {
        let noise = |x: u32, y: u32| (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(97) as u8;
        let clear = RgbaImage::from_fn(900, 900, |x, y| Rgba([noise(x, y), noise(y, x), 7, noise(x + 1, y)]));
        let seen = look(&written(&clear.into(), ImageFormat::Png)).unwrap();
        let [(_, small), ..] = &seen.variants[..] else { panic!("no variants") };
        assert_eq!(image::guess_format(small).unwrap(), ImageFormat::Png);
        assert!(image::load_from_memory(small).unwrap().color().has_alpha());
    }

    #[test]
    fn moving_pictures_show_their_first_frame_in_lists() {
        let mut bytes = Vec::new();
        let mut encoder = GifEncoder::new(&mut bytes);
        for shade in [250, 10] {
            let frame = RgbaImage::from_fn(900, 800, |x, y| Rgba([shade, (x ^ y) as u8, (x * y) as u8, 255]));
            encoder.encode_frame(Frame::new(frame)).unwrap();
        }
        drop(encoder);
        let seen = look(&bytes).unwrap();
        let [(Smaller::Small, still)] = &seen.variants[..] else { panic!("{} variants", seen.variants.len()) };
        let still = image::load_from_memory(still).unwrap().to_rgb8();
        assert_eq!((seen.size, still.dimensions()), ((900, 800), (223, 198)));
        assert!(still.pixels().all(|pixel| pixel.0[0] > 128), "the first frame");
    }

    /// A PNG that says it is so large and has nothing in it.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = written(&photo(1, 1), ImageFormat::Png);
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let sum = crc(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&sum.to_be_bytes());
        bytes
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |mut sum, byte| {
            sum ^= u32::from(*byte);
            for _ in 0..8 {
                sum = if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 };
            }
            sum
        })
    }

    #[test]
    fn what_claims_to_be_huge_is_refused_before_it_is_decoded() {
        assert!(look(&png(1, 1)).is_some(), "the test makes proper pictures");
        for (width, height) in [(60_000, 60_000), (u32::MAX, u32::MAX), (30_000, 30_000), (31_000, 1), (0, 5)] {
            assert!(look(&png(width, height)).is_none(), "{width} x {height}");
        }
    }

    #[test]
    fn malformed_pictures_are_refused_and_do_no_harm() {
        let originals = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Bmp, ImageFormat::Gif]
            .map(|format| written(&photo(300, 260), format));
        let mut chance: u32 = 7;
        let mut number = |below: usize| {
            chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (chance >> 8) as usize % below
        };
        for original in &originals {
            assert!(look(&original[..original.len() / 40]).is_none_or(|seen| seen.size == (300, 260)));
            for _ in 0..60 {
                let mut broken = original.clone();
                for _ in 0..8 {
                    let at = number(broken.len().min(600));
                    broken[at] = number(256) as u8;
                }
                let outcome = std::panic::catch_unwind(|| look(&broken).is_some());
                drop(outcome);
            }
        }
        assert!(look(b"").is_none());
        assert!(look(b"\x89PNG\r\n\x1a\n").is_none());
    }
}
