//! Words that an app does not let its users say (脏字, 本地审核词库): kept by its backend, looked for in what users say.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use aho_corasick::{AhoCorasick, MatchKind};
use model::{
    Code, Error, SdkAppId,
    message::Element,
    word::{Fate, PATTERNS, WORDS, Word},
};
use regex::{Regex, RegexBuilder};
use serde_json::value::RawValue;
use store::tables::word::WordRow;

use crate::{LiveApp, Services, broken, fault};

/// How large a regular expression may become, in bytes.
const PATTERN_BYTES: usize = 256 << 10;

/// The words of all apps.
pub(crate) struct Lexicons {
    by_app: RwLock<HashMap<SdkAppId, Arc<Lexicon>>>,
    /// Taken to change words, so that what is in memory is what is stored.
    changing: tokio::sync::Mutex<()>,
}

/// The words of an app, ready to be looked for.
#[derive(Default)]
struct Lexicon {
    rows: Vec<WordRow>,
    refused: Option<AhoCorasick>,
    replaced: Option<(AhoCorasick, Vec<String>)>,
    patterns: Vec<(Regex, Option<String>)>,
}

impl Lexicon {
    fn of(rows: Vec<WordRow>) -> Result<Self, Error> {
        let plain = |replaces: bool| {
            rows.iter().filter(move |row| !row.pattern && row.replacement.is_some() == replaces).collect::<Vec<_>>()
        };
        let (refused, replaced) = (plain(false), plain(true));
        let by = replaced.iter().map(|row| row.replacement.clone().unwrap_or_default()).collect();
        let mut patterns = Vec::new();
        for row in rows.iter().filter(|row| row.pattern) {
            // One that this version cannot read any more must not keep the server from starting.
            match compile(&row.word) {
                Ok(pattern) => patterns.push((pattern, row.replacement.clone())),
                Err(error) => tracing::error!(number = row.number, %error, "stored pattern cannot be read"),
            }
        }
        Ok(Self {
            refused: automaton(&refused)?,
            replaced: automaton(&replaced)?.map(|words| (words, by)),
            patterns,
            rows,
        })
    }

    fn refuses(&self, text: &str) -> bool {
        self.refused.as_ref().is_some_and(|words| words.is_match(text))
            || self.patterns.iter().any(|(pattern, by)| by.is_none() && pattern.is_match(text))
    }

    /// The words of a text that refuse it, and those that are replaced, as the text has them.
    fn found(&self, text: &str) -> (Vec<String>, Vec<String>) {
        let said =
            |words: &AhoCorasick| words.find_iter(text).map(|found| text[found.range()].to_owned()).collect::<Vec<_>>();
        let mut refused = self.refused.as_ref().map(said).unwrap_or_default();
        let mut replaced = self.replaced.as_ref().map(|(words, _)| said(words)).unwrap_or_default();
        for (pattern, by) in &self.patterns {
            let list = if by.is_some() { &mut replaced } else { &mut refused };
            list.extend(pattern.find_iter(text).map(|found| found.as_str().to_owned()));
        }
        for list in [&mut refused, &mut replaced] {
            let mut seen = HashSet::new();
            list.retain(|word| !word.is_empty() && seen.insert(word.clone()));
        }
        (refused, replaced)
    }

    /// The text with its words replaced, or nothing where it has none.
    fn replace(&self, text: &str) -> Option<String> {
        let mut changed = None;
        if let Some((words, by)) = &self.replaced
            && words.is_match(text)
        {
            changed = Some(words.replace_all(text, by));
        }
        for (pattern, by) in &self.patterns {
            let Some(by) = by else { continue };
            let now = changed.as_deref().unwrap_or(text);
            if pattern.is_match(now) {
                changed = Some(pattern.replace_all(now, regex::NoExpand(by)).into_owned());
            }
        }
        changed
    }
}

fn automaton(rows: &[&WordRow]) -> Result<Option<AhoCorasick>, Error> {
    if rows.is_empty() {
        return Ok(None);
    }
    let words = rows.iter().map(|row| row.word.as_str());
    let built = AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::LeftmostLongest).build(words);
    built.map(Some).map_err(fault)
}

fn compile(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).case_insensitive(true).size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES).build()
}

impl Lexicons {
    pub fn load(rows: Vec<WordRow>) -> Self {
        let mut by_app: HashMap<SdkAppId, Vec<WordRow>> = HashMap::new();
        for row in rows {
            if let Ok(app) = SdkAppId::try_from(row.app) {
                by_app.entry(app).or_default().push(row);
            }
        }
        let build = |(app, rows)| match Lexicon::of(rows) {
            Ok(lexicon) => Some((app, Arc::new(lexicon))),
            Err(error) => {
                tracing::error!(sdkappid = app, ?error, "stored words cannot be read");
                None
            }
        };
        Self {
            by_app: RwLock::new(by_app.into_iter().filter_map(build).collect()),
            changing: tokio::sync::Mutex::default(),
        }
    }

    fn of(&self, app: SdkAppId) -> Option<Arc<Lexicon>> {
        self.by_app.read().unwrap_or_else(PoisonError::into_inner).get(&app).cloned()
    }

    /// Refuses what an app's users may not call themselves, their groups or their friends. `refused` is the code.
    pub fn check(&self, app: SdkAppId, texts: impl IntoIterator<Item: AsRef<str>>, refused: Code) -> Result<(), Error> {
        match self.of(app) {
            Some(lexicon) if texts.into_iter().any(|text| lexicon.refuses(text.as_ref())) => Err(refused.into()),
            _ => Ok(()),
        }
    }
}

impl Services {
    /// Applies the app's words to a message: it stays as it is, or has words replaced in its texts, or is refused (80001).
    /// Only texts are looked at.
    pub fn screen(&self, app: &LiveApp, body: &mut Box<RawValue>) -> Result<(), Error> {
        if let Some(lexicon) = self.lexicons.of(app.sdkappid)
            && let Some(changed) = screened(&lexicon, body)?
        {
            *body = changed;
        }
        Ok(())
    }

    /// The words of an app in the order in which they were added, with their rows.
    pub fn words(&self, app: SdkAppId) -> Vec<WordRow> {
        self.lexicons.of(app).map(|lexicon| lexicon.rows.clone()).unwrap_or_default()
    }

    /// The words in a text that refuse it, and those that would be replaced, as the text has them.
    pub fn words_in(&self, app: SdkAppId, text: &str) -> (Vec<String>, Vec<String>) {
        self.lexicons.of(app).map(|lexicon| lexicon.found(text)).unwrap_or_default()
    }

    /// Adds words, or changes what becomes of those that are there; in effect when this returns. `invalid` is the code
    /// for what cannot be a word or is one too many.
    pub async fn add_words(&self, app: SdkAppId, words: &[Word], invalid: Code) -> Result<(), Error> {
        for word in words {
            word.check(invalid)?;
            if word.pattern && compile(&word.text).is_err() {
                return Err(Error::new(invalid).detail("the regular expression cannot be read, or is too large"));
            }
        }
        let updated = self.world.second();
        let row = |word: &Word| WordRow {
            app: app.into(),
            number: 0,
            word: word.text.clone(),
            pattern: word.pattern,
            replacement: if let Fate::Replaced(by) = &word.fate { Some(by.clone()) } else { None },
            updated,
        };
        let rows: Vec<WordRow> = words.iter().map(row).collect();
        let _alone = self.lexicons.changing.lock().await;
        let known = self.words(app);
        let is_new = |row: &&WordRow| !known.iter().any(|one| (one.pattern, &one.word) == (row.pattern, &row.word));
        let added: Vec<&WordRow> = rows.iter().filter(is_new).collect();
        let patterns = |rows: &mut dyn Iterator<Item = &WordRow>| rows.filter(|row| row.pattern).count();
        let all_patterns = patterns(&mut known.iter()) + patterns(&mut added.iter().copied());
        if known.len() + added.len() > WORDS || all_patterns > PATTERNS {
            let why = format!("an app has at most {WORDS} words, and {PATTERNS} of them regular expressions");
            return Err(Error::new(invalid).detail(why));
        }
        self.store.book.add_words(&rows).await.map_err(broken)?;
        self.reload_words(app).await
    }

    /// Removes words; those that are not there are none to be removed.
    pub async fn remove_words(&self, app: SdkAppId, words: &[(bool, String)]) -> Result<(), Error> {
        let _alone = self.lexicons.changing.lock().await;
        self.store.book.remove_words(app.into(), words).await.map_err(broken)?;
        self.reload_words(app).await
    }

    async fn reload_words(&self, app: SdkAppId) -> Result<(), Error> {
        let rows = self.store.book.words_of(app.into()).await.map_err(broken)?;
        let lexicon = if rows.is_empty() { None } else { Some(Arc::new(Lexicon::of(rows)?)) };
        let mut by_app = self.lexicons.by_app.write().unwrap_or_else(PoisonError::into_inner);
        match lexicon {
            Some(lexicon) => by_app.insert(app, lexicon),
            None => by_app.remove(&app),
        };
        Ok(())
    }
}

/// The message with words replaced, if there are any.
fn screened(lexicon: &Lexicon, body: &RawValue) -> Result<Option<Box<RawValue>>, Error> {
    let elements: Vec<Element<'_>> = serde_json::from_str(body.get()).map_err(fault)?;
    let mut changed: Option<Vec<serde_json::Value>> = None;
    for (at, element) in elements.iter().enumerate().filter(|(_, element)| element.kind == "TIMTextElem") {
        let content: serde_json::Value = serde_json::from_str(element.content.get()).map_err(fault)?;
        let Some(text) = content.get("Text").and_then(serde_json::Value::as_str) else { continue };
        if lexicon.refuses(text) {
            return Err(Code::TextRejected.into());
        }
        if let Some(text) = lexicon.replace(text) {
            if changed.is_none() {
                changed = Some(serde_json::from_str(body.get()).map_err(fault)?);
            }
            if let Some(slot) = changed.as_mut().and_then(|all| all[at].pointer_mut("/MsgContent/Text")) {
                *slot = text.into();
            }
        }
    }
    changed.map(|elements| serde_json::value::to_raw_value(&elements).map_err(fault)).transpose()
}

#[cfg(test)]
mod tests {
    use serde_json::{json, value::RawValue};
    use store::tables::word::WordRow;

    use super::{Lexicon, screened};

    fn lexicon(words: &[(&str, bool, Option<&str>)]) -> Lexicon {
        let row = |(word, pattern, by): &(&str, bool, Option<&str>)| WordRow {
            app: 1,
            number: 0,
            word: (*word).into(),
            pattern: *pattern,
            replacement: by.map(Into::into),
            updated: 0,
        };
        Lexicon::of(words.iter().map(row).collect()).unwrap()
    }

    #[test]
    fn words_are_found_anywhere_and_in_either_case() {
        let words = lexicon(&[("Spam", false, None), ("坏", false, None), (r"\bqq\d{3,}", true, None)]);
        for text in ["xSPAMx", "好坏好", "my QQ12345"] {
            assert!(words.refuses(text), "{text}");
        }
        for text in ["", "spa m", "qq12", "aqq12345"] {
            assert!(!words.refuses(text), "{text}");
        }
        assert!(!lexicon(&[]).refuses("x") && lexicon(&[]).replace("x").is_none());
    }

    #[test]
    fn the_longest_word_is_replaced_and_patterns_after_words() {
        let words =
            lexicon(&[("bad", false, Some("*")), ("badger", false, Some("animal")), (r"\d+", true, Some("$0"))]);
        assert_eq!(words.replace("Bad BADGER 42").as_deref(), Some("* animal $0"));
        assert_eq!(words.replace("good"), None);
        assert!(!words.refuses("bad"));
        let found =
            lexicon(&[("no", false, None), ("bad", false, Some("*")), (r"\d+", true, None)]).found("Bad 7 no NO 7 no");
        assert_eq!(found, (vec!["no".to_owned(), "NO".to_owned(), "7".to_owned()], vec!["Bad".to_owned()]));
    }

    #[test]
    fn only_texts_of_messages_change() {
        let words = lexicon(&[("no", false, None), ("bad", false, Some("***"))]);
        let screen = |body: serde_json::Value| {
            let body = RawValue::from_string(body.to_string()).unwrap();
            let read = |body: Box<RawValue>| serde_json::from_str::<serde_json::Value>(body.get()).unwrap();
            screened(&words, &body).map(|changed| changed.map(read))
        };
        let text = |text: &str| json!({"MsgType": "TIMTextElem", "MsgContent": {"Text": text, "More": "bad"}});
        let custom = json!({"MsgType": "TIMCustomElem", "MsgContent": {"Data": "bad no", "Text": "no"}});
        assert_eq!(screen(json!([custom, text("so bad")])).unwrap(), Some(json!([custom, text("so ***")])));
        assert_eq!(screen(json!([custom, text("fine")])).unwrap(), None);
        assert_eq!(screen(json!([text("fine"), text("NO")])).unwrap_err().code, model::Code::TextRejected);
        let escaped = r#"[{"MsgType":"TIMText\u0045lem","MsgContent":{"Text":"no"}}]"#.to_owned();
        let refused = screened(&words, &RawValue::from_string(escaped).unwrap()).unwrap_err();
        assert_eq!(refused.code, model::Code::TextRejected);
    }
}
