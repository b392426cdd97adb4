//! Attributes (群自定义属性) and counters (群计数器) of a group.

use std::{collections::BTreeMap, sync::Arc};

use model::{
    Callback, Code, Error,
    group::{limit, rule::Action},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{By, LiveGroup, Place};
use crate::{Services, broken, fault};

const ATTRIBUTES: &str = "attributes";
const COUNTERS: &str = "counters";

/// The attributes of a group. Each change of any has the next number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// The number of the last change.
    pub latest: i64,
    /// The values, each with the number of its own changes.
    pub values: BTreeMap<String, (String, i64)>,
}

/// A change of attributes. Numbers are those the caller knows; `None` is not compared.
pub enum AttributeChange {
    /// These and no others.
    Replace(Vec<(String, String)>),
    /// These are set, the others stay.
    Set(Vec<(String, String, Option<i64>)>),
    /// These go.
    Delete(Vec<(String, Option<i64>)>),
    /// All go.
    Clear,
}

/// The counters of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// The number of the last change.
    pub latest: i64,
    /// The values.
    pub values: BTreeMap<String, i64>,
}

/// What to do with counters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CounterMode {
    /// To a value.
    Set,
    /// Up by a value.
    Increase,
    /// Down by a value.
    Decrease,
}

impl Services {
    pub(super) async fn kept<T: DeserializeOwned + Default>(&self, number: i64, name: &str) -> Result<T, Error> {
        let stored = self.store.book.extra(number, name).await.map_err(broken)?;
        stored.map_or_else(|| Ok(T::default()), |body| serde_json::from_slice(&body).map_err(fault))
    }

    pub(super) async fn keep<T: Serialize>(&self, number: i64, name: &str, value: &T) -> Result<(), Error> {
        let body = serde_json::to_vec(value).map_err(fault)?;
        self.store.book.set_extra(number, name, body).await.map_err(broken)
    }

    /// The attributes of a group.
    pub async fn attributes(&self, group: &LiveGroup) -> Result<Attributes, Error> {
        self.kept(group.number, ATTRIBUTES).await
    }

    /// Changes attributes and tells the members. `known`: the number of the last change the caller knows; another one
    /// is answered with 10056. Returns them as they are now, and the names of those that changed.
    pub async fn change_attributes(
        self: &Arc<Self>,
        place: &Place,
        by: &By,
        known: Option<i64>,
        change: AttributeChange,
    ) -> Result<(Attributes, Vec<String>), Error> {
        let group = &place.group;
        group.check(by, Action::ChangeAttributes)?;
        if !group.allows_attribute_change(self.world.now()) {
            return Err(Code::AttributesTooFrequent.into());
        }
        let alone = group.change().await?;
        let mut attributes = self.attributes(group).await?;
        if known.is_some_and(|known| known != attributes.latest) {
            return Err(Code::AttributeConflict.into());
        }
        let option = match &change {
            AttributeChange::Replace(_) => "set",
            AttributeChange::Set(_) => "modify",
            AttributeChange::Delete(_) => "delete",
            AttributeChange::Clear => "clear",
        };
        let (kind, changed) = attributes.apply(change)?;
        attributes.latest += 1;
        self.keep(group.number, ATTRIBUTES, &attributes).await?;
        drop(alone);
        // What is gone is named as well, without a value.
        let values: Value = changed
            .iter()
            .map(|key| match attributes.values.get(key) {
                Some((value, number)) => json!({"Key": key, "Val": value, "SubKeySeq": number}),
                None => json!({"Key": key, "Val": "", "SubKeySeq": 0}),
            })
            .collect();
        let body = json!({"OpType": 6, "MsgGroupNewInfo": {"GroupAttrOption": {
            "OpType": kind, "GroupAttrSeq": attributes.latest, "PushChangedAttrValFlag": 1,
            "BytesChangedKeys": changed, "GroupAttrInfo": values,
        }}});
        self.tell_members(place, &body, by.origin())?;
        let now: Value = changed
            .iter()
            .map(|key| json!({"key": key, "value": attributes.values.get(key).map_or("", |(value, _)| value)}))
            .collect();
        let told = [("Operator_Account", json!(by.account.user)), ("OptionType", json!(option)), ("GroupAttr", now)];
        self.tell_in_group(Callback::GroupAttribute, group, &told).await?;
        Ok((attributes, changed))
    }

    /// The counters of a group.
    pub async fn counters(&self, group: &LiveGroup) -> Result<Counters, Error> {
        self.kept(group.number, COUNTERS).await
    }

    /// Changes counters and tells the members. Returns the new values of those.
    pub async fn change_counters(
        &self,
        place: &Place,
        by: &By,
        mode: CounterMode,
        wanted: &[(String, i64)],
    ) -> Result<Vec<(String, i64)>, Error> {
        let group = &place.group;
        group.check(by, Action::ChangeCounters)?;
        let alone = group.change().await?;
        let mut counters = self.counters(group).await?;
        let mut changed = Vec::with_capacity(wanted.len());
        for (key, value) in wanted {
            if key.is_empty() || key.len() > limit::COUNTER_KEY_BYTES {
                return Err(Error::new(Code::GroupParameterInvalid).detail("a counter's Key has 1 to 128 bytes"));
            }
            let old = counters.values.get(key).copied().unwrap_or(0);
            let new = match mode {
                CounterMode::Set => *value,
                CounterMode::Increase => old.saturating_add(*value),
                CounterMode::Decrease => old.saturating_sub(*value),
            };
            counters.values.insert(key.clone(), new);
            changed.push((key.clone(), new));
        }
        if counters.values.len() > limit::COUNTERS {
            return Err(Code::TooManyCounters.into());
        }
        counters.latest += 1;
        self.keep(group.number, COUNTERS, &counters).await?;
        drop(alone);
        self.tell_counters(place, by, if mode == CounterMode::Set { 0 } else { 2 }, counters.latest, &changed)?;
        Ok(changed)
    }

    /// Removes counters, all when none is named, and tells the members.
    pub async fn delete_counters(&self, place: &Place, by: &By, keys: &[String]) -> Result<(), Error> {
        let group = &place.group;
        group.check(by, Action::ChangeCounters)?;
        let alone = group.change().await?;
        let mut counters = self.counters(group).await?;
        let gone: Vec<(String, i64)> = counters
            .values
            .iter()
            .filter(|(key, _)| keys.is_empty() || keys.contains(key))
            .map(|(key, value)| (key.clone(), *value))
            .collect();
        counters.values.retain(|key, _| !(keys.is_empty() || keys.contains(key)));
        counters.latest += 1;
        self.keep(group.number, COUNTERS, &counters).await?;
        drop(alone);
        self.tell_counters(place, by, 1, counters.latest, &gone)
    }

    fn tell_counters(
        &self,
        place: &Place,
        by: &By,
        kind: u8,
        latest: i64,
        changed: &[(String, i64)],
    ) -> Result<(), Error> {
        let values: Value = changed.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        let body = json!({"OpType": 6, "GroupCounterInfo": [
            {"Type": kind, "GroupCounterSeq": latest, "GroupCounter": values}]});
        self.tell_members(place, &body, by.origin())
    }
}

impl Attributes {
    /// Applies a change; returns its number in pushes and what it changed.
    fn apply(&mut self, change: AttributeChange) -> Result<(u8, Vec<String>), Error> {
        let before = self.values.clone();
        let number_of = |key: &str| before.get(key).map_or(0, |(_, number)| *number);
        let (kind, changed) = match change {
            AttributeChange::Replace(values) => {
                self.values.clear();
                let keys = values.iter().map(|(key, _)| key.clone()).collect();
                for (key, value) in values {
                    let number = number_of(&key) + 1;
                    self.values.insert(key, (value, number));
                }
                (1, keys)
            }
            AttributeChange::Set(values) => {
                let keys = values.iter().map(|(key, ..)| key.clone()).collect();
                for (key, value, known) in values {
                    let number = number_of(&key);
                    if known.is_some_and(|known| known != number) {
                        return Err(Code::AttributeConflict.into());
                    }
                    self.values.insert(key, (value, number + 1));
                }
                (2, keys)
            }
            AttributeChange::Delete(keys) => {
                for (key, known) in &keys {
                    match self.values.remove(key) {
                        None => return Err(Code::AttributeMissing.into()),
                        Some((_, number)) if known.is_some_and(|known| known != number) => {
                            return Err(Code::AttributeConflict.into());
                        }
                        Some(_) => {}
                    }
                }
                (4, keys.into_iter().map(|(key, _)| key).collect())
            }
            AttributeChange::Clear => (3, std::mem::take(&mut self.values).into_keys().collect()),
        };
        self.check()?;
        Ok((kind, changed))
    }

    fn check(&self) -> Result<(), Error> {
        if self.values.len() > limit::ATTRIBUTES {
            return Err(Code::TooManyAttributes.into());
        }
        if self.values.keys().any(|key| key.is_empty() || key.len() > limit::ATTRIBUTE_KEY_BYTES) {
            return Err(Code::AttributeKeyTooLong.into());
        }
        if self.values.values().any(|(value, _)| value.len() > limit::ATTRIBUTE_BYTES) {
            return Err(Code::AttributeValueTooLong.into());
        }
        if self.values.values().map(|(value, _)| value.len()).sum::<usize>() > limit::ATTRIBUTES_BYTES {
            return Err(Code::AttributesTooLarge.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use model::Code;

    use super::{AttributeChange, Attributes};

    fn set(key: &str, value: &str, known: Option<i64>) -> AttributeChange {
        AttributeChange::Set(vec![(key.into(), value.into(), known)])
    }

    #[test]
    fn keys_have_numbers_of_their_own() {
        let mut attributes = Attributes::default();
        assert_eq!(attributes.apply(set("k", "1", Some(0))).unwrap(), (2, vec!["k".to_owned()]));
        assert_eq!(attributes.apply(set("k", "2", Some(0))).unwrap_err().code, Code::AttributeConflict);
        attributes.apply(set("k", "2", Some(1))).unwrap();
        assert_eq!(attributes.values["k"], ("2".to_owned(), 2));
        let delete = |known| AttributeChange::Delete(vec![("k".to_owned(), known)]);
        assert_eq!(attributes.clone().apply(delete(Some(1))).unwrap_err().code, Code::AttributeConflict);
        attributes.apply(delete(None)).unwrap();
        assert_eq!(attributes.apply(delete(None)).unwrap_err().code, Code::AttributeMissing);
    }

    #[test]
    fn sizes_are_checked() {
        let refused = |change| Attributes::default().apply(change).unwrap_err().code;
        assert_eq!(refused(set(&"k".repeat(33), "", None)), Code::AttributeKeyTooLong);
        assert_eq!(refused(set("k", &"v".repeat(4001), None)), Code::AttributeValueTooLong);
        let many = |count: usize, bytes: usize| {
            AttributeChange::Replace((0..count).map(|n| (format!("k{n}"), "v".repeat(bytes))).collect())
        };
        assert_eq!(refused(many(17, 1)), Code::TooManyAttributes);
        assert_eq!(refused(many(5, 4000)), Code::AttributesTooLarge);
        assert!(Attributes::default().apply(many(4, 4000)).is_ok());
    }
}
