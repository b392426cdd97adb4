-- Pushes to all users of an app. What a push says stands here once; the log has a reference to it for each receiver.
-- `named` is the number that the app chose. Receivers are the accounts up to `until`; `reached` is the last of them that
-- had its turn.
INSERT INTO counter (name, value) VALUES ('push', 0);
CREATE INDEX account_by_app ON account (app, number);
CREATE TABLE push_job (
    number BIGINT NOT NULL PRIMARY KEY,
    app BIGINT NOT NULL,
    task TEXT NOT NULL,
    kind BIGINT NOT NULL,
    sender BIGINT NOT NULL,
    sender_id TEXT NOT NULL,
    named BIGINT NOT NULL,
    created BIGINT NOT NULL,
    lifetime BIGINT NOT NULL,
    audience BLOB NOT NULL,
    body BLOB NOT NULL,
    state BIGINT NOT NULL,
    until BIGINT NOT NULL,
    reached BIGINT NOT NULL,
    total BIGINT NOT NULL,
    finished BIGINT NOT NULL,
    started BIGINT NOT NULL,
    ended BIGINT NOT NULL
);
CREATE UNIQUE INDEX push_job_by_task ON push_job (app, task);
CREATE INDEX push_job_by_time ON push_job (app, created);
CREATE INDEX push_job_by_state ON push_job (state);

-- What pushes choose users by. An attribute is one of ten slots, which the app gives names.
CREATE TABLE push_tag (
    account BIGINT NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (account, tag)
);
CREATE TABLE push_attribute_name (
    app BIGINT NOT NULL,
    slot BIGINT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (app, slot)
);
CREATE TABLE push_attribute (
    account BIGINT NOT NULL,
    slot BIGINT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (account, slot)
);
