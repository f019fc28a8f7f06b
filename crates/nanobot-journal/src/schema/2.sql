-- From version 1 to version 2: where the chains stand that link the rows of the logs.

-- One row per chain; the program names them, so they are few. `hash` is that of the last row, in lower-case hex.
CREATE TABLE chain_heads (
    chain TEXT PRIMARY KEY,
    rows  INTEGER NOT NULL,
    hash  TEXT NOT NULL
) STRICT;
