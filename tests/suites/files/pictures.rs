//! Pictures and what pretends to be one.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use serde_json::{Value, json};

use super::{Stage, path};

const SMALL: &str = "imageView2/3/w/198/h/198";
const LARGE: &str = "imageView2/3/w/720/h/720";

fn photo(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let picture = RgbImage::from_fn(width, height, |x, y| Rgb([(x / 8) as u8, (y / 8) as u8, ((x + y) / 16) as u8]));
    let mut bytes = Vec::new();
    DynamicImage::from(picture).write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    bytes
}

impl Stage {
    async fn info(&self, download: &str) -> Value {
        let url = format!("https://files.example{download}");
        self.alice.ask("im_cos_msg.get_imageinfo", &json!({"str_image_url": url})).await
    }

    async fn size(&self, address: &str) -> (u32, u32) {
        let answer = self.get(address, &[]).await;
        assert_eq!(answer.status, 200, "{address}");
        let picture = image::load_from_memory(&answer.body).unwrap();
        (picture.width(), picture.height())
    }
}

#[tokio::test]
async fn pictures_have_smaller_variants() {
    let stage = Stage::new().await;
    let original = photo(1600, 1000, ImageFormat::Png);
    let download = stage.upload(1, "p.png", &original).await;
    let info = stage.info(&download).await;
    let variants: Vec<_> = info["rpt_msg_image_info"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let number = |member: &str| one[member].as_u64().unwrap() as u32;
            let url = path(one["str_url"].as_str().unwrap()).to_owned();
            (number("uint32_image_type"), (number("uint32_width"), number("uint32_height")), url)
        })
        .collect();
    assert_eq!(
        variants,
        [
            (1, (317, 198), format!("{download}?{SMALL}")),
            (2, (1152, 720), format!("{download}?{LARGE}")),
            (3, (1600, 1000), download.clone()),
        ]
    );
    for (_, size, url) in &variants {
        assert_eq!(stage.size(url).await, *size);
    }
    let small = stage.get(&format!("{download}?{SMALL}"), &[]).await;
    assert!(small.body.len() < original.len() / 2);
    assert_eq!(small.header("content-type"), Some("image/jpeg"));
    assert_eq!(small.header("x-content-type-options"), Some("nosniff"));
    let tag = small.header("etag").unwrap();
    assert_eq!(stage.get(&format!("{download}?{SMALL}"), &[("if-none-match", tag)]).await.status, 304);
    let whole = stage.get(&download, &[]).await;
    assert_eq!((whole.header("content-type"), &whole.body), (Some("image/png"), &original));
    assert_ne!(whole.header("etag"), Some(tag));
    assert_eq!(stage.server.uploads().len(), 3);
}

#[tokio::test]
async fn small_pictures_serve_for_every_size() {
    let stage = Stage::new().await;
    let original = photo(150, 900, ImageFormat::Jpeg);
    let download = stage.upload(1, "p.jpg", &original).await;
    for query in [SMALL, LARGE, "imageView2/3/w/0/h/0", "imageView2/nonsense"] {
        assert_eq!(stage.get(&format!("{download}?{query}"), &[]).await.body, original, "{query}");
    }
    assert_eq!(stage.info(&download).await["rpt_msg_image_info"][0]["uint32_width"], 150);
    assert_eq!(stage.server.uploads().len(), 1);
}

#[tokio::test]
async fn variants_live_on_after_a_restart() {
    let stage = Stage::new().await;
    let download = stage.upload(1, "p.webp", &photo(1000, 1000, ImageFormat::WebP)).await;
    assert_eq!(stage.size(&format!("{download}?{SMALL}")).await, (198, 198));
    stage.server.restart().await;
    assert_eq!(stage.size(&format!("{download}?{SMALL}")).await, (198, 198));
    assert_eq!(stage.size(&format!("{download}?{LARGE}")).await, (720, 720));
}

#[tokio::test]
async fn what_is_no_picture_does_no_harm() {
    let stage = Stage::new().await;
    let whole = photo(800, 800, ImageFormat::Png);
    let mut huge = whole.clone();
    huge[16..24].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]);
    let pictures: [(&[u8], bool); 6] = [
        (&whole[..60], true),
        (&huge, true),
        (b"\x89PNG\r\n\x1a\n", true),
        (b"\xff\xd8\xff\xe0 not a photo", true),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", false),
        (b"<html><script>alert(1)</script>", false),
    ];
    for (content, looks_like_one) in pictures {
        let download = stage.upload(1, "p.png", content).await;
        for query in ["", "?imageView2/3/w/198/h/198", "?imageView2/3/w/720/h/720"] {
            let answer = stage.get(&format!("{download}{query}"), &[]).await;
            assert_eq!((answer.status, &answer.body[..]), (200, content));
            // What it is called does not count: only what looks like a picture is shown as one.
            assert_eq!(answer.header("content-disposition").is_none(), looks_like_one);
            assert_eq!(answer.header("content-type").unwrap().starts_with("image/"), looks_like_one);
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        }
        assert_eq!(stage.info(&download).await["ErrorCode"], 10004);
    }
    assert_eq!(stage.server.uploads().len(), pictures.len());
    assert!(stage.server.services().is_ready().await);
}

#[tokio::test]
async fn a_moving_picture_is_said_to_be_as_large_as_what_is_served() {
    let stage = Stage::new().await;
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    for shade in [250, 10] {
        let frame = image::RgbaImage::from_fn(900, 800, |x, y| image::Rgba([shade, (x ^ y) as u8, (x * y) as u8, 255]));
        encoder.encode_frame(image::Frame::new(frame)).unwrap();
    }
    drop(encoder);
    let download = stage.upload(1, "p.gif", &bytes).await;
    let info = stage.info(&download).await;
    let variants = info["rpt_msg_image_info"].as_array().unwrap();
    assert_eq!(variants.len(), 3);
    for (variant, wanted) in variants.iter().zip([(223, 198), (900, 800), (900, 800)]) {
        let said = ["uint32_width", "uint32_height"].map(|member| variant[member].as_u64().unwrap() as u32);
        assert_eq!((said[0], said[1]), wanted);
        assert_eq!(stage.size(path(variant["str_url"].as_str().unwrap())).await, wanted);
    }
}
