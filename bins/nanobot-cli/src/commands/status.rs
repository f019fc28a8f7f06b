//! `status`: from the daemon if one runs, else what the home says.

use nanobot_channels::local::protocol::ControlOp;
use nanobotd::{ChosenModel, choose_model};
use serde_json::{Value, json};

use super::block_on;
use crate::args::Status;
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::{daemon, output};

pub(super) fn run(options: &Status, place: &Place) -> Result<Code, Failure> {
    let live = block_on(async {
        match daemon::find(place).await? {
            None => Ok(None),
            Some(client) => {
                let report = client.control(ControlOp::Status).await?;
                client.close().await;
                Ok(Some(report))
            }
        }
    })?;
    let running = live.is_some();
    let mut report = match live {
        Some(report) => report,
        None => at_rest(place)?,
    };
    if let Some(fields) = report.as_object_mut() {
        fields.insert("running".to_owned(), json!(running));
    }
    if options.json {
        output::json(&report)?;
    } else {
        show(&report)?;
    }
    Ok(if options.check && !running { Code::Unavailable } else { Code::Done })
}

/// What can be said without a daemon.
fn at_rest(place: &Place) -> Result<Value, Failure> {
    let loaded = place.load()?;
    let home = &place.home;
    let file =
        |path: std::path::PathBuf| json!({"path": path.display().to_string(), "exists": path.exists()});
    let model = match choose_model(&loaded)? {
        ChosenModel::Offline => {
            json!({"provider": "offline", "model": "offline", "is_language_model": false})
        }
        ChosenModel::Account { model, resolved, .. } => {
            json!({"provider": resolved.provider, "model": model, "is_language_model": true})
        }
    };
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "home": home.root().display().to_string(),
        "model": model,
        "files": {
            "config": file(place.config_file()),
            "policy": file(home.policy_json()),
            "workspace": file(home.workspace(&loaded.config)),
        },
    }))
}

fn show(report: &Value) -> Result<(), Failure> {
    let text = |path: &str| match report.pointer(path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let running = report["running"] == json!(true);
    output::line(format!("nanobot {}  {}", text("/version"), text("/home")))?;
    output::line(if running {
        format!("daemon    runs (pid {}), since {}", text("/pid"), text("/started"))
    } else {
        "daemon    does not run; start it with nanobotd, or talk with nanobot-cli chat".to_owned()
    })?;
    output::line(format!("model     {} ({})", text("/model/model"), text("/model/provider")))?;
    if running {
        running_parts(report)?;
    } else {
        for (name, file) in report["files"].as_object().into_iter().flatten() {
            let mark = if file["exists"] == json!(true) { "" } else { " (missing)" };
            output::line(format!("{name:<9} {}{mark}", file["path"].as_str().unwrap_or_default()))?;
        }
    }
    if !running && report.pointer("/model/is_language_model") == Some(&json!(false)) {
        output::line("! model: not a language model; set a provider key or run nanobot-cli onboard")?;
    }
    Ok(())
}

fn running_parts(report: &Value) -> Result<(), Failure> {
    let list = |key: &str| {
        let names = report[key].as_array().into_iter().flatten().filter_map(Value::as_str);
        names.collect::<Vec<_>>().join(", ")
    };
    output::line(format!("channels  {}", list("channels")))?;
    output::line(format!("tools     {}", list("tools")))?;
    let queues = &report["queues"];
    output::line(format!(
        "work      {} running, {} waiting, {} in the outbox",
        queues["running"], queues["waiting"], queues["outbox"]
    ))?;
    for port in report["ports"].as_array().into_iter().flatten() {
        let field = |key: &str| port[key].as_str().unwrap_or_default();
        output::line(format!("{:<9} {}", field("port"), field("adapter")))?;
        if let Some(warning) = port["warning"].as_str() {
            output::line(format!("! {}: {warning}", field("port")))?;
        }
    }
    Ok(())
}
