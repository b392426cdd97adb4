-- The operator's side: the platform, its operators, their apps.
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE TABLE counter (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counter (name, value) VALUES ('app', 1400000000), ('account', 0), ('conversation', 0), ('contact_group', 0);
CREATE TABLE operator (
    name TEXT NOT NULL PRIMARY KEY,
    password TEXT NOT NULL,
    role TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE TABLE operator_session (
    token TEXT NOT NULL PRIMARY KEY,
    operator TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL
);
CREATE INDEX operator_session_by_operator ON operator_session (operator);
CREATE TABLE app (
    sdkappid BIGINT NOT NULL PRIMARY KEY,
    body BLOB NOT NULL,
    version BIGINT NOT NULL
);

-- Accounts. The number is unique over all apps; the TinyId of the protocol is made of it.
CREATE TABLE account (
    number BIGINT NOT NULL PRIMARY KEY,
    app BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    robot BIGINT NOT NULL,
    created BIGINT NOT NULL,
    signed_after BIGINT NOT NULL,
    profile BLOB NOT NULL,
    preferences BLOB NOT NULL
);
CREATE UNIQUE INDEX account_by_name ON account (app, user_id);
CREATE TABLE session (
    account BIGINT NOT NULL,
    instance BIGINT NOT NULL,
    ticket TEXT NOT NULL,
    platform BIGINT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (account, instance)
);
CREATE UNIQUE INDEX session_by_ticket ON session (ticket);
CREATE TABLE blocked (
    account BIGINT NOT NULL,
    peer BIGINT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (account, peer)
);
CREATE TABLE follow (
    account BIGINT NOT NULL,
    peer BIGINT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (account, peer)
);
CREATE INDEX follow_by_peer ON follow (peer, account);

-- Conversations of two accounts, and what each of the two keeps about it.
CREATE TABLE conversation (
    number BIGINT NOT NULL PRIMARY KEY,
    app BIGINT NOT NULL,
    low BIGINT NOT NULL,
    high BIGINT NOT NULL,
    mixed BIGINT NOT NULL
);
CREATE UNIQUE INDEX conversation_by_pair ON conversation (low, high);
CREATE TABLE contact (
    account BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    peer BIGINT NOT NULL,
    read_sequence BIGINT NOT NULL,
    read_time BIGINT NOT NULL,
    cleared_sequence BIGINT NOT NULL,
    left_position BIGINT NOT NULL,
    pinned BIGINT NOT NULL,
    mute BIGINT NOT NULL,
    marks BIGINT NOT NULL,
    custom_mark TEXT NOT NULL,
    changed BIGINT NOT NULL,
    PRIMARY KEY (account, conversation)
);
CREATE TABLE hidden_message (
    account BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    PRIMARY KEY (account, conversation, sequence)
);
CREATE TABLE contact_group (
    account BIGINT NOT NULL,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (account, number)
);
CREATE UNIQUE INDEX contact_group_by_name ON contact_group (account, name);
CREATE TABLE contact_group_member (
    account BIGINT NOT NULL,
    contact_group BIGINT NOT NULL,
    conversation BIGINT NOT NULL,
    PRIMARY KEY (account, contact_group, conversation)
);

-- What is attached to single messages.
CREATE TABLE extension (
    conversation BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (conversation, sequence, name)
);
CREATE TABLE extension_state (
    conversation BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    latest BIGINT NOT NULL,
    cleared BIGINT NOT NULL,
    PRIMARY KEY (conversation, sequence)
);
CREATE TABLE reaction (
    conversation BIGINT NOT NULL,
    sequence BIGINT NOT NULL,
    name TEXT NOT NULL,
    account BIGINT NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (conversation, sequence, name, account)
);
CREATE TABLE long_message (
    app BIGINT NOT NULL,
    name TEXT NOT NULL,
    body BLOB NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (app, name)
);
CREATE TABLE upload (
    name TEXT NOT NULL PRIMARY KEY,
    app BIGINT NOT NULL,
    account BIGINT NOT NULL,
    file_name TEXT NOT NULL,
    kind BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    created BIGINT NOT NULL
);
