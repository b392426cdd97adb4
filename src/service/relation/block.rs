//! Block lists: who is in one is heard no more, and is no friend.

use std::{collections::BTreeSet, sync::Arc};

use model::{Callback, Code, Error, Millis, quota};
use store::tables::relation::RelationChange;

use super::{List, Results, notice::Kind, refused};
use crate::{Account, LiveApp, Services, broken};

impl Services {
    /// Blocks users. It ends friendships and applications between them and the user, on both sides.
    pub async fn block(
        self: &Arc<Self>,
        app: &LiveApp,
        me: &Account,
        peers: &[Arc<Account>],
    ) -> Result<Results, Error> {
        let mut draft = self.draft(app, me, peers.iter().map(|peer| peer.number)).await?;
        let mut blocked: BTreeSet<i64> = self.relations.list(List::Blocked, me.number).await?.iter().copied().collect();
        let holders = self.holders(me).await?;
        let mut pairs = Vec::new();
        let mut results = Vec::with_capacity(peers.len());
        for peer in peers {
            if peer.number == me.number {
                results.push(refused(Code::RelationParameterInvalid, "nobody blocks himself"));
            } else if blocked.contains(&peer.number) {
                results.push(refused(Code::RelationParameterInvalid, "Err_SNS_BlackListAdd_Already_Exist"));
            } else if blocked.len() >= quota::BLOCKED {
                results.push(Err(Code::BlockListFull.into()));
            } else {
                blocked.insert(peer.number);
                pairs.push((me.user.clone(), peer.user.clone()));
                draft.batch.change(me.number, peer.number, RelationChange::Block(self.world.now()));
                draft.notices.names(me.number, Kind::Blocked, peer.user.as_str());
                if draft.friends.contains(&peer.number) {
                    draft.unfriend(me.number, (peer.number, peer.user.as_str()));
                }
                if holders.contains(&peer.number) {
                    draft.unfriend(peer.number, (me.number, me.user.as_str()));
                }
                draft.withdraw_all(self, peer).await?;
                results.push(Ok(()));
            }
        }
        self.finish(draft).await?;
        self.tell_pairs(Callback::BlackListAdd, me, &pairs).await?;
        Ok(results)
    }

    /// Ends the blocking of users; friendships do not come back.
    pub async fn unblock(
        self: &Arc<Self>,
        app: &LiveApp,
        me: &Account,
        peers: &[Arc<Account>],
    ) -> Result<Results, Error> {
        let mut draft = self.draft(app, me, peers.iter().map(|peer| peer.number)).await?;
        let mut blocked: BTreeSet<i64> = self.relations.list(List::Blocked, me.number).await?.iter().copied().collect();
        let mut pairs = Vec::new();
        let mut results = Vec::with_capacity(peers.len());
        for peer in peers {
            if !blocked.remove(&peer.number) {
                results.push(refused(Code::RelationParameterInvalid, "Err_SNS_BlackListDelete_Not_Exist"));
                continue;
            }
            draft.batch.change(me.number, peer.number, RelationChange::Unblock);
            pairs.push((me.user.clone(), peer.user.clone()));
            draft.notices.names(me.number, Kind::Unblocked, peer.user.as_str());
            results.push(Ok(()));
        }
        self.finish(draft).await?;
        self.tell_pairs(Callback::BlackListDelete, me, &pairs).await?;
        Ok(results)
    }

    /// A page of those whom a user blocks, with the time since when, and the sequence that counts the list's changes.
    pub async fn blocked(&self, me: &Account, start: i64, limit: i64) -> Result<(Vec<(String, Millis)>, i64), Error> {
        let state = self.store.book.relation_state(me.number).await.map_err(broken)?;
        let page = self.store.book.blocked(me.number, start, limit).await.map_err(broken)?;
        Ok((page, state.blocked))
    }
}
