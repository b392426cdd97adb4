//! The book's tables, one text for both databases.

use crate::Migration;

/// Numbers grow; what was released is never edited.
pub const MIGRATIONS: &[Migration] = &[
    (1, "start", include_str!("0001_start.sql")),
    (2, "groups", include_str!("0002_groups.sql")),
    (3, "people", include_str!("0003_people.sql")),
    (4, "push", include_str!("0004_push.sql")),
    (5, "files", include_str!("0005_files.sql")),
    (7, "words", include_str!("0007_words.sql")),
    (8, "callbacks", include_str!("0008_callbacks.sql")),
    (11, "statistics", include_str!("0011_statistics.sql")),
];
