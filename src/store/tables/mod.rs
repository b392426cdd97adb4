//! The book: one file per aggregate, its SQL and its rows.

pub mod account;
pub mod app;
pub mod callback;
pub mod contact;
pub mod conversation;
pub mod extension;
pub mod friend;
pub mod group;
pub mod group_state;
pub mod operator;
pub mod push;
pub mod relation;
pub mod statistic;
pub mod topic;
pub mod upload;
pub mod word;
