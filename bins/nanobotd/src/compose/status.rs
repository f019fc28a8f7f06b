//! What `status` says about the composition: which adapter fills which port, and which channels run.

use std::sync::Arc;

use nanobot_config::{Config, Loaded};
use nanobot_core::ids::ChannelName;
use nanobot_core::ports::{ChannelSender, PortStatus};

use super::{Adapters, ChosenModel, choose_model};
use crate::admission::{Engines, admit};

/// The ports whose adapter an operator should know.
pub(super) fn ports(loaded: &Loaded, with: &Adapters) -> Vec<PortStatus> {
    let row = |port, adapter: &str, warning: Option<&str>| PortStatus {
        port,
        adapter: adapter.to_owned(),
        warning: warning.map(str::to_owned),
    };
    let (policy, security, journal) = (with.policy.name(), with.security.name(), with.journal.name());
    let info = with.model.info();
    let model = format!("{}: {}", info.provider, info.model);
    let no_model = "not a language model; set a provider key or run nanobot-cli onboard";
    let guessed = "nobody chose this model, and the server may not know it; run nanobot-cli onboard";
    let model_warning = match choose_model(loaded) {
        _ if !info.is_language_model => Some(no_model),
        Ok(ChosenModel::Account { guessed: true, .. }) => Some(guessed),
        _ => None,
    };
    let mut rows = vec![
        row("model", &model, model_warning),
        row(
            "policy",
            policy,
            (policy == "allow_all").then_some("every sender may talk; networks stay closed"),
        ),
        row(
            "security",
            security,
            (security == "no_security").then_some("nothing is checked; networks stay closed"),
        ),
        row(
            "journal",
            journal,
            (!with.journal.is_durable()).then_some("messages under way are lost if the process dies"),
        ),
    ];
    rows.extend(networks(&loaded.config, policy, security));
    rows
}

/// Networks that the settings enable and that do not run.
fn networks(config: &Config, policy: &str, security: &str) -> Vec<PortStatus> {
    let channels = &config.channels;
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
    rows.collect()
}

/// The channels that run.
pub(super) fn channels(senders: &[Arc<dyn ChannelSender>]) -> Vec<String> {
    let networks = senders.iter().map(|sender| sender.channel().to_string());
    std::iter::once(ChannelName::CLI.to_string()).chain(networks).collect()
}
