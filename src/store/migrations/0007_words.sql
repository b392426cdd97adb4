-- Words that apps do not let their users say: a word or a regular expression, refused or replaced.
INSERT INTO counter (name, value) VALUES ('word', 0);
CREATE TABLE word (
    app BIGINT NOT NULL,
    number BIGINT NOT NULL,
    word TEXT NOT NULL,
    pattern BIGINT NOT NULL,
    replaces BIGINT NOT NULL,
    replacement TEXT NOT NULL,
    updated BIGINT NOT NULL,
    PRIMARY KEY (app, number)
);
CREATE UNIQUE INDEX word_by_text ON word (app, pattern, word);

-- Files that the app's backend took from its users' sight stay, and are read through signed addresses alone.
ALTER TABLE upload ADD COLUMN withheld BIGINT NOT NULL DEFAULT 0;
