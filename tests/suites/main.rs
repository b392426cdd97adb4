//! One binary for all suites: linking is what costs.

#[cfg(test)]
mod callbacks;
#[cfg(test)]
mod contacts;
#[cfg(test)]
mod download;
#[cfg(test)]
mod fields;
#[cfg(test)]
mod files;
#[cfg(test)]
mod groups;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod messages;
#[cfg(test)]
mod permission;
#[cfg(test)]
mod presence;
#[cfg(test)]
mod push;
#[cfg(test)]
mod relations;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod silence;
#[cfg(test)]
mod statistics;
