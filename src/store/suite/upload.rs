//! Uploaded files: there when they are whole, found when their life has ended.

use super::Stage;
use crate::tables::upload::UploadRow;

fn row(name: &str, app: i64, created: i64) -> UploadRow {
    UploadRow {
        name: name.into(),
        app,
        account: 3,
        file_name: "a.png".into(),
        kind: 1,
        bytes: -1,
        created,
        mime: String::new(),
        width: -1,
        height: -1,
        withheld: false,
    }
}

pub async fn a_file_is_begun_finished_and_measured(stage: Stage) {
    let book = &stage.store.book;
    book.begin_upload(&row("a", 1, 10)).await.unwrap();
    assert_eq!(book.upload(1, "a").await.unwrap(), Some(row("a", 1, 10)));
    assert_eq!(book.upload(2, "a").await.unwrap(), None, "another app's");
    book.finish_upload("a", 1 << 40, "image/png").await.unwrap();
    book.measure_upload("a", 640, 480).await.unwrap();
    let whole = UploadRow { bytes: 1 << 40, mime: "image/png".into(), width: 640, height: 480, ..row("a", 1, 10) };
    book.begin_upload(&row("a", 1, 99)).await.unwrap();
    assert_eq!(book.upload(1, "a").await.unwrap(), Some(whole.clone()), "begun again, it stays as it is");
    book.withhold_upload("a", true).await.unwrap();
    assert_eq!(book.upload(1, "a").await.unwrap(), Some(UploadRow { withheld: true, ..whole.clone() }));
    book.withhold_upload("a", false).await.unwrap();
    assert_eq!(book.upload(1, "a").await.unwrap(), Some(whole));
}

pub async fn files_whose_life_has_ended_are_found_in_order(stage: Stage) {
    let book = &stage.store.book;
    for (name, app, created) in [("e", 1, 50), ("b", 1, 20), ("c", 1, 30), ("a", 2, 10), ("d", 1, 40)] {
        book.begin_upload(&row(name, app, created)).await.unwrap();
        if name != "d" {
            book.finish_upload(name, 0, "").await.unwrap();
        }
    }
    assert_eq!(book.expired_uploads(1, 30, 30, 9).await.unwrap(), ["b", "c"]);
    assert_eq!(book.expired_uploads(1, 50, 50, 3).await.unwrap(), ["b", "c", "d"]);
    assert_eq!(book.expired_uploads(1, 20, 45, 9).await.unwrap(), ["b", "d"], "what is not whole ends sooner");
    book.remove_uploads(&["b".into(), "d".into(), "nothing".into()]).await.unwrap();
    assert_eq!(book.expired_uploads(1, 99, 99, 9).await.unwrap(), ["c", "e"]);
    assert_eq!(book.expired_uploads(2, 99, 99, 9).await.unwrap(), ["a"]);
}
