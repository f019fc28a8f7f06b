//! Erasing words: they are blanked where they stand, byte by byte, and what pointed to them is deleted. A row that
//! keeps its size stays in its place on its page (see `schema/1.sql`); its space is given back by `reclaim.rs`.

/// A script that erases the records for which a condition on `records r` holds.
macro_rules! erase {
    ($condition:literal) => {
        concat!(
            "UPDATE words SET live = 0, ",
            "body = substr(printf('%.*c', octet_length(body), '0'), 1, octet_length(body)) ",
            "WHERE id IN (SELECT r.words FROM records r WHERE ",
            $condition,
            "); DELETE FROM records AS r WHERE ",
            $condition,
            "; "
        )
    };
}

pub(super) use erase;
