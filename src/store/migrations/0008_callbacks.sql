-- What apps' own servers are to be told and were not yet (`state` 0), or would not take (`state` 1). Those of one `lane`
-- go in the order of their numbers. `query` is what the address says of where the event came from.
INSERT INTO counter (name, value) VALUES ('callback', 0);
CREATE TABLE callback (
    number BIGINT NOT NULL PRIMARY KEY,
    app BIGINT NOT NULL,
    lane BIGINT NOT NULL,
    command TEXT NOT NULL,
    query TEXT NOT NULL,
    body BLOB NOT NULL,
    created BIGINT NOT NULL,
    state BIGINT NOT NULL,
    failure TEXT NOT NULL
);
CREATE INDEX callback_by_state ON callback (app, state, number);
-- Up to here, nothing that the log alone has is still to be told; -1 before it was looked.
INSERT INTO counter (name, value) VALUES ('callback_position', -1);
