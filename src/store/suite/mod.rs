//! The same tests for both databases, and tests that hold one against the other.

mod bench;
mod book;
mod callback;
mod compare;
mod crash;
mod group;
mod group_state;
mod log;
mod people;
mod postgres;
mod push;
mod reading;
mod statements;
mod statistic;
mod upload;

use bytes::Bytes;
use tempfile::TempDir;
use tokio::sync::oneshot;

use crate::{Append, Appended, Backend, Config, Durability, Log, Store, StoreError};

/// A store in a place of its own that can be opened again.
pub(super) struct Stage {
    pub store: Store,
    config: Config,
    place: Place,
}

/// What has to live as long as the store.
#[expect(dead_code, reason = "kept for their drops")]
enum Place {
    Dir(TempDir),
    Database(postgres::Cluster),
}

impl Stage {
    pub async fn embedded() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let backend = Backend::Sqlite { dir: dir.path().to_owned() };
        let config = Config { backend, durability: Durability::Full };
        Self { store: Store::open(&config).await.unwrap(), config, place: Place::Dir(dir) }
    }

    /// `None` only where the tester said to go without PostgreSQL.
    pub async fn clustered() -> Option<Self> {
        let (cluster, url) = postgres::Cluster::database().await?;
        let config = Config { backend: Backend::Postgres { url, pool: 16 }, durability: Durability::Full };
        let store = Store::open(&config).await.unwrap();
        Some(Self { store, config, place: Place::Database(cluster) })
    }

    /// Closes the store and opens it again.
    pub async fn reopen(self) -> Self {
        let Self { store, config, place } = self;
        store.close().await;
        drop(store);
        Self { store: Store::open(&config).await.unwrap(), config, place }
    }

    /// A second node on the same data; only where the database can be shared.
    pub async fn another_node(&self) -> Option<Store> {
        match self.config.backend {
            Backend::Sqlite { .. } => None,
            Backend::Postgres { .. } => Some(Store::open(&self.config).await.unwrap()),
        }
    }

    pub fn log(&self) -> &Log {
        &self.store.log
    }
}

macro_rules! store_suite {
    ($stage:ident: $($module:ident { $($test:ident)* })*) => {
        mod $stage {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    if let Some(stage) = $crate::suite::$stage().await {
                        $crate::suite::$module::$test(stage).await;
                    }
                })*
            })*
        }
    };
    ($stage:ident) => {
        store_suite! { $stage:
            book {
                writes_and_reads_every_kind_of_value
                a_batch_is_written_together_or_not_at_all
                a_taken_key_is_a_conflict_at_its_step
                later_steps_see_earlier_ones
                concurrent_counters_lose_nothing
                concurrent_assertions_admit_one
                an_abandoned_write_is_still_carried_out
                survives_reopening
                refuses_after_closing
                words_are_added_changed_and_removed
                accounts_are_read_from_the_newest_on
            }
            group {
                a_group_is_made_found_and_changed
                a_taken_group_name_leaves_nothing
                members_come_and_go_with_their_contacts
                handing_over_sets_roles_and_owner_together
                searches_read_groups_from_the_newest_on_and_members_by_account
                topics_live_and_die_with_their_community
                removing_a_group_leaves_nothing_of_it
                contacts_of_groups_and_of_the_system_have_no_account
            }
            group_state {
                mutes_and_bans_last_until_they_end
                an_application_is_decided_once
                approvers_see_the_applications_to_their_groups
                extras_are_kept_by_name
                receipts_are_new_once
                recalls_are_found_by_time
                mentions_are_those_above_the_read_mark
                removing_an_account_removes_its_traces
            }
            callback {
                callbacks_wait_in_order_until_they_are_taken_or_given_up
                the_position_of_callbacks_only_grows
            }
            upload {
                a_file_is_begun_finished_and_measured
                files_whose_life_has_ended_are_found_in_order
            }
            log {
                sequences_are_dense_and_positions_grow
                order_of_calls_is_kept
                repeats_are_answered_with_the_first_answer
                repeats_end_with_the_window
                repeats_are_known_after_reopening
                time_never_goes_back
                imports_keep_their_time_and_repeat_anything
                amending_checks_and_stores
                purging_deletes_and_never_reuses
                closing_drains
                two_nodes_share_one_sequence
                large_bodies_are_refused
                a_panicking_closure_stops_nobody
                a_backup_can_be_opened
            }
            people {
                friends_are_listed_in_the_order_they_were_added
                friends_are_in_groups
                applications_stand_in_both_lists
                blocks_are_paged
                nobody_relates_to_who_is_gone
            }
            push {
                a_push_goes_on_where_it_was
                a_push_changes_state_once
                pushes_are_counted_and_forgotten_by_time
                conversations_with_the_system_are_made_together
                ended_pushes_of_all_apps_are_forgotten
                tags_and_attributes_go_with_their_account
            }
            statistic {
                events_are_counted_with_what_they_change
                a_writing_counts_once
                stored_messages_say_what_they_count_for
            }
            reading {
                ranges_are_windows_in_the_asked_order
                time_ranges_order_imports
                locating_finds_the_last_entry_not_later
                finding_by_name_and_second
                heads_of_what_exists
                overview_counts_what_the_user_may_see
                after_gives_everything_in_order
                since_gives_a_window_of_positions
                reading_crosses_what_is_indexed
            }
        }
    };
}

store_suite!(embedded);
store_suite!(clustered);

async fn embedded() -> Option<Stage> {
    Some(Stage::embedded().await)
}

async fn clustered() -> Option<Stage> {
    Stage::clustered().await
}

/// A message with unremarkable content.
pub(super) fn message(conversation: i64, sender: i64, random: u32, time: i64) -> Append {
    Append {
        conversation,
        sender,
        client_sequence: random % 1000,
        random,
        time,
        dated: false,
        client_time: u32::try_from(time / 1000).unwrap(),
        flags: 0,
        tally: 0,
        body: Bytes::from(format!("{conversation}:{random}")),
        done: Box::new(|_| {}),
    }
}

/// Queues a message; the returned future waits for its outcome.
pub(super) async fn queue(log: &Log, mut append: Append) -> oneshot::Receiver<Result<Appended, StoreError>> {
    let (tell, told) = oneshot::channel();
    append.done = Box::new(move |result| drop(tell.send(result)));
    log.append(append).await.unwrap();
    told
}

pub(super) async fn append(log: &Log, append: Append) -> Appended {
    queue(log, append).await.await.unwrap().unwrap()
}
