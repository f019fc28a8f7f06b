//! What `status` says of the policy that is in force. What is closed, and why a file is not what holds, stands in
//! rows of the report beside it.

use nanobot_channels::console::clean_line;
use serde_json::Value;

/// So much of a hash tells two policies apart.
const SHOWN_OF_HASH: usize = 12;

/// What answers where a policy decides.
pub(super) const ADAPTER: &str = "policy.json";

/// The lines of a report.
pub(super) fn lines(report: &Value) -> Vec<String> {
    let Some(policy) = report.get("policy").and_then(Value::as_object) else {
        let is_missing = report.pointer("/files/policy/exists") == Some(&Value::Bool(false));
        let hint = if is_missing { " (missing: the built-in policy holds)" } else { "" };
        return vec![format!("policy    {ADAPTER}{hint}")];
    };
    let text = |key: &str| policy.get(key).and_then(Value::as_str).unwrap_or_default();
    let list = |key: &str| -> Vec<&str> {
        policy.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    };
    let hash: String = text("hash").chars().take(SHOWN_OF_HASH).collect();
    let governs = match list("governs").as_slice() {
        [] => "no network".to_owned(),
        names => names.join(", "),
    };
    let changes = match policy.get("chain").and_then(|chain| chain.get("rows")?.as_u64()) {
        None | Some(0) => "no change".to_owned(),
        Some(1) => "1 change".to_owned(),
        Some(rows) => format!("{rows} changes"),
    };
    let lines = [
        format!("policy    {hash}, {}", text("source")),
        format!("          governs {governs}; {changes} in the log"),
    ];
    lines.iter().map(|line| clean_line(line)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_in_force_has_its_hash_its_place_and_its_reach() {
        let report = json!({"policy": {
            "hash": "383270f61c45d4dbeff263294341919e3d80921215b4f13229f93eb37ba48b46",
            "source": "/home/a\u{1b}nn/policy.json",
            "governs": ["irc", "whatsapp"],
            "chain": {"rows": 3, "hash": "00"},
        }});
        insta::assert_snapshot!(lines(&report).join("\n"), @"
        policy    383270f61c45, /home/a␛nn/policy.json
                  governs irc, whatsapp; 3 changes in the log
        ");
        let governs_none =
            json!({"policy": {"hash": "38", "source": "built in", "governs": [], "chain": null}});
        assert_eq!(
            lines(&governs_none).last().unwrap(),
            "          governs no network; no change in the log"
        );
    }

    #[test]
    fn without_a_daemon_a_missing_file_is_no_fault() {
        let at_rest = |exists: bool| json!({"files": {"policy": {"path": "p", "exists": exists}}});
        assert_eq!(lines(&at_rest(true)), ["policy    policy.json"]);
        assert_eq!(lines(&at_rest(false)), ["policy    policy.json (missing: the built-in policy holds)"]);
    }
}
