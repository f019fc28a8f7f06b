//! Numerics with which a server refuses what was sent, and the word of ours for each.

/// Why a message to a nick or channel is refused for good. These words and those of `send.rs` are the closed set of
/// this channel.
pub(super) fn code_of(numeric: &str) -> Option<&'static str> {
    Some(match numeric {
        "401" => "no_such_nick",
        "403" => "no_such_channel",
        "404" | "408" | "415" => "cannot_send",
        "407" => "too_many_targets",
        "412" => "no_text",
        "413" | "414" => "bad_target",
        "442" => "not_in_channel",
        "477" | "486" => "account_needed",
        "531" | "716" | "717" => "refused_by_recipient",
        _ => return None,
    })
}

/// Whether a numeric refuses to let us into a channel.
pub(super) fn is_closed_door(numeric: &str) -> bool {
    matches!(numeric, "403" | "405" | "437" | "471" | "473" | "474" | "475" | "476" | "477" | "489" | "520")
}
