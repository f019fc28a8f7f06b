//! What the box is made of on this machine: a box is really started and looked at from inside.

use nanobot_core::ports::Protection;

use crate::error::StartError;
use crate::launch::Launcher;
use crate::mounts::MountSource;
use crate::profile::{Profile, Wall};

impl Launcher {
    /// Starts a box over this workspace, in which nothing is touched, and tells which walls stand. Takes as long as a
    /// start; who asks often keeps the answer.
    pub async fn protections(&self, profile: &Profile, workspace: MountSource) -> Vec<Protection> {
        match self.inspect(profile, workspace).await {
            Ok(walls) => walls
                .into_iter()
                .map(|standing| Protection {
                    name: standing.wall.name(),
                    is_demanded: profile.demands(standing.wall),
                    is_live: standing.is_live,
                    detail: standing.detail,
                })
                .collect(),
            Err(error) => none_stand(profile, &error),
        }
    }
}

/// Without a box no wall stands: the one that failed says why.
fn none_stand(profile: &Profile, error: &StartError) -> Vec<Protection> {
    let reason = error.to_string();
    let failed = match error {
        StartError::NotClosed { wall, .. } => *wall,
        _ => Wall::Bubblewrap,
    };
    Wall::ALL
        .into_iter()
        .map(|wall| Protection {
            name: wall.name(),
            is_demanded: profile.demands(wall),
            is_live: false,
            detail: if wall == failed { reason.clone() } else { "no box could be started".to_owned() },
        })
        .collect()
}
