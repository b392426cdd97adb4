-- Relations of users. Lists of friends are directed: a row says that the peer is in the account's list. An application
-- stands in the lists of both sides, each with a row of its own. Indexes by peer serve changes of profiles and the
-- removal of an account.
CREATE INDEX blocked_by_peer ON blocked (peer);
CREATE INDEX blocked_by_time ON blocked (account, created, peer);
CREATE TABLE friend (
    account BIGINT NOT NULL,
    peer BIGINT NOT NULL,
    created BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (account, peer)
);
CREATE INDEX friend_by_time ON friend (account, created, peer);
CREATE INDEX friend_by_peer ON friend (peer, account);
CREATE TABLE friend_group (
    account BIGINT NOT NULL,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (account, number)
);
CREATE UNIQUE INDEX friend_group_by_name ON friend_group (account, name);
CREATE TABLE friend_group_member (
    account BIGINT NOT NULL,
    peer BIGINT NOT NULL,
    friend_group BIGINT NOT NULL,
    PRIMARY KEY (account, peer, friend_group)
);
CREATE INDEX friend_group_member_by_group ON friend_group_member (account, friend_group, peer);
CREATE INDEX friend_group_member_by_peer ON friend_group_member (peer);
CREATE TABLE friend_application (
    account BIGINT NOT NULL,
    peer BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    created BIGINT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (account, peer, sent)
);
CREATE INDEX friend_application_by_peer ON friend_application (peer);
-- Counters that grow with every change of an account's lists, and up to when it has seen its applications.
CREATE TABLE relation_state (
    account BIGINT NOT NULL PRIMARY KEY,
    standard BIGINT NOT NULL,
    custom BIGINT NOT NULL,
    grouped BIGINT NOT NULL,
    blocked BIGINT NOT NULL,
    applied BIGINT NOT NULL,
    reported BIGINT NOT NULL
);
