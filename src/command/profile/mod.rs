//! `profile`: what users say of themselves.

pub(crate) use portrait_get_all::items;

commands! { portrait_get portrait_get_all portrait_set }
