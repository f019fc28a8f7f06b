-- Version 1 of the journal, from nothing. Instants are nanoseconds since 1970, UTC.
--
-- What decides (outcomes, counts, states) stands in narrow rows. What was said stands in `words` alone.

-- One row per inbound message, and per closing that answers none (its `channel` is null).
CREATE TABLE turns (
    id             INTEGER PRIMARY KEY,
    turn           TEXT NOT NULL UNIQUE,
    channel        TEXT,
    account        TEXT,
    chat           TEXT,
    message        TEXT,
    session        TEXT,
    received       INTEGER NOT NULL,
    attempts       INTEGER NOT NULL DEFAULT 0,
    began          TEXT,
    began_digest   BLOB,
    outcome        TEXT,
    closed         TEXT,
    closed_at      INTEGER,
    outcome_digest BLOB,
    closing_digest BLOB,
    emptied        INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE UNIQUE INDEX turns_message ON turns (channel, account, chat, message) WHERE message IS NOT NULL;
CREATE INDEX turns_session ON turns (session, id);
-- What waits, and what can be forgotten: small however many turns are closed.
CREATE INDEX turns_open ON turns (id) WHERE outcome IS NULL;
CREATE INDEX turns_full ON turns (closed_at) WHERE outcome IS NOT NULL AND emptied = 0;

-- What was said. Even with `secure_delete`, SQLite leaves copies of neighbours behind when it joins pages after a
-- delete. So rows are added at the end, blanked where they stand, and deleted only at the front, well before the
-- first live one: no page with words on it is ever rebuilt. `turn` points back, for rows that are moved; blank rows
-- may outlive their turn.
CREATE TABLE words (
    id    INTEGER PRIMARY KEY,
    turn  INTEGER NOT NULL,
    kind  TEXT NOT NULL,
    place INTEGER NOT NULL,
    live  INTEGER NOT NULL DEFAULT 1,
    body  TEXT NOT NULL
) STRICT;

-- Where a turn's words are. `place` is the index of a step, a line or a delivery within its turn.
CREATE TABLE records (
    turn   INTEGER NOT NULL REFERENCES turns (id),
    kind   TEXT NOT NULL,
    place  INTEGER NOT NULL,
    words  INTEGER NOT NULL,
    digest BLOB NOT NULL,
    PRIMARY KEY (turn, kind, place)
) STRICT, WITHOUT ROWID;

CREATE TABLE lines (
    id      INTEGER PRIMARY KEY,
    turn    INTEGER NOT NULL REFERENCES turns (id),
    place   INTEGER NOT NULL,
    session TEXT NOT NULL,
    offset  INTEGER NOT NULL,
    settled INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX lines_turn ON lines (turn);
CREATE INDEX lines_session ON lines (session);
CREATE INDEX lines_unsettled ON lines (id) WHERE settled = 0;

-- `target` is channel and chat as a session key joins them.
CREATE TABLE outbox (
    seq        INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    turn       INTEGER NOT NULL REFERENCES turns (id),
    place      INTEGER NOT NULL,
    target     TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('waiting', 'parked', 'delivered', 'dropped')),
    attempts   INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER,
    why        TEXT
) STRICT;

CREATE INDEX outbox_turn ON outbox (turn);
CREATE INDEX outbox_waiting ON outbox (target, seq) WHERE state = 'waiting';
CREATE INDEX outbox_parked ON outbox (seq) WHERE state = 'parked';
CREATE INDEX outbox_live ON outbox (seq) WHERE state IN ('waiting', 'parked');
