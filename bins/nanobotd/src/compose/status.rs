//! What `status` says about the composition: which adapter fills which port, and which channels run.

use nanobot_config::{Config, Loaded};
use nanobot_core::ids::ChannelName;
use nanobot_core::ports::{PortStatus, Sandbox};
use nanobot_journal::SqliteJournal;
use nanobot_sandbox::BubblewrapSandbox;

use super::commands::Confinement;
use super::gate::gate_name;
use super::offer::{tools_at_rest, withheld_rows};
use super::{Adapters, ChosenModel, choose_model, plan_models};
use crate::admission::{Engines, admit};
use crate::app::StartError;
use crate::http;
use crate::networks::{self, Network};
use crate::policy::LivePolicy;

/// Which engines are plugged in.
struct Plugged<'a> {
    policy: &'a str,
    security: &'a str,
    journal: &'a str,
    durable: bool,
    /// None where the settings switch it off.
    sandbox: Option<&'a str>,
    /// The tools on offer.
    tools: Vec<String>,
}

/// The ports whose adapter an operator should know.
pub(super) fn ports(loaded: &Loaded, with: &Adapters) -> Vec<PortStatus> {
    let info = with.model.info();
    let warning = match choose_model(loaded) {
        _ if !info.is_language_model => ChosenModel::Offline.warning(),
        Ok(chosen) => chosen.warning(),
        Err(_) => None,
    };
    let plugged = Plugged {
        policy: with.policy.name(),
        security: with.security.name(),
        journal: with.journal.name(),
        durable: with.journal.is_durable(),
        sandbox: with.sandbox.as_deref().map(Sandbox::name),
        tools: with.tools.specs().into_iter().map(|spec| spec.name).collect(),
    };
    let model = row("model", &format!("{}: {}", info.provider, info.model), warning);
    std::iter::once(model).chain(engines(&loaded.config, &plugged)).collect()
}

/// What the next start would plug in, for a status without a daemon. Opens nothing.
///
/// # Errors
/// As for [`choose_model`].
pub fn ports_at_rest(loaded: &Loaded) -> Result<Vec<PortStatus>, StartError> {
    let chosen = choose_model(loaded)?;
    let info = chosen.info();
    let offered = tools_at_rest(&loaded.config).into_iter().filter(|tool| tool.withheld.is_none());
    // The same engines as in `adapters`; the daemon's status is compared with this one by a test.
    let plugged = Plugged {
        policy: LivePolicy::NAME,
        security: gate_name(&loaded.config),
        journal: SqliteJournal::NAME,
        durable: true,
        sandbox: Confinement::of(&loaded.config).isolation.then_some(BubblewrapSandbox::NAME),
        tools: offered.map(|tool| tool.name.to_owned()).collect(),
    };
    let model = row("model", &format!("{}: {}", info.provider, info.model), chosen.warning());
    let api = http::at_rest(&loaded.config.api);
    Ok(std::iter::once(model).chain(engines(&loaded.config, &plugged)).chain([api]).collect())
}

/// What an operator should know about models beyond the first one. A start that comes as far as this has planned them.
pub(super) fn model_warnings(loaded: &Loaded) -> Vec<String> {
    plan_models(loaded).map(|plan| plan.warnings).unwrap_or_default()
}

fn row(port: &'static str, adapter: &str, warning: Option<&str>) -> PortStatus {
    PortStatus { port, adapter: adapter.to_owned(), warning: warning.map(str::to_owned) }
}

fn engines(config: &Config, plugged: &Plugged<'_>) -> Vec<PortStatus> {
    let &Plugged { policy, security, journal, durable, sandbox, ref tools } = plugged;
    let open = (policy == "allow_all").then_some("every sender may talk; networks stay closed");
    let unchecked =
        (security == "no_security").then_some("nothing is checked; networks stay closed (security.enabled)");
    let volatile = (!durable).then_some("messages under way are lost if the process dies");
    let mut rows = vec![
        row("policy", policy, open),
        row("security", security, unchecked),
        row("journal", journal, volatile),
        // What that means for the tools is said of them.
        row("sandbox", sandbox.unwrap_or("off"), None),
    ];
    rows.extend(withheld_rows(config, tools));
    rows.extend(networks(config, policy, security));
    rows
}

/// Networks that the settings enable and that do not run.
fn networks(config: &Config, policy: &str, security: &str) -> Vec<PortStatus> {
    let channels = &config.channels;
    let irc_is_off = networks::irc::refusal(config, Engines { policy, security });
    let irc = irc_is_off.map(|refusal| PortStatus {
        port: "channel",
        adapter: "irc: off".to_owned(),
        warning: Some(refusal.to_string()),
    });
    let enabled = [
        ("whatsapp", channels.whatsapp.enabled, channels.whatsapp.bridge_host.as_str()),
        ("telegram", channels.telegram.enabled, "api.telegram.org"),
        ("discord", channels.discord.enabled, "gateway.discord.gg"),
        ("feishu", channels.feishu.enabled, "open.feishu.cn"),
    ];
    let rows = enabled.into_iter().filter(|(_, enabled, _)| *enabled).filter_map(|(name, _, host)| {
        let channel = ChannelName::new(name).ok()?;
        let engines = Engines { policy, security };
        let warning = match admit(&channel, host, engines, channels.unguarded(name)) {
            Err(refusal) => refusal.to_string(),
            Ok(()) => format!("channel {name} is enabled, and this version has no adapter for it"),
        };
        Some(PortStatus { port: "channel", adapter: format!("{name}: off"), warning: Some(warning) })
    });
    rows.chain(irc).collect()
}

/// The channels that run.
pub(super) fn channels(networks: &[Network]) -> Vec<String> {
    let networks = networks.iter().map(|network| network.sender.channel().to_string());
    std::iter::once(ChannelName::CLI.to_string()).chain(networks).collect()
}
