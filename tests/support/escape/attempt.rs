//! What an attempt is. Data only.

use nanobot_sandbox::Part;

use super::options::Who;

/// One way to try to get out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt {
    pub(super) id: &'static str,
    pub(super) class: &'static str,
    /// In words, for people.
    pub(super) does: &'static str,
    pub(super) how: How,
    pub(super) sees: Sees,
    pub(super) holds: Holds,
    /// The box has small limits, so that an attempt to exceed them is quick.
    pub(super) is_small: bool,
}

/// How it is made. In commands `{n}` is a word that nothing else holds, and `$A` is the program with the attacks.
#[derive(Debug, Clone, Copy)]
pub(super) enum How {
    /// One command.
    Command(&'static str),
    /// A command that is over its time.
    TimedOut(&'static str),
    /// A command whose box is killed.
    Killed(&'static str),
    /// A first box swaps what was opened for a second; the second command looks for it.
    Swapped(Swap, &'static str, &'static str),
}

/// What a second box shows, and the first has got at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Swap {
    /// `sub` of the workspace, as a grant.
    FolderGrant,
    /// `list`, a file of the workspace, as a grant.
    FileGrant,
    /// `sub` as the workspace.
    Workspace,
    /// The workspace, with a cover on `was/key`.
    Mask,
}

/// How a success is seen.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sees {
    /// A secret of this name in the output.
    Secret(&'static str),
    /// The attack says so: what it did leaves no trace outside.
    Proof,
    /// A server outside has got the word.
    Heard,
    /// The box is reported to have failed, in a frame that the attack wrote.
    Forged,
    /// The box died, though nobody asked for it.
    BoxDies,
    /// A file outside, `{n}`, `{ws}` and `{docs}` filled in.
    File(&'static str, Mark),
    /// A process with the word in its arguments lives on.
    Lives,
    /// A process of the host that was to live is dead.
    VictimDies,
    /// A signal has reached the launching process.
    Signalled,
    /// A bubblewrap is stopped.
    Stopped,
    /// The word was typed on the terminal of the launching process.
    Typed,
    /// The word was printed there.
    Printed,
    /// Its speed was changed.
    TerminalSet,
    /// The name of the outer host is the word.
    HostName,
    /// A key of this name is in the session keyring of the launching process.
    KeyPlanted,
    /// The other key is no longer there.
    KeyGone,
}

/// What is found of a file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Mark {
    /// It holds the word.
    Word,
    /// It has the set-user-id bit.
    SetId,
    /// Everybody may write it.
    Open,
    /// It has capabilities.
    Capabilities,
    /// It is longer than a gibibyte.
    Long,
}

/// The parts of the box that stop it: each of them alone does, so that it succeeds once all are left out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holds {
    pub(super) root: &'static [Part],
    /// None where the kernel alone stops an ordinary user, whatever is left out.
    pub(super) user: Option<&'static [Part]>,
}

impl Holds {
    /// The same for everybody.
    pub(super) const fn both(parts: &'static [Part]) -> Self {
        Self { root: parts, user: Some(parts) }
    }

    /// Only for root.
    pub(super) const fn root(parts: &'static [Part]) -> Self {
        Self { root: parts, user: None }
    }

    pub(super) fn of(self, who: Who) -> Option<&'static [Part]> {
        match who {
            Who::Root => Some(self.root),
            Who::User => self.user,
        }
    }
}

impl Attempt {
    /// Whether it has this name or is of this class.
    pub(super) fn is(&self, name: &str) -> bool {
        self.id == name || self.class == name
    }
}

/// An attempt with one command.
pub(super) const fn command(
    class: &'static str,
    id: &'static str,
    does: &'static str,
    command: &'static str,
    sees: Sees,
    holds: Holds,
) -> Attempt {
    Attempt { id, class, does, how: How::Command(command), sees, holds, is_small: false }
}

/// The same in a box with small limits, which prints a proof.
pub(super) const fn excess(
    class: &'static str,
    id: &'static str,
    does: &'static str,
    line: &'static str,
    holds: Holds,
) -> Attempt {
    let mut attempt = command(class, id, does, line, Sees::Proof, holds);
    attempt.is_small = true;
    attempt
}

impl Attempt {
    pub(super) const fn made(mut self, how: How) -> Self {
        self.how = how;
        self
    }
}
