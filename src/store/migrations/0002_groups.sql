-- Groups. A group is a conversation; its number comes from the counter of conversations. How a member sees it is
-- kept in contact with peer = 0. The owner is an account, 0 when there is none.
INSERT INTO counter (name, value) VALUES ('application', 0);
CREATE INDEX contact_by_conversation ON contact (conversation);
CREATE INDEX hidden_message_by_conversation ON hidden_message (conversation);
CREATE INDEX contact_group_member_by_conversation ON contact_group_member (conversation);
CREATE TABLE chat_group (
    number BIGINT NOT NULL PRIMARY KEY,
    app BIGINT NOT NULL,
    group_id TEXT NOT NULL,
    kind BIGINT NOT NULL,
    owner BIGINT NOT NULL,
    created BIGINT NOT NULL,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX chat_group_by_id ON chat_group (app, group_id);
CREATE INDEX chat_group_by_kind ON chat_group (app, kind, number);
CREATE INDEX chat_group_by_time ON chat_group (app, created);
CREATE TABLE group_member (
    conversation BIGINT NOT NULL,
    account BIGINT NOT NULL,
    role BIGINT NOT NULL,
    joined BIGINT NOT NULL,
    join_sequence BIGINT NOT NULL,
    name_card TEXT NOT NULL,
    fields BLOB NOT NULL,
    PRIMARY KEY (conversation, account)
);
CREATE INDEX group_member_by_account ON group_member (account, conversation);
CREATE TABLE topic (
    number BIGINT NOT NULL PRIMARY KEY,
    community BIGINT NOT NULL,
    topic_id TEXT NOT NULL,
    created BIGINT NOT NULL,
    body BLOB NOT NULL
);
CREATE UNIQUE INDEX topic_by_id ON topic (community, topic_id);

-- What is going on in a group. Indexes by account serve the removal of an account.
CREATE TABLE group_mute (
    conversation BIGINT NOT NULL,
    account BIGINT NOT NULL,
    until BIGINT NOT NULL,
    PRIMARY KEY (conversation, account)
);
CREATE INDEX group_mute_by_account ON group_mute (account);
-- Which sign-ins listen to which live rooms, so that they still do after a restart.
CREATE TABLE room_listener (
    account BIGINT NOT NULL,
    instance BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    PRIMARY KEY (account, instance, conversation)
);
CREATE INDEX room_listener_by_conversation ON room_listener (conversation);
CREATE TABLE group_ban (
    conversation BIGINT NOT NULL,
    account BIGINT NOT NULL,
    until BIGINT NOT NULL,
    note TEXT NOT NULL,
    PRIMARY KEY (conversation, account)
);
CREATE INDEX group_ban_by_account ON group_ban (account);
CREATE TABLE group_application (
    number BIGINT NOT NULL PRIMARY KEY,
    conversation BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    applicant BIGINT NOT NULL,
    subject BIGINT NOT NULL,
    created BIGINT NOT NULL,
    message TEXT NOT NULL,
    verdict BIGINT NOT NULL,
    handler BIGINT NOT NULL,
    answer TEXT NOT NULL
);
CREATE INDEX group_application_by_verdict ON group_application (conversation, verdict);
CREATE INDEX group_application_by_applicant ON group_application (applicant);
CREATE INDEX group_application_by_subject ON group_application (subject);
CREATE TABLE group_extra (
    conversation BIGINT NOT NULL,
    name TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (conversation, name)
);
CREATE TABLE group_receipt (
    conversation BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    account BIGINT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (conversation, sequence, account)
);
CREATE INDEX group_receipt_by_account ON group_receipt (account);
CREATE TABLE group_recall (
    conversation BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (conversation, sequence)
);
CREATE INDEX group_recall_by_time ON group_recall (conversation, created);
CREATE TABLE mention (
    conversation BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    account BIGINT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (conversation, sequence, account)
);
CREATE INDEX mention_by_account ON mention (account, conversation, sequence);
