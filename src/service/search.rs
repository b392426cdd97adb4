//! Searching the users, groups and members of an app (云端搜索).
//!
//! There is no index of names: a search reads the newest of what there is, up to a limit, page by page and never more
//! than a few searches at once, so that it takes nothing from those who send and read.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use model::{Code, Error, GroupInfo, GroupKind, Profile, UserId, group::rule, profile::Value};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::{Account, LiveApp, Services, broken, fault, group::LiveGroup};

/// The most words of a search.
const WORDS: usize = 5;
/// The longest word, in bytes.
const WORD_BYTES: usize = 256;
/// Searches that run at the same time.
const AT_ONCE: usize = 2;
/// Searches of one kind that a user may begin in a second.
const PER_SECOND: u32 = 2;
/// How many of an app's newest accounts or groups, or of the members of the user's groups, a search looks at.
const LOOKED_AT: usize = 200_000;
/// How many are read at a time.
const PAGE: usize = 1000;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct Words {
    lower: Vec<String>,
    exact: Vec<String>,
    all: bool,
}

impl Words {
    /// One of these words, or with `all` each of them; 27003 unless they are one to five.
    pub fn new(words: &[String], all: bool) -> Result<Self, Error> {
        let is_fine = |word: &String| !word.is_empty() && word.len() <= WORD_BYTES;
        if words.is_empty() || words.len() > WORDS || !words.iter().all(is_fine) {
            return Err(Error::new(Code::SearchInvalid).detail("a search has 1 to 5 words of at most 256 bytes"));
        }
        Ok(Self { lower: words.iter().map(|word| word.to_lowercase()).collect(), exact: words.to_vec(), all })
    }

    /// Whether the words are in a text, in upper or lower case.
    pub fn are_in(&self, text: &str) -> bool {
        self.fit("", &[text])
    }

    /// Whether each of the words, or one of them, is the id or within one of the texts.
    fn fit(&self, id: &str, texts: &[&str]) -> bool {
        let texts: Vec<String> = texts.iter().filter(|text| !text.is_empty()).map(|text| text.to_lowercase()).collect();
        let mut fit = self
            .lower
            .iter()
            .zip(&self.exact)
            .map(|(lower, exact)| exact == id || texts.iter().any(|text| text.contains(lower.as_str())));
        if self.all { fit.all(|fit| fit) } else { fit.any(|fit| fit) }
    }
}

/// A part of what a search found.
pub struct SearchPage<T> {
    /// How much was found in all.
    pub total: usize,
    /// What is shown of it.
    pub items: Vec<T>,
    /// Where the next part begins, if there is more.
    pub next: Option<String>,
}

/// Collects one page while everything is counted. A place is two numbers, which a cursor is made of.
struct Collector<T> {
    after: Option<(i64, i64)>,
    limit: usize,
    total: usize,
    items: Vec<((i64, i64), T)>,
    more: bool,
}

impl<T> Collector<T> {
    /// 27003 for a cursor that no search gave out.
    fn new(cursor: &str, limit: usize) -> Result<Self, Error> {
        let after = if cursor.is_empty() {
            None
        } else {
            let place = cursor.split_once('_').and_then(|(one, two)| Some((one.parse().ok()?, two.parse().ok()?)));
            Some(place.ok_or_else(|| Error::new(Code::SearchInvalid).detail("there is no such Cursor"))?)
        };
        Ok(Self { after, limit, total: 0, items: Vec::new(), more: false })
    }

    /// Counts what was found at a place; places come in growing order.
    fn add(&mut self, place: (i64, i64), item: impl FnOnce() -> T) {
        self.total += 1;
        if self.after.is_some_and(|after| place <= after) {
            return;
        }
        if self.items.len() < self.limit {
            self.items.push((place, item()));
        } else {
            self.more = true;
        }
    }

    /// The page, of whose items each is looked up; one that is gone meanwhile is left out.
    async fn page<R, F>(self, look_up: impl Fn((i64, i64), T) -> F) -> Result<SearchPage<R>, Error>
    where
        F: Future<Output = Result<Option<R>, Error>>,
    {
        let next = self.next();
        let mut items = Vec::with_capacity(self.items.len());
        for (place, item) in self.items {
            items.extend(look_up(place, item).await?);
        }
        Ok(SearchPage { total: self.total, items, next })
    }

    fn next(&self) -> Option<String> {
        let ((one, two), _) = self.items.last().filter(|_| self.more)?;
        Some(format!("{one}_{two}"))
    }
}

/// Which users are looked for.
pub struct UserFilter {
    /// In names, exactly, and in nicknames.
    pub words: Words,
    /// The first and the last birthday, as numbers like 19991231.
    pub birthday: Option<(u64, u64)>,
    /// A value of `Tag_Profile_IM_Gender`.
    pub gender: Option<String>,
}

impl UserFilter {
    fn fits(&self, user: &str, profile: &Profile) -> bool {
        let born = || match profile.get("Tag_Profile_IM_BirthDay") {
            Some(Value::Number(born)) => *born,
            _ => 0,
        };
        let gender = || match profile.get("Tag_Profile_IM_Gender") {
            Some(Value::Text(gender)) => gender.as_str(),
            _ => "Gender_Type_Unknown",
        };
        self.birthday.is_none_or(|(first, last)| born() > 0 && (first..=last).contains(&born()))
            && self.gender.as_ref().is_none_or(|wanted| wanted == gender())
            && self.words.fit(user, &[profile.nick()])
    }
}

/// Which groups are looked for, or are looked through for members.
pub struct GroupFilter {
    /// In ids or users' names, exactly, and in groups' names or in nicknames and name cards.
    pub words: Words,
    /// Of these types; empty is all that can be searched.
    pub kinds: Vec<GroupKind>,
    /// Only these groups; empty is all.
    pub ids: Vec<String>,
}

impl GroupFilter {
    fn kinds(&self) -> impl Iterator<Item = GroupKind> {
        let wanted = |kind: &GroupKind| self.kinds.is_empty() || self.kinds.contains(kind);
        GroupKind::ALL.into_iter().filter(move |kind| kind.is_stored() && wanted(kind))
    }
}

/// A member that was found.
pub struct FoundMember {
    /// The group.
    pub group: Arc<LiveGroup>,
    /// Who it is.
    pub account: Arc<Account>,
    /// Its name in the group.
    pub name_card: String,
}

/// Searches by account and kind.
type Begun = HashMap<(i64, &'static str), u32>;

/// Keeps searches from taking more than their share.
pub(crate) struct Searches {
    running: Semaphore,
    /// The present second, and what each user began in it.
    begun: Mutex<(i64, Begun)>,
}

impl Default for Searches {
    fn default() -> Self {
        Self { running: Semaphore::new(AT_ONCE), begun: Mutex::default() }
    }
}

impl Services {
    /// Waits for the turn of a user's search: 60020 where the app has none, 60018 when the user asks too often.
    pub(crate) async fn begin_search(
        &self,
        app: &LiveApp,
        me: &Account,
        kind: &'static str,
        per_second: u32,
    ) -> Result<SemaphorePermit<'_>, Error> {
        if !app.settings.cloud_search {
            return Err(Error::new(Code::PlanInactive).detail("the app does not let its users search"));
        }
        {
            let mut begun = self.searches.begun.lock().unwrap_or_else(PoisonError::into_inner);
            let second = self.world.second();
            if begun.0 != second {
                *begun = (second, HashMap::new());
            }
            let count = begun.1.entry((me.number, kind)).or_insert(0);
            *count += 1;
            if *count > per_second {
                return Err(Error::new(Code::TooManyRequests).detail(format!("{per_second} searches a second")));
            }
        }
        self.searches.running.acquire().await.map_err(fault)
    }

    /// Users of an app, those who came last first.
    pub async fn search_users(
        &self,
        app: &LiveApp,
        me: &Account,
        filter: &UserFilter,
        cursor: &str,
        limit: usize,
    ) -> Result<SearchPage<Arc<Account>>, Error> {
        let _turn = self.begin_search(app, me, "users", PER_SECOND).await?;
        let mut found = Collector::new(cursor, limit)?;
        let (mut before, mut left) = (i64::MAX, LOOKED_AT);
        loop {
            let page =
                self.store.book.accounts_before(app.sdkappid.into(), before, PAGE as i64).await.map_err(broken)?;
            for (number, user, profile) in &page {
                let profile = serde_json::from_slice(profile).map_err(fault)?;
                if filter.fits(user, &profile) {
                    found.add((0, -number), || ());
                }
            }
            left = left.saturating_sub(page.len());
            match page.last() {
                Some((number, ..)) if page.len() == PAGE => before = *number,
                _ => break,
            }
            if left == 0 {
                self.find_named(app, before, filter, &mut found).await?;
                break;
            }
        }
        found.page(|(_, number), ()| self.accounts.by_number(app.sdkappid, -number)).await
    }

    /// Whoever has one of the words as a name is found, too, where there are more accounts than are looked at.
    async fn find_named(
        &self,
        app: &LiveApp,
        before: i64,
        filter: &UserFilter,
        found: &mut Collector<()>,
    ) -> Result<(), Error> {
        let mut named = Vec::new();
        for user in filter.words.exact.iter().filter_map(|word| UserId::new(word)) {
            named.extend(self.accounts.find(app.sdkappid, &user).await?);
        }
        named.retain(|account| account.number < before && filter.fits(account.user.as_str(), &account.profile));
        named.sort_by_key(|account| Reverse(account.number));
        named.dedup_by_key(|account| account.number);
        for account in named {
            found.add((0, -account.number), || ());
        }
        Ok(())
    }

    /// Groups of an app that the user is in or may apply to, by type, those made last first.
    pub async fn search_groups(
        &self,
        app: &LiveApp,
        me: &Account,
        filter: &GroupFilter,
        cursor: &str,
        limit: usize,
    ) -> Result<SearchPage<Arc<LiveGroup>>, Error> {
        let _turn = self.begin_search(app, me, "groups", PER_SECOND).await?;
        let joined: HashSet<i64> = self.store.book.groups_of(me.number).await.map_err(broken)?.into_iter().collect();
        let mut found = Collector::new(cursor, limit)?;
        let mut left = LOOKED_AT;
        for kind in filter.kinds() {
            let is_open = rule::allows(kind, rule::Action::Apply, rule::Actor::Stranger);
            let mut before = i64::MAX;
            while left > 0 {
                let page = self.store.book.groups_before(app.sdkappid.into(), kind.number(), before, PAGE).await;
                let page = page.map_err(broken)?;
                for row in &page {
                    let info: GroupInfo = serde_json::from_slice(&row.body).map_err(fault)?;
                    let is_mine = || row.owner == me.number || joined.contains(&row.number) && info.active;
                    if (is_open || is_mine()) && filter.words.fit(&row.group_id, &[&info.name]) {
                        found.add((kind.number(), -row.number), || ());
                    }
                }
                left = left.saturating_sub(page.len());
                match page.last() {
                    Some(row) if page.len() == PAGE => before = row.number,
                    _ => break,
                }
            }
        }
        found.page(|(_, number), ()| self.group_numbered(-number)).await
    }

    /// Members of the groups that the user is in, group by group.
    pub async fn search_members(
        &self,
        app: &LiveApp,
        me: &Account,
        filter: &GroupFilter,
        cursor: &str,
        limit: usize,
    ) -> Result<SearchPage<FoundMember>, Error> {
        let _turn = self.begin_search(app, me, "members", PER_SECOND).await?;
        let mut found = Collector::new(cursor, limit)?;
        let mut left = LOOKED_AT;
        let mut groups = self.groups_of(me.number).await?;
        groups.sort_by_key(|group| group.number);
        let kinds: Vec<GroupKind> = filter.kinds().collect();
        let is_wanted = |group: &Arc<LiveGroup>| {
            kinds.contains(&group.kind) && (filter.ids.is_empty() || filter.ids.iter().any(|id| **id == *group.id))
        };
        for group in groups.iter().filter(|group| is_wanted(group)) {
            let mut after = 0;
            while left > 0 {
                let page = self.store.book.member_profiles(group.number, after, PAGE).await.map_err(broken)?;
                for member in &page {
                    let profile: Profile = serde_json::from_slice(&member.profile).map_err(fault)?;
                    if filter.words.fit(&member.user_id, &[profile.nick(), &member.name_card]) {
                        found.add((group.number, member.account), || (group.clone(), member.name_card.clone()));
                    }
                }
                left = left.saturating_sub(page.len());
                match page.last() {
                    Some(member) if page.len() == PAGE => after = member.account,
                    _ => break,
                }
            }
        }
        let member = async |(_, account), (group, name_card)| {
            let account = self.accounts.by_number(app.sdkappid, account).await?;
            Ok(account.map(|account| FoundMember { group, account, name_card }))
        };
        found.page(member).await
    }
}

#[cfg(test)]
mod tests {
    use super::{Collector, Words};

    fn words(list: &[&str], all: bool) -> Words {
        Words::new(&list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), all).unwrap()
    }

    #[test]
    fn ids_fit_exactly_and_texts_anywhere() {
        let one = words(&["Ann", "ß"], false);
        assert!(one.fit("Ann", &[]) && one.fit("x", &["JOANNA"]) && one.fit("x", &["", "Straße"]));
        assert!(!one.fit("ann", &[""]) && !one.fit("Anna", &["bob"]));
        let both = words(&["Ann", "smith"], true);
        assert!(both.fit("Ann", &["Smithson"]) && both.fit("x", &["Smith", "ann"]));
        assert!(!both.fit("Ann", &["Jones"]));
    }

    #[test]
    fn a_search_has_one_to_five_words() {
        let of = |count: usize, word: &str| Words::new(&vec![word.to_owned(); count], false).is_ok();
        assert!(of(1, "a") && of(5, "a") && of(1, &"a".repeat(256)));
        assert!(!of(0, "a") && !of(6, "a") && !of(1, "") && !of(1, &"a".repeat(257)));
    }

    #[test]
    fn pages_follow_one_another_and_count_everything() {
        let places = [(1, -9), (1, -4), (2, -8), (2, 0), (3, 5)];
        let (mut cursor, mut seen) = (String::new(), Vec::new());
        loop {
            let mut found = Collector::new(&cursor, 2).unwrap();
            for place in places {
                found.add(place, || place);
            }
            assert_eq!(found.total, places.len());
            let next = found.next();
            seen.extend(found.items.into_iter().map(|(_, item)| item));
            match next {
                Some(next) => cursor = next,
                None => break,
            }
        }
        assert_eq!(seen, places);
        assert!(Collector::<()>::new("x", 2).is_err() && Collector::<()>::new("1_x", 2).is_err());
    }
}
