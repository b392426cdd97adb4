//! placeholder
use std::sync::Arc;
use axum::Router;
use crate::Gate;
pub(crate) fn router(_: Arc<Gate>) -> Router { Router::new() }
