//! `status`: from the daemon if one runs, else what the home says and the next start would choose.

mod policy;
mod tools;

use nanobot_channels::local::protocol::ControlOp;
use nanobot_core::ports::{Clock as _, PortStatus};
use nanobotd::system::SystemClock;
use nanobotd::{choose_model, plan_models, ports_at_rest, tools_at_rest};
use serde_json::{Value, json};

use super::{block_on, circuits};
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
                let daemon = daemon::is_daemon(&client);
                client.close().await;
                Ok(Some((report, daemon)))
            }
        }
    })?;
    let served = live.is_some();
    let (mut report, running) = match live {
        Some(live) => live,
        None => (at_rest(place, &left_alone(place))?, false),
    };
    if let Some(fields) = report.as_object_mut() {
        fields.insert("running".to_owned(), json!(running));
        fields.insert(
            "served_by".to_owned(),
            json!(served.then_some(if running { "nanobotd" } else { "chat" })),
        );
    }
    if options.json {
        output::json(&report)?;
    } else {
        show(&report)?;
    }
    Ok(if options.check && !running { Code::Unavailable } else { Code::Done })
}

/// Who is left alone, by the journal. One that cannot be read is no reason to say nothing.
fn left_alone(place: &Place) -> Vec<PortStatus> {
    let now = SystemClock::new().now();
    match block_on(circuits::open(place)) {
        Ok(open) => open.into_iter().flatten().map(|circuit| circuits::row(&circuit, &now)).collect(),
        Err(failure) => vec![PortStatus {
            port: "circuit",
            adapter: "not known".to_owned(),
            warning: Some(failure.to_string()),
        }],
    }
}

/// What can be said without a daemon.
fn at_rest(place: &Place, left_alone: &[PortStatus]) -> Result<Value, Failure> {
    let loaded = place.load()?;
    let home = &place.home;
    let file =
        |path: std::path::PathBuf| json!({"path": path.display().to_string(), "exists": path.exists()});
    let model = choose_model(&loaded)?.info();
    let of_models = plan_models(&loaded)?.warnings;
    let port =
        |port: &PortStatus| json!({"port": port.port, "adapter": port.adapter, "warning": port.warning});
    let ports: Vec<Value> = ports_at_rest(&loaded)?.iter().chain(left_alone).map(port).collect();
    let offered = tools_at_rest(&loaded.config).into_iter().filter(|tool| tool.withheld.is_none());
    let tools: Vec<&str> = offered.map(|tool| tool.name).collect();
    let unknown: Vec<String> = loaded.unknown.iter().map(ToString::to_string).collect();
    Ok(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "home": home.root().display().to_string(),
        "model": {
            "provider": model.provider,
            "model": model.model,
            "endpoint": model.endpoint,
            "is_language_model": model.is_language_model,
        },
        "model_warnings": of_models,
        "ports": ports,
        "tools": tools,
        "files": {
            "config": file(place.config_file()),
            "policy": file(home.policy_json()),
            "workspace": file(home.workspace(&loaded.config)),
        },
        "unknown": unknown,
    }))
}

fn show(report: &Value) -> Result<(), Failure> {
    let text = |path: &str| match report.pointer(path) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(other) => other.to_string(),
    };
    let running = report["running"] == json!(true);
    let served = report["served_by"] != Value::Null;
    output::line(format!("nanobot {}  {}", text("/version"), text("/home")))?;
    output::line(if running {
        format!("daemon    runs (pid {}), since {}", text("/pid"), output::local_time(&text("/started")))
    } else if served {
        format!("daemon    does not run; a chat (pid {}) serves the home while it lasts", text("/pid"))
    } else {
        "daemon    does not run; start it with nanobotd, or talk with nanobot-cli chat".to_owned()
    })?;
    let address = match text("/model/endpoint") {
        none if none.is_empty() => none,
        address => format!(", {address}"),
    };
    output::line(format!("model     {} ({}{address})", text("/model/model"), text("/model/provider")))?;
    if served {
        running_parts(report)?;
    } else {
        // The policy has a line of its own.
        for (name, file) in
            report["files"].as_object().into_iter().flatten().filter(|(name, _)| *name != "policy")
        {
            let mark = if file["exists"] == json!(true) { "" } else { " (missing)" };
            output::line(format!("{name:<9} {}{mark}", file["path"].as_str().unwrap_or_default()))?;
        }
        tools::lines(report).iter().try_for_each(output::line)?;
    }
    for port in report["ports"].as_array().into_iter().flatten() {
        let field = |key: &str| port[key].as_str().unwrap_or_default();
        match field("port") {
            // They have lines of their own already.
            "model" | tools::PORT => {}
            // Rows beside it tell what is closed, or wrong with its file.
            "policy" if field("adapter") == policy::ADAPTER => {
                policy::lines(report).iter().try_for_each(output::line)?;
            }
            port => output::line(format!("{port:<9} {}", field("adapter")))?,
        }
        if let Some(warning) = port["warning"].as_str() {
            output::line(format!("! {}: {warning}", field("port")))?;
        }
    }
    for warning in report["model_warnings"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        output::line(format!("! models: {warning}"))?;
    }
    for unknown in report["unknown"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        output::line(format!("! config: {unknown}"))?;
    }
    Ok(())
}

fn running_parts(report: &Value) -> Result<(), Failure> {
    let list = |key: &str| {
        let names = report[key].as_array().into_iter().flatten().filter_map(Value::as_str);
        names.collect::<Vec<_>>().join(", ")
    };
    output::line(format!("channels  {}", list("channels")))?;
    tools::lines(report).iter().try_for_each(output::line)?;
    let queues = &report["queues"];
    output::line(format!(
        "work      {} running, {} waiting, {} in the outbox",
        queues["running"], queues["waiting"], queues["outbox"]
    ))
}
