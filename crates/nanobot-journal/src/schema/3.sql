-- From version 2 to version 3: what models cost, and which circuits are open. Amounts are billionths of a dollar.

-- What counts against budgets: one row per scope ('day', 'month', 'chat', 'task'), period ('2026-02-22', '2026-02')
-- and name (a session, a task, else ''). It is the sum of what counts of the calls, so that nobody sums them to know
-- what is left. A number is never given twice: calls point to the total of their chat.
CREATE TABLE budget_totals (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    scope  TEXT NOT NULL,
    period TEXT NOT NULL,
    name   TEXT NOT NULL,
    nanos  INTEGER NOT NULL,
    UNIQUE (scope, period, name)
) STRICT;

-- One row per call of a model. What counts of it is its cost, else what was promised for it, else nothing. `day` is
-- the operator's. A session that is forgotten goes from `session`; `chat` is the total that counts the call, by its
-- number, so that it can be settled all the same.
CREATE TABLE spending (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    day          TEXT NOT NULL,
    session      TEXT,
    chat         INTEGER NOT NULL,
    task         TEXT NOT NULL,
    provider     TEXT NOT NULL,
    model        TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('promised', 'settled', 'booked')),
    reserved     INTEGER,
    cost         INTEGER,
    outcome      TEXT,
    input        INTEGER,
    cached_input INTEGER,
    cache_write  INTEGER,
    output       INTEGER,
    reasoning    INTEGER
) STRICT;

CREATE INDEX spending_day ON spending (day);
CREATE INDEX spending_session ON spending (session) WHERE session IS NOT NULL;

-- Circuits that are open; a closed one has no row.
CREATE TABLE open_circuits (
    name   TEXT PRIMARY KEY,
    until  INTEGER NOT NULL,
    trips  INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;
