//! What may become of settings once they are in use: the freezing rules of custom fields (功能配置).

use super::{Declaration, Settings};
use crate::{
    ProfileField,
    group::{GroupKind, field::Declared},
};

/// Finds what each declared field has become; an error where one is gone.
fn kept<'a, T: Declaration>(setting: &str, old: &'a [T], new: &'a [T]) -> Result<Vec<(&'a T, &'a T)>, String> {
    let find = |field: &'a T| {
        let now = new.iter().find(|other| other.name() == field.name());
        now.map(|now| (field, now))
            .ok_or_else(|| format!("{setting}: {} is in use and can be neither removed nor renamed", field.name()))
    };
    old.iter().map(find).collect()
}

fn retyped(setting: &str, name: &str, was: &str) -> String {
    format!("{setting}: the type of {name} is {was} and cannot change any more")
}

/// Types of groups may be added to a field and not taken away.
fn check_types<const M: bool>(setting: &str, old: &[Declared<M>], new: &[Declared<M>]) -> Result<(), String> {
    for (was, now) in kept(setting, old, new)? {
        let lost: Vec<&str> = was
            .types
            .iter()
            .filter(|(kind, _)| now.rights(*kind).is_none())
            .map(|(kind, _)| GroupKind::name(*kind))
            .collect();
        if !lost.is_empty() {
            return Err(format!(
                "{setting}: {} is in use in groups of type {} and stays there",
                was.name,
                lost.join(", ")
            ));
        }
    }
    Ok(())
}

/// Somebody reads a field and somebody writes it.
fn check_rights(field: &ProfileField) -> Result<(), String> {
    let (clients, backend) = (field.clients, field.backend);
    if (clients.read || backend.read) && (clients.write || backend.write) {
        return Ok(());
    }
    Err(format!("custom_profile_fields: {} needs at least one that reads it and one that writes it", field.keyword))
}

impl Settings {
    /// Checks what several settings say together; the error is a sentence for the operator.
    pub(super) fn check(&self) -> Result<(), String> {
        let (groups, members) = (&self.custom_group_fields, &self.custom_member_fields);
        match members.iter().find(|field| groups.iter().any(|other| other.name == field.name)) {
            Some(field) => Err(format!("{} cannot be a field of groups and a field of members at once", field.name)),
            None => Ok(()),
        }
    }

    /// Checks that these settings may become `next`: declared fields stay, with their types, and rights may change as
    /// long as somebody reads and somebody writes. The error is a sentence for the operator.
    pub fn check_change(&self, next: &Self) -> Result<(), String> {
        next.check()?;
        let setting = "custom_profile_fields";
        for (was, now) in kept(setting, &self.custom_profile_fields, &next.custom_profile_fields)? {
            if was.kind != now.kind {
                return Err(retyped(setting, &was.keyword, was.kind.name()));
            }
        }
        // What an operator's command line declared before may stay as it is.
        let fresh = next.custom_profile_fields.iter().filter(|field| !self.custom_profile_fields.contains(field));
        fresh.into_iter().try_for_each(check_rights)?;
        let setting = "custom_friend_fields";
        for (was, now) in kept(setting, &self.custom_friend_fields, &next.custom_friend_fields)? {
            if was.kind != now.kind {
                return Err(retyped(setting, &was.keyword, was.kind.name()));
            }
        }
        check_types("custom_group_fields", &self.custom_group_fields, &next.custom_group_fields)?;
        check_types("custom_member_fields", &self.custom_member_fields, &next.custom_member_fields)
    }
}

#[cfg(test)]
mod tests {
    use super::Settings;

    fn change(name: &str, old: &str, new: &str) -> Result<(), String> {
        let (mut before, mut after) = (Settings::default(), Settings::default());
        before.set(name, old).unwrap();
        after.set(name, new).unwrap();
        before.check_change(&after)
    }

    #[test]
    fn declared_fields_stay_as_they_are() {
        for (name, old, new) in [
            ("custom_profile_fields", "", "Team,Rank:number"),
            ("custom_profile_fields", "Team", "Rank,Team"),
            ("custom_profile_fields", "Team:text:rw:rw", "Team:text:r:rw"),
            ("custom_profile_fields", "Team:text:-:-", "Team:text:-:-,Rank"),
            ("custom_friend_fields", "Team:text", "Team:text,Age:number"),
            ("custom_group_fields", "city:Public:anyone:admin", "city:Public+Private:member:owner,plan"),
            ("custom_member_fields", "badge:Public", "badge"),
        ] {
            assert_eq!(change(name, old, new), Ok(()), "{name} {old} {new}");
        }
        for (name, old, new) in [
            ("custom_profile_fields", "Team,Rank", "Team"),
            ("custom_profile_fields", "Team", "team"),
            ("custom_profile_fields", "Team:text", "Team:number"),
            ("custom_profile_fields", "Team", "Team:any:r:r"),
            ("custom_profile_fields", "", "Team:any:w:-"),
            ("custom_friend_fields", "Team", ""),
            ("custom_friend_fields", "Team", "Team:text"),
            ("custom_group_fields", "city", "town"),
            ("custom_group_fields", "city:Public+Private", "city:Public"),
            ("custom_member_fields", "badge", "badge:Public"),
        ] {
            let refused = change(name, old, new).unwrap_err();
            assert!(refused.starts_with(name), "{refused}");
        }
    }
}
