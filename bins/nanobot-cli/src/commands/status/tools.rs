//! What `status` says of the tools: those on offer, and those that are not. Why one is not stands as a warning beside.

use nanobot_channels::console::clean_line;
use serde_json::Value;

/// The port of the rows about tools that are not there.
pub(super) const PORT: &str = "tools";

/// The lines of a report.
pub(super) fn lines(report: &Value) -> Vec<String> {
    let list = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let offered = match list(&report["tools"]).as_slice() {
        [] => "none".to_owned(),
        names => names.join(", "),
    };
    let rows = report["ports"].as_array().into_iter().flatten();
    let absent = rows.filter(|row| row["port"] == PORT).filter_map(|row| row["adapter"].as_str());
    let first = format!("tools     {offered}");
    let absent = absent.map(|adapter| format!("          {adapter}"));
    std::iter::once(first).chain(absent).map(|line| clean_line(&line)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_offered_stands_below_what_is() {
        let report = json!({
            "tools": ["read_file", "list_dir"],
            "ports": [
                {"port": "journal", "adapter": "journal", "warning": null},
                {"port": "tools", "adapter": "exec: not offered", "warning": "switched off"},
                {"port": "tools", "adapter": "not there: cron", "warning": null},
            ],
        });
        insta::assert_snapshot!(lines(&report).join("\n"), @"
        tools     read_file, list_dir
                  exec: not offered
                  not there: cron
        ");
        assert_eq!(lines(&json!({})), ["tools     none"]);
    }
}
