//! The one table of result codes: number, name, kind, text.
//!
//! Protocol numbers are the public ones, so existing clients act on them; numbers from 1 000 001 up are our own and
//! reach only the console. Where a public number has two meanings the table holds the common one, and the place that
//! means the other says so in the error's detail.

use std::fmt;

/// What a failure means to everyone except its reader: whether to log, whether a retry helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request cannot be fulfilled as it stands; nothing is logged.
    Caller,
    /// The caller is not who or what the request needs: signature, session or administrator right.
    Auth,
    /// The same request may succeed later: a rate, a daily volume, a timeout, a collision.
    Busy,
    /// A fault of this server: logged as an error, and the caller sees only a generic text.
    Ours,
}

macro_rules! codes {
    ($($number:literal $name:ident $kind:ident $text:literal;)+) => {
        /// A result code other than success.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", stringify!($number), "`: ", $text, ".")] $name,)+
        }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Returns the number sent on the wire.
            pub const fn number(self) -> i32 {
                match self { $(Self::$name => $number,)+ }
            }

            /// Returns what the code means for logging and retrying.
            pub const fn kind(self) -> Kind {
                match self { $(Self::$name => Kind::$kind,)+ }
            }

            /// Returns an English phrase for the caller: lowercase, no full stop.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Returns the variant's name, for logs and metrics.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// Finds the code with this wire number.
            pub const fn from_number(number: i32) -> Option<Self> {
                match number { $($number => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

codes! {
    // History download, and the kick that can answer any request of a web client.
    1001 HistoryRequestMalformed Caller "the history request or its URL is malformed";
    1002 KickedOut Auth "this session was signed out by the server";
    1003 HistoryInternal Ours "internal error while preparing the history file";
    1004 HistoryNotReady Busy "the history file is not ready yet, or that hour has no messages";
    1005 HistoryExpired Caller "the history file has expired";
    2003 AuditParameterInvalid Caller "a parameter of the content audit is wrong";
    2004 AuditAdminRequired Auth "only an administrator of the application may ask this of the content audit";
    2015 AuditDisabled Caller "this server audits texts alone";
    2016 TooManyAuditWords Caller "at most 10 words in one request";

    // Groups.
    10001 GroupSignInRequired Auth "the caller is not signed in";
    10002 GroupInternal Ours "internal error in the group service, try again";
    10003 GroupNoSuchCommand Caller "unknown group command";
    10004 GroupParameterInvalid Caller "a group parameter is not valid";
    10005 GroupTooManyAccounts Caller "too many accounts in one group request";
    10006 GroupTooFrequent Busy "group requests are too frequent, or the daily growth of groups is used up";
    10007 GroupNoPermission Caller "the group type does not support this, or the caller's role is too low";
    10008 GroupRequestIllegal Auth "the group request is not allowed: bad signature, or the feature is not enabled";
    10009 OwnerCannotQuit Caller "the owner cannot quit the group, transfer it or dismiss it first";
    10010 GroupMissing Caller "the group does not exist or was dismissed";
    10011 GroupBodyNotJson Caller "the body of the group request is not valid JSON";
    10012 GroupOperatorInvalid Caller "the operator's UserID is not valid";
    10013 AlreadyMember Caller "the user is already a member of the group";
    10014 GroupFull Caller "the group is full";
    10015 GroupIdInvalid Caller "the group id is malformed or names no group";
    10016 GroupCallbackRefused Caller "refused by the application's callback";
    10017 MemberMuted Caller "the sender is muted in this group";
    10018 GroupAnswerTooLarge Caller "the answer would exceed 1 MB, ask for fewer fields or a smaller page";
    10019 GroupAccountMissing Caller "the account does not exist";
    10020 ImportedMessageTooLong Caller "the imported group message is too long";
    10021 GroupIdTaken Caller "the group id is already in use, choose another";
    10023 GroupSendTooFrequent Busy "messages are sent to this group too fast, at most 40 a second";
    10024 ApplicationHandled Caller "the application or invitation was already handled";
    10025 GroupIdTakenByOwner Caller "the group id is already in use by this owner";
    10026 GroupCommandDisabled Caller "this group command is disabled for the application";
    10030 GroupMessageMissing Caller "the group message to recall does not exist";
    10031 GroupRecallTooLate Caller "the group message is too old to be recalled";
    10032 GroupMessageNotRecallable Caller "this group message cannot be recalled";
    10033 GroupTypeCannotRecall Caller "this group type does not support recalling messages";
    10034 GroupMessageNotDeletable Caller "this kind of group message cannot be deleted";
    10035 GroupTypeCannotDelete Caller "this group type does not support deleting messages";
    10036 LiveGroupQuotaUsedUp Caller "the number of AVChatRoom groups the application may have is used up";
    10037 UserGroupQuotaUsedUp Caller "the number of groups or topics the user may have is used up";
    10038 MemberQuotaUsedUp Caller "the number of members the group may have is used up";
    10041 GroupRecallDisabled Caller "recalling group messages is switched off for the application";
    10044 GroupTypeNoRoaming Caller "this group type keeps no message history";
    10045 AttributeKeyTooLong Caller "a group attribute key is longer than 32 bytes";
    10046 AttributeValueTooLong Caller "a group attribute value is longer than 4000 bytes";
    10047 TooManyAttributes Caller "a group can have at most 16 attributes";
    10048 AttributesTooLarge Caller "the group attribute values together exceed 16000 bytes";
    10049 AttributesTooFrequent Busy "group attributes are written too fast, at most 5 times a second";
    10050 AttributeMissing Caller "the group attribute to delete does not exist";
    10051 DeletionRangeTooWide Caller "the range of group messages to delete is too wide";
    10052 GroupMessageNotFound Caller "the group has no such message";
    10053 TooManyMentions Caller "a group message can mention at most 30 members";
    10054 MemberListTooLarge Caller "the group has too many members for one answer, fetch them by page";
    10056 AttributeConflict Caller "another member changed the group attributes, read them again first";
    10058 TrialGroupQuotaUsedUp Caller "the trial plan's number of groups is used up";
    10059 PlanTooSmall Caller "the application's plan does not include this group feature";
    10060 GroupTooLargeForReceipts Caller "the group has too many members for read receipts";
    10061 OnlineMessageWithoutReceipts Caller "an online-only message cannot have read receipts";
    10062 ReceiptMissing Caller "the message has no read receipt information";
    10063 TooManyCounters Caller "a group can have at most 20 counters";
    10070 TooManyPinnedMessages Caller "the group has the largest number of pinned messages already";
    11000 CommunityDisabled Caller "communities and topics are not enabled for the application";
    110_002 TopicDismissalFailed Ours "the topic could not be dismissed, try again";
    110_003 TopicMissing Caller "the topic does not exist or was dismissed";
    110_006 PermissionGroupMissing Caller "the permission group does not exist";
    110_007 PermissionGroupDeletionFailed Ours "the permission group could not be deleted, try again";
    110_008 PermissionGroupDeleted Caller "the permission group was deleted";
    110_010 TopicAlreadyInPermissionGroup Caller "the topic is already in the permission group";
    110_011 TopicNotInPermissionGroup Caller "the topic is not in the permission group";
    110_012 PermissionGroupFull Caller "the permission group is full";
    110_013 TopicIdInvalid Caller "the topic id is not valid";
    110_014 TopicPermissionDeleted Caller "the topic's permission was deleted";

    // One-to-one messages.
    20001 MessageRequestMalformed Caller "the message request is malformed";
    20002 LoginTicketInvalid Auth "the UserSig or the session is no longer valid, log in again";
    20003 PeerUnknown Caller "the sender or the receiver does not exist";
    20004 MessageNetwork Busy "network trouble, try again";
    20005 MessageInternal Ours "internal error in the message service, try again";
    20006 MessageCallbackRefused Caller "the application's callback refused the message";
    20007 Blocked Caller "the receiver has blocked the sender";
    20008 PeerInOtherApp Caller "the sender and the receiver belong to different applications";
    20009 NotMutualFriends Caller "the sender and the receiver are not friends";
    20010 NotInReceiversFriends Caller "the sender is not a friend of the receiver";
    20011 NotInSendersFriends Caller "the receiver is not a friend of the sender";
    20012 SenderMuted Caller "the sender is muted";
    20016 RecallTooLate Caller "the message is too old to be recalled";
    20018 HistoryDeletionFailed Ours "internal error while deleting messages, try again";
    20022 MessageMissing Caller "the message does not exist";
    20023 AlreadyRecalled Caller "the message was already recalled";
    20027 ModifyConflict Caller "the message was changed by someone else, apply the change to its new state";
    20028 ModifyCollision Busy "the message is being changed by someone else, try again";
    23001 ExtensionConflict Caller "the message extension was changed by someone else, read it again first";
    23002 ExtensionUnsupported Caller "the message was not sent with extension support";
    23003 ExtensionTooFrequent Busy "the extensions of this message are written too fast, at most 200 times a minute";
    23004 ExtensionMessageMissing Caller "the message of the extension or reaction does not exist";
    23005 TooManyReactions Caller "the message has the largest number of reactions already";
    23006 TooManyReactionUsers Caller "the reaction has the largest number of users already";
    23007 AlreadyReacted Caller "the user already gave this reaction";
    23008 ReactionMissing Caller "the reaction does not exist";
    23009 NotReacted Caller "the user did not give this reaction";
    27003 SearchInvalid Caller "the search takes 1 to 5 words and its own kinds of filters";

    // Relationship chain.
    30001 RelationParameterInvalid Caller "a parameter of the relationship request is not valid";
    30002 RelationAppMismatch Caller "the accounts belong to different applications";
    30003 RelationAccountMissing Caller "the account does not exist";
    30004 RelationAdminRequired Auth "only an administrator may do this";
    30005 RelationTextRejected Caller "the text contains a forbidden word";
    30006 RelationInternal Ours "internal error in the relationship service, try again";
    30007 RelationTimedOut Busy "the relationship service timed out, try again";
    30008 RelationCollision Busy "simultaneous relationship changes collided, use one batch request";
    30009 FriendRequestForbidden Caller "an administrator forbade this user to send friend requests";
    30010 FriendListFull Caller "the user's friend list is full";
    30011 TooManyFriendGroups Caller "the user has the largest number of friend groups already";
    30012 TooManyFriendRequests Caller "the receiver has the largest number of pending friend requests already";
    30013 BlockListFull Caller "the block list is full";
    30014 PeerFriendListFull Caller "the other user's friend list is full";
    30015 AlreadyFriends Caller "the users are already friends";
    30515 PeerIsBlocked Caller "the other user is in the requester's block list";
    30516 FriendRequestsRefused Caller "the other user accepts no friend requests";
    30525 BlockedByPeer Caller "the requester is in the other user's block list";
    30539 FriendConsentPending Caller "the friend request waits for the other user's consent";
    30540 FriendRequestTooFrequent Busy "friend requests are sent too often, try later";
    30614 FriendRequestMissing Caller "the pending friend request does not exist";
    31211 NotFriend Caller "the account is not a friend";
    31704 FriendToDeleteMissing Caller "the account to delete is not a friend";
    31707 FriendDeletionTooFrequent Busy "friends are deleted too often, try later";
    31804 FriendAccountMissing Caller "the friend's account does not exist";
    32100 FollowingListFull Caller "the user's following list is full";
    32101 FollowerListFull Caller "the other user's follower list is full";
    32102 MutualListFull Caller "the user's mutual following list is full";
    32103 PeerMutualListFull Caller "the other user's mutual following list is full";
    32216 FriendGroupAccountNotFriend Caller "the account to put into the friend group is not a friend";

    // Profiles.
    40001 ProfileParameterInvalid Caller "a parameter of the profile request is not valid";
    40002 ProfileAccountsEmpty Caller "the request names no account whose profile is wanted";
    40003 ProfileAccountMissing Caller "the account does not exist";
    40004 ProfileAdminRequired Auth "only an administrator may do this";
    40005 ProfileTextRejected Caller "the profile contains a forbidden word";
    40006 ProfileInternal Ours "internal error in the profile service, try again";
    40007 ProfileTagUnreadable Caller "no right to read this profile field";
    40008 ProfileTagUnwritable Caller "no right to write this profile field";
    40009 ProfileTagMissing Caller "the profile field does not exist";
    40601 ProfileValueTooLong Caller "the profile value is longer than 500 bytes";
    40605 ProfileValueInvalid Caller "the value is not allowed for this standard profile field";
    40610 ProfileValueTypeWrong Caller "the JSON type of the value does not fit the profile field";

    // Conversations.
    50001 ContactAccountMissing Caller "the account does not exist";
    50002 ContactParameterInvalid Caller "a parameter of the conversation request is not valid";
    50003 ContactAdminRequired Auth "only an administrator may do this";
    50004 ContactInternal Ours "internal error in the conversation service, try again";
    50005 ContactTimedOut Busy "the conversation service timed out, try again";
    51006 ContactCountInvalid Caller "the number of conversations in one request must be 1 to 100";
    51007 ContactGroupUnresolved Caller "a group among the conversations does not exist or was dismissed";
    51008 TooManyGroupedContacts Caller "at most 1000 conversations can be in groups or have marks";
    51009 ContactGroupMissing Caller "the conversation group does not exist";
    51010 TooManyContactGroups Caller "a user can have at most 20 conversation groups";
    51011 ContactGroupNameTooLong Caller "the conversation group name is longer than 32 bytes";
    51012 TooManyPinnedContacts Caller "at most 50 conversations can be pinned";
    51013 ContactPlanTooSmall Caller "the application's plan does not include conversation groups and marks";

    // The door of REST.
    60002 PathMalformed Caller "the URL is not of the form /v4/service/command";
    60003 BodyNotJson Caller "the request body is not a JSON object";
    60004 CredentialsMissing Auth "the account or the signature is missing in the URL";
    60005 CredentialsInvalid Auth "the account or the signature in the URL is not valid";
    60006 SdkAppIdUnknown Caller "no application has this SDKAppID";
    60007 CommandTooFrequent Busy "this command is called more often than allowed";
    60008 Broken Ours "internal error, try again";
    60009 NoSuchCommand Caller "there is no such service or command";
    60010 AdminRequired Auth "the identifier must be an administrator of the application";
    60011 AppTooFrequent Busy "the requests of this application together are too frequent";
    60012 SdkAppIdMissing Caller "the SDKAppID is missing in the URL";
    60013 ReplyNotJson Ours "an internal reply was not valid JSON";
    60014 AccountLookupTimedOut Busy "looking up the account timed out, try again";
    60015 AccountNotString Caller "an account in the body is not a JSON string";
    60016 AppDisabled Caller "the application is disabled";
    60017 RequestForbidden Caller "this request is forbidden for the application";
    60018 TooManyRequests Busy "too many requests, try later";
    60019 Overloaded Busy "the server is overloaded, try later";
    60020 PlanInactive Caller "the application's plan has expired or is not active yet";
    60021 AddressNotAllowed Auth "the caller's IP address is not in the allow-list";
    60028 DailyVolumeUsedUp Busy "the application's daily volume of REST requests is used up";

    // UserSig and accounts.
    70001 UserSigExpired Auth "the UserSig has expired, make a new one";
    70002 UserSigEmpty Auth "the UserSig is empty";
    70003 UserSigUndecodable Auth "the UserSig cannot be decoded, it was probably cut off or not encoded for the URL";
    70005 UserSigInvalid Auth "the UserSig is not valid";
    70009 UserSigKeyMismatch Auth "the UserSig was not signed with a key of this application";
    70013 UserSigIdentifierMismatch Auth "the UserSig was made for another UserID";
    70014 UserSigAppMismatch Auth "the UserSig was made for another SDKAppID";
    70016 UserSigKeyMissing Auth "the application has no key that could check this kind of UserSig";
    70020 AppMissing Auth "no application has this SDKAppID";
    70050 UserSigTooManyFailures Busy "too many failed UserSig checks, try again in a minute";
    70051 AccountBlocked Auth "the account is blocked";
    70052 UserSigRevoked Auth "the UserSig was revoked, make a new one";
    70101 TicketExpired Auth "the login ticket has expired";
    70107 AccountMissing Caller "the account does not exist";
    70114 LoginRefused Auth "the login was refused for security reasons, log in less often";
    70169 AccountTimedOut Busy "the account service timed out, try again";
    70202 AccountServiceTimedOut Busy "the account service did not answer in time, try again";
    70206 AccountBatchInvalid Caller "the number of accounts in one request is not allowed";
    70398 AccountQuotaUsedUp Caller "the number of accounts the application may have is used up";
    70402 AccountParameterInvalid Caller "a parameter of the account request is not valid";
    70403 AccountAdminRequired Auth "only an administrator may do this";
    70404 AccountProfileTimedOut Busy "saving the account's profile timed out, try again";
    70500 AccountInternal Ours "internal error in the account service, try again";
    71000 AccountDeletionForbidden Caller "accounts of this application cannot be deleted";
    72000 DailyUsersUsedUp Caller "the application's number of daily active users is used up";
    72001 UserStatusDisabled Caller "querying and announcing user status is switched off for the application";
    72002 MonthlyUsersUsedUp Caller "the application's number of monthly active users is used up";
    72012 ProfileSubscriptionDisabled Caller "subscribing to profiles is switched off for the application";

    // Content and callbacks.
    80001 TextRejected Caller "the text was rejected by the content check";
    80002 MessageTooLong Caller "the message is longer than the limit";
    80003 CallbackFailed Caller "the application's callback failed, and the application blocks messages then";
    80004 PictureRejected Caller "the picture was rejected by the content check";
    80005 ServiceStopped Caller "the service is stopped for this application";

    // Message and push requests.
    90001 OpenimBodyNotJson Caller "the body is not valid JSON, or an account list is empty";
    90002 MsgBodyMalformed Caller "the MsgBody field is not a list of elements with MsgType and MsgContent";
    90003 ToAccountInvalid Caller "the To_Account field is missing, has the wrong type or names no account";
    90004 MsgSeqInvalid Caller "the MsgSeq field must be an integer from 0 to 4294967295";
    90005 MsgRandomInvalid Caller "the MsgRandom field is missing or not an integer from 0 to 4294967295";
    90006 MsgTimeStampInvalid Caller "the MsgTimeStamp field is missing or not an integer";
    90007 MsgBodyNotArray Caller "the MsgBody field is not an array";
    90008 FromAccountInvalid Caller "the From_Account field is missing or names no account";
    90009 OpenimAdminRequired Auth "only an administrator may do this";
    90010 MessageMalformed Caller "the body does not have the form of a message";
    90011 TooManyReceivers Caller "too many accounts in one request, at most 500";
    90012 ReceiverUnknown Caller "the account in To_Account does not exist";
    90013 PushTagTooLong Caller "a push tag is longer than 50 bytes";
    90014 TooManyTaskIds Caller "too many push task ids in one request";
    90015 TaskIdMissing Caller "the push task id is missing";
    90016 TaskUnknown Caller "the push task does not exist";
    90017 TaskLookupFailed Busy "the state of the push task could not be read, try again";
    90018 TooManyPushAccounts Caller "too many accounts in one request, at most 100";
    90019 PushRequestMalformed Caller "the attribute or tag request is malformed";
    90020 PushTagInvalid Caller "a push attribute or tag is not valid";
    90022 PushTagRepeated Caller "one tag is in both TagsOr and TagsAnd";
    90023 PushTagQueryMalformed Caller "the request for tags is malformed";
    90024 PushTooFrequent Busy "pushes must be at least one second apart";
    90025 PushTaskExists Caller "a push with the same MsgRandom exists already";
    90026 MsgLifeTimeTooLong Caller "the MsgLifeTime field is over 604800 seconds (7 days)";
    90027 PushConditionInvalid Caller "the push condition is not valid";
    90030 SyncFromOldSystemInvalid Caller "the SyncFromOldSystem field is missing or not an allowed value";
    90031 SyncOtherMachineInvalid Caller "the SyncOtherMachine field must be the integer 1 or 2";
    90032 TooManyPushTags Caller "too many push tags in one request, at most 10";
    90033 PushAttributeUndefined Caller "the push attribute is not defined for the application";
    90034 TagTooLong Caller "a tag is longer than 50 bytes";
    90035 PushUserInvalid Caller "a user in the attribute request is not valid";
    90039 PushConditionMixed Caller "a push condition cannot mix attributes and tags";
    90040 PushTagEmpty Caller "a push condition contains an empty tag";
    90043 OfflinePushInfoInvalid Caller "the OfflinePushInfo field is malformed";
    90044 MsgLifeTimeInvalid Caller "the MsgLifeTime field must be an integer";
    90045 PushToAllDisabled Caller "pushing to all users is not enabled for the application";
    90046 TooManyUserTags Caller "a user can have at most 100 tags";
    90047 PushQuotaUsedUp Busy "the application's daily number of pushes is used up";
    90048 MessageAccountMissing Caller "the account does not exist";
    90049 PushTaskMissing Caller "there is no such push task to withdraw";
    90050 PushTaskWithdrawn Caller "the push task was withdrawn before";
    90051 PushWithdrawalTooFrequent Busy "at most one push can be withdrawn a second";
    90054 MsgKeyInvalid Caller "the MsgKey field is malformed";
    90055 BatchBodyTooLong Caller "the body of the batch message is too long";
    90992 OpenimUnavailable Ours "internal error, try again; if every call fails, the application's callback does not answer";
    90994 OpenimBroken Ours "internal error in the message service, try again later";
    90995 OpenimFailed Ours "internal error while handling the message request, try again";
    91000 OpenimInternal Ours "internal error, try again";
    91101 TooManyWebSessions Auth "signed out because the account is signed in on too many web clients";
    93000 BodyTooLong Caller "the message body is longer than the limit";

    // Configuration service.
    130_001 ConfigBodyNotJson Caller "the body is not valid JSON";
    130_002 GetAccountMissing Caller "the Get_Account field is missing";
    130_003 GetAccountInvalid Caller "the Get_Account field is not valid";
    130_004 SetAccountMissing Caller "the Set_Account field is missing";
    130_005 SetAccountInvalid Caller "the Set_Account field is not valid";
    130_008 MuteTimeMissing Caller "give at least one of C2CmsgNospeakingTime and GroupmsgNospeakingTime";
    130_009 StatisticsUnopened Ours "the statistics could not be opened";
    130_010 StatisticsUnanswered Ours "the statistics did not answer";
    130_011 StatisticsQueryFailed Ours "the statistics query failed";
    130_012 StatisticsUnusable Ours "the result of the statistics query is unusable";
    130_014 ConfigInternal Ours "internal error in the configuration service, try again";

    // Our own, for the console.
    1_000_001 SignInRequired Caller "sign in first";
    1_000_002 SignInFailed Caller "the name or the password is wrong";
    1_000_003 TooManyAttempts Caller "too many attempts, wait a moment";
    1_000_004 Forbidden Caller "your role does not allow this";
    1_000_005 NotFound Caller "there is no such thing";
    1_000_006 Invalid Caller "a value is missing or not valid";
    1_000_007 AlreadySetUp Caller "this server is set up already, sign in instead";
    1_000_008 SetupTokenWrong Caller "the setup token is wrong, the server prints it when it starts";
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Code, Kind};

    #[test]
    fn numbers_and_names_are_unique() {
        let numbers: BTreeSet<_> = Code::ALL.iter().map(|code| code.number()).collect();
        let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(numbers.len(), Code::ALL.len());
        assert_eq!(names.len(), Code::ALL.len());
        assert!(!numbers.contains(&0), "0 is success");
    }

    #[test]
    fn number_and_code_are_inverse() {
        for &code in Code::ALL {
            assert_eq!(Code::from_number(code.number()), Some(code));
        }
        for number in [0, -1, 60001, 90021, i32::MAX, i32::MIN] {
            assert_eq!(Code::from_number(number), None);
        }
    }

    #[test]
    fn texts_follow_the_style() {
        for code in Code::ALL {
            let text = code.text();
            assert!(text.len() > 8, "{code:?}: {text}");
            assert!(text.starts_with(|c: char| c.is_ascii_lowercase()), "{code:?}: {text}");
            assert!(!text.ends_with(['.', ' ', '!']), "{code:?}: {text}");
        }
    }

    #[test]
    fn no_code_is_the_apps_own_number() {
        for code in Code::ALL {
            let number = code.number();
            assert!(!(10_100..=10_200).contains(&number), "{code:?}");
            assert!(!(38_000..=39_000).contains(&number), "{code:?}");
            assert!(!(120_001..=130_000).contains(&number), "{code:?}");
        }
    }

    /// Clients act on these numbers, so a slip in the table would log users out or hide a failure.
    #[test]
    fn codes_clients_act_on() {
        for (code, number, kind) in [
            (Code::KickedOut, 1002, Kind::Auth),
            (Code::UserSigExpired, 70001, Kind::Auth),
            (Code::LoginTicketInvalid, 20002, Kind::Auth),
            (Code::ModifyConflict, 20027, Kind::Caller),
            (Code::FriendConsentPending, 30539, Kind::Caller),
            (Code::TextRejected, 80001, Kind::Caller),
            (Code::Broken, 60008, Kind::Ours),
            (Code::CommandTooFrequent, 60007, Kind::Busy),
        ] {
            assert_eq!((code.number(), code.kind()), (number, kind));
        }
    }
}
