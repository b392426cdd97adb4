//! The members of a group, page by page (REST v4 `get_group_member_info`): by offset, in communities by a cursor.

use std::sync::Arc;

use model::{Code, Error, GroupKind, Role, group::rule::Action};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service::group::Member;

use super::shared::{asker, by, check_filters, group, know_who_spoke, listed_member, read_marks};
use crate::{Command, Context, Spec};

/// The most members of one page in a community.
const PAGE: usize = 100;
/// The longest answer, in bytes.
const ANSWER_BYTES: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request {
    group_id: String,
    limit: Option<usize>,
    #[serde(default)]
    offset: usize,
    #[serde(default)]
    next: String,
    #[serde(default)]
    member_role_filter: Vec<String>,
    member_info_filter: Option<Vec<String>>,
    #[serde(rename = "AppDefinedDataFilter_GroupMember")]
    fields: Option<Vec<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    member_num: usize,
    member_list: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Reads a cursor: when the last member of the page before joined, and its account. Clients begin with `0`.
fn place(cursor: &str) -> Result<Option<(i64, i64)>, Error> {
    if matches!(cursor, "" | "0") {
        return Ok(None);
    }
    let parts =
        cursor.split_once('_').and_then(|(joined, account)| Some((joined.parse().ok()?, account.parse().ok()?)));
    parts.map(Some).ok_or_else(|| Error::new(Code::GroupParameterInvalid).detail("Next is not one that was returned"))
}

/// The first members of a list, and the cursor of the next page, empty at the end.
fn page(mut members: impl Iterator<Item = Member>, limit: usize) -> (Vec<Member>, String) {
    let list: Vec<Member> = members.by_ref().take(limit).collect();
    let cursor = match (list.last(), members.next()) {
        (Some(last), Some(_)) => format!("{}_{}", last.joined, last.account),
        _ => String::new(),
    };
    (list, cursor)
}

impl Command for Request {
    const SPEC: Spec = Spec::group("group_open_http_svc.get_group_member_info")
        .fails(&[Code::GroupIdInvalid, Code::GroupMissing, Code::GroupAnswerTooLarge])
        .example(r#"{"GroupId":"hikers-01","Limit":100,"Offset":0}"#);
    type Reply = Reply;

    async fn run(self, cx: Arc<Context>) -> Result<Reply, Error> {
        let by = by(&cx, None).await?;
        let group = group(&cx, &self.group_id).await?;
        group.check(&by, Action::ReadMembers)?;
        check_filters(&cx, None, self.fields.as_deref())?;
        know_who_spoke(&cx, &group, self.member_info_filter.as_deref()).await?;
        let roles: Option<Vec<Role>> = self.member_role_filter.iter().map(|name| Role::from_name(name)).collect();
        let roles =
            roles.ok_or_else(|| Error::new(Code::GroupParameterInvalid).detail("a role is Owner, Admin or Member"))?;
        let wanted = |member: &&Member| roles.is_empty() || roles.contains(&member.role);
        let limit = self.limit.filter(|limit| *limit > 0);
        let (members, next) = if group.kind == GroupKind::Community {
            let place = place(&self.next)?;
            let state = group.read();
            let (list, next) =
                page(state.members_after(place).filter(wanted).cloned(), limit.unwrap_or(PAGE).min(PAGE));
            (list, Some(next))
        } else {
            let state = group.read();
            let list = state.members().filter(wanted).skip(self.offset).take(limit.unwrap_or(usize::MAX)).cloned();
            (list.collect(), None)
        };
        let (names, fields) = (self.member_info_filter.as_deref(), self.fields.as_deref());
        let asker = asker(&cx, &group, &by)?;
        let read = read_marks(&cx, &group, names).await?;
        let mut bytes = 0;
        let mut member_list = Vec::with_capacity(members.len());
        for member in &members {
            let listed = listed_member(&cx, (&asker, &group), (member, &read), names, fields);
            bytes += listed.to_string().len() + 1;
            if bytes > ANSWER_BYTES {
                return Err(Code::GroupAnswerTooLarge.into());
            }
            member_list.push(listed);
        }
        Ok(Reply { member_num: group.member_count(), member_list, next })
    }
}

#[cfg(test)]
mod tests {
    use model::{
        Code, Role, UserId,
        group::{Fields, Receive},
    };
    use service::group::Member;

    use super::{page, place};

    fn member(account: i64) -> Member {
        Member {
            account,
            user: UserId::new(&format!("u{account}")).unwrap(),
            role: Role::Member,
            joined: 100 + account,
            join_sequence: 0,
            name_card: String::new(),
            fields: Fields::default(),
            receive: Receive::AcceptAndNotify,
            last_sent: 0,
        }
    }

    #[test]
    fn a_cursor_leads_on_until_the_end() {
        let pages = |count: i64, limit| page((1..=count).map(member), limit);
        let (list, next) = pages(3, 2);
        assert_eq!((list.len(), next.as_str()), (2, "102_2"));
        assert_eq!(place(&next).unwrap(), Some((102, 2)));
        for count in [0, 1, 2] {
            let (list, next) = pages(count, 2);
            assert_eq!((list.len(), next.as_str()), (count as usize, ""));
        }
    }

    #[test]
    fn cursors_of_others_are_refused() {
        assert_eq!((place("").unwrap(), place("0").unwrap()), (None, None));
        for bad in ["1", "a_b", "1_", "_1", "1_2_3"] {
            assert_eq!(place(bad).unwrap_err().code, Code::GroupParameterInvalid, "{bad}");
        }
    }
}
