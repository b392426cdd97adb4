-- What is counted for each app. Times are hours since 1970 (UTC); a day is the hour it begins with. Metrics are the
-- numbers of model::statistic. App 0 is the whole platform.
CREATE TABLE statistic_state (
    id BIGINT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    position BIGINT NOT NULL,
    closed BIGINT NOT NULL
);
-- Not counted yet: the first start says from which position of the log on, and from which day.
INSERT INTO statistic_state (id, version, position, closed) VALUES (1, 0, -1, 0);
-- Added to with the events themselves; a slot keeps those who add at once out of each other's way.
CREATE TABLE statistic_sum (
    app BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    metric BIGINT NOT NULL,
    slot BIGINT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (app, hour, metric, slot)
);
CREATE INDEX statistic_sum_by_hour ON statistic_sum (hour);
CREATE TABLE statistic_peak (
    app BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (app, hour)
);
-- Who was it, in an hour (span 1) or a day (span 24): numbers of 65536 each as a compressed bitmap, with their count.
CREATE TABLE statistic_set (
    app BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    span BIGINT NOT NULL,
    metric BIGINT NOT NULL,
    chunk BIGINT NOT NULL,
    size BIGINT NOT NULL,
    members BLOB NOT NULL,
    PRIMARY KEY (app, hour, span, metric, chunk)
);
CREATE INDEX statistic_set_by_hour ON statistic_set (span, hour);
-- Days that have ended. Hour 0 has what there was before anything was counted.
CREATE TABLE statistic_day (
    app BIGINT NOT NULL,
    hour BIGINT NOT NULL,
    metric BIGINT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (app, metric, hour)
);
CREATE INDEX statistic_day_by_hour ON statistic_day (hour);
INSERT INTO statistic_day (app, hour, metric, value) SELECT app, 0, 4, COUNT(*) FROM account GROUP BY app;
INSERT INTO statistic_day (app, hour, metric, value) SELECT 0, 0, 4, COUNT(*) FROM account;
INSERT INTO statistic_day (app, hour, metric, value) SELECT app, 0, 38, COUNT(*) FROM chat_group GROUP BY app;
INSERT INTO statistic_day (app, hour, metric, value) SELECT 0, 0, 38, COUNT(*) FROM chat_group;
