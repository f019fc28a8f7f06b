//! The policy of a home as its file says it, for commands that need no daemon. It reads, and takes no lock: who may
//! change the policy goes another way.

use std::sync::Arc;

use nanobot_admin_store::PolicyFiles;
use nanobot_config::{Config, Home};
use nanobot_core::ports::{FileAccess, FileGrant, PolicyStore as _};
use nanobot_policy::Document;
use nanobot_policy::file_access::FileRules;

use super::files::{LiveFiles, as_granted};
use super::in_force::Surroundings;
use super::live::LivePolicy;
use super::room::RoomError;
use crate::app::StartError;

/// A policy as it was when its file was read; the built-in one where there is none.
pub struct FiledPolicy {
    surroundings: Surroundings,
    live: Arc<LivePolicy>,
}

impl FiledPolicy {
    /// Reads it. What a start of the daemon would refuse is refused.
    ///
    /// # Errors
    /// When the file cannot be read, or is no policy.
    pub async fn read(home: &Home, config: &Config) -> Result<Self, StartError> {
        let surroundings = Surroundings::of(home, config);
        let file = PolicyFiles::new(home.policy_json()).load().await.map_err(RoomError::from)?;
        let bytes = file.as_ref().map(|file| file.bytes.as_slice());
        let compiled = surroundings.compile(bytes).map_err(RoomError::Faults)?;
        Ok(Self { surroundings, live: Arc::new(LivePolicy::new(compiled.policy)) })
    }

    /// Which files the tools may touch.
    pub fn files(&self) -> Arc<dyn FileAccess> {
        Arc::new(LiveFiles::new(self.live.clone(), self.surroundings.places.clone()))
    }

    /// The grants of another policy's text, as this home would show them: deepest path first, links followed.
    ///
    /// # Errors
    /// One line for each fault, when the text is no policy.
    pub fn grants_of(&self, text: &str) -> Result<Vec<FileGrant>, Vec<String>> {
        let Surroundings { workspace, places, .. } = &self.surroundings;
        let document = Document::parse(text.as_bytes(), places).map_err(|fault| fault.lines())?;
        let rules = FileRules::compile(document.policy().file_access.as_ref(), workspace, places);
        Ok(rules.mounts().into_iter().map(as_granted).collect())
    }

    /// The networks that are switched on and kept shut, since nobody owns them.
    pub fn closed(&self) -> Vec<String> {
        self.live.get().closed().to_vec()
    }

    /// The hash of the document.
    pub fn hash(&self) -> String {
        self.live.get().hash().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use nanobot_config::{Environment, LoadRequest, load};

    use super::*;

    const GRANTED: &str = r#"{"fileAccess": {"grants": [
        {"id": "a b", "path": "/usr"},
        {"id": "deep", "path": "/usr/bin", "mode": "read-write", "recursive": false}
    ]}}"#;

    async fn filed(policy: Option<&str>) -> Result<FiledPolicy, StartError> {
        let folder = tempfile::tempdir().unwrap();
        if let Some(policy) = policy {
            std::fs::write(folder.path().join("policy.json"), policy).unwrap();
        }
        let home = Home::at(folder.path(), None);
        let config = load(&LoadRequest::new(home.clone(), Environment::default())).unwrap().config;
        FiledPolicy::read(&home, &config).await
    }

    #[tokio::test]
    async fn an_owner_has_the_grants_of_the_file_and_a_home_without_one_grants_nothing() {
        let policy = filed(Some(GRANTED)).await.unwrap();
        let files = policy.files();
        let shown: Vec<_> = files.grants(true).into_iter().map(|grant| grant.container).collect();
        assert_eq!(shown, ["/grants/deep", "/grants/a-b"]);
        assert!(files.grants(false).is_empty());
        assert!(filed(None).await.unwrap().files().grants(true).is_empty());
    }

    #[tokio::test]
    async fn grants_are_read_as_the_policy_writes_them() {
        let policy = filed(None).await.unwrap();
        let [deep, plain] = policy.grants_of(GRANTED).unwrap().try_into().unwrap();
        assert!(!deep.is_read_only && !deep.is_recursive && plain.is_read_only && plain.is_recursive);
        let faults =
            policy.grants_of(r#"{"fileAccess": {"grants": [{"id": "x", "path": "usr"}]}}"#).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
    }

    #[tokio::test]
    async fn a_file_that_is_no_policy_is_told_line_by_line() {
        let error = filed(Some("{\"owners\": [],\n \"shiny\": 1}")).await.err().unwrap();
        assert!(error.to_string().contains("line 2: shiny"), "{error}");
    }
}
