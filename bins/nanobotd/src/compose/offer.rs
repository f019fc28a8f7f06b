//! Which tools are on offer, and why the others are not.

use nanobot_config::Config;
use nanobot_core::ports::PortStatus;
use nanobot_policy::KNOWN_TOOLS;
use nanobot_tools::{EditFile, Exec, ListDir, ReadFile, WriteFile};

use super::commands::Confinement;

/// The tools of this version, in the order of the offer.
const BUILT: [&str; 5] = [ReadFile::NAME, WriteFile::NAME, EditFile::NAME, ListDir::NAME, Exec::NAME];

/// Why nothing runs commands.
const BOX_IS_OFF: &str = "the tool exec is not offered (tools.exec.isolation.enabled)";

/// A tool that a policy may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferedTool {
    /// Its name.
    pub name: &'static str,
    /// Why the next start does not offer it; none when it does.
    pub withheld: Option<Withheld>,
}

/// Why a tool is not offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Withheld {
    /// This version does not have it.
    NotBuilt,
    /// The settings switch off what it needs: which setting, in words.
    SwitchedOff(&'static str),
}

/// What the next start offers, then what it does not. Opens nothing.
pub fn tools_at_rest(config: &Config) -> Vec<OfferedTool> {
    let is_built = |name: &&str| BUILT.contains(name);
    let built = BUILT.map(|name| OfferedTool { name, withheld: switched_off(name, config) });
    let others = KNOWN_TOOLS.into_iter().filter(|name| !is_built(name));
    let others = others.map(|name| OfferedTool { name, withheld: Some(Withheld::NotBuilt) });
    let (offered, withheld): (Vec<_>, Vec<_>) = built.into_iter().partition(|tool| tool.withheld.is_none());
    offered.into_iter().chain(withheld).chain(others).collect()
}

fn switched_off(name: &str, config: &Config) -> Option<Withheld> {
    let is_off = name == Exec::NAME && !Confinement::of(config).isolation;
    is_off.then_some(Withheld::SwitchedOff(BOX_IS_OFF))
}

/// Rows of the status about what is not among these tools.
pub(super) fn withheld_rows(config: &Config, offered: &[String]) -> Vec<PortStatus> {
    let row = |adapter: String, warning: Option<&str>| PortStatus {
        port: "tools",
        adapter,
        warning: warning.map(str::to_owned),
    };
    let absent =
        tools_at_rest(config).into_iter().filter(|tool| !offered.iter().any(|name| name == tool.name));
    let (mut rows, mut not_built) = (Vec::new(), Vec::new());
    for tool in absent {
        match tool.withheld {
            Some(Withheld::SwitchedOff(why)) => {
                rows.push(row(format!("{}: not offered", tool.name), Some(why)));
            }
            // What somebody who embeds us leaves out is not there for him either.
            Some(Withheld::NotBuilt) | None => not_built.push(tool.name),
        }
    }
    if !not_built.is_empty() {
        rows.push(row(format!("not there: {}", not_built.join(", ")), None));
    }
    rows
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use nanobot_config::{Environment, Home, LoadRequest, load};
    use nanobot_core::ports::FileAccess;
    use nanobot_core::testing::FakeSandbox;
    use nanobot_tools::WorkspaceOnly;

    use super::*;
    use crate::compose::toolbox;

    fn settings(config: &str) -> Config {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("config.json"), config).unwrap();
        let home = Home::at(home.path(), None);
        load(&LoadRequest::new(home, Environment::default())).unwrap().config
    }

    fn offered(config: &Config) -> Vec<&'static str> {
        let tools = tools_at_rest(config).into_iter();
        tools.filter(|tool| tool.withheld.is_none()).map(|tool| tool.name).collect()
    }

    #[test]
    fn what_is_said_to_be_offered_is_what_a_start_offers() {
        let folder = tempfile::tempdir().unwrap();
        let files: Arc<dyn FileAccess> = Arc::new(WorkspaceOnly::open(folder.path()).unwrap());
        let config = settings("{}");
        let tools = toolbox(&config, &files, Some(Arc::new(FakeSandbox::new()))).unwrap();
        assert_eq!(offered(&config), tools.names().collect::<Vec<_>>());
        assert_eq!(tools_at_rest(&config).len(), KNOWN_TOOLS.len());
    }

    #[test]
    fn without_a_box_the_tool_for_commands_is_withheld_and_says_why() {
        let config = settings(
            r#"{"security": {"strictProfile": false}, "tools": {"exec": {"isolation": {"enabled": false}}}}"#,
        );
        let names: Vec<String> = offered(&config).into_iter().map(str::to_owned).collect();
        assert!(!names.iter().any(|name| name == Exec::NAME), "{names:?}");
        let rows = withheld_rows(&config, &names);
        assert_eq!(rows[0].adapter, "exec: not offered");
        assert_eq!(rows[0].warning.as_deref(), Some(BOX_IS_OFF));
        assert!(rows[1].adapter.starts_with("not there: cron, "), "{rows:?}");
        assert!(rows[1].warning.is_none());
    }
}
