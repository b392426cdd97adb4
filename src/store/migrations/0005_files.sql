-- What a file was found to be; -1 bytes while it arrives. -1 pixels are not counted yet, 0 are those of no picture.
ALTER TABLE upload ADD COLUMN mime TEXT NOT NULL DEFAULT '';
ALTER TABLE upload ADD COLUMN width BIGINT NOT NULL DEFAULT -1;
ALTER TABLE upload ADD COLUMN height BIGINT NOT NULL DEFAULT -1;
CREATE INDEX upload_by_age ON upload (app, created);
