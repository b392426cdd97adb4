pub(crate) const TABLE: &[crate::entry::Entry] = &[];
