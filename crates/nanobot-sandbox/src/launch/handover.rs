//! What is handed to bubblewrap besides its command line: descriptors, in the order in which the plan numbers them.

use std::io::{self, Seek, SeekFrom, Write};
use std::os::fd::OwnedFd;

use command_fds::FdMapping;
use rustix::fs::{MemfdFlags, Mode, OFlags, memfd_create, openat};
use rustix::pipe::{PipeFlags, pipe_with};

use crate::error::StartError;
use crate::mounts::Mounts;
use crate::plan::{Descriptor, Plan};
use crate::profile::{Network, Wall};
use crate::seccomp;

/// The first number after input, output and errors.
const FIRST_FD: i32 = 3;

/// Makes what the plan names, numbered in its order.
pub(super) fn mappings(
    plan: &Plan,
    init: &OwnedFd,
    network: Network,
    mounts: Mounts,
    ends: &mut Ends,
) -> Result<Vec<FdMapping>, StartError> {
    let mut grants: Vec<_> = mounts.grants.into_iter().map(|grant| Some(grant.source)).collect();
    let mut pins: Vec<_> = mounts.pins.into_iter().map(|pin| Some(pin.source)).collect();
    let mut workspace = Some(mounts.workspace);
    let missing = || StartError::machine("hand descriptors over", io::ErrorKind::NotFound);
    let numbered = (FIRST_FD..).zip(&plan.descriptors);
    numbered
        .map(|(child_fd, descriptor)| {
            let parent_fd = match descriptor {
                Descriptor::Workspace => workspace.take().ok_or_else(missing)?.into_fd(),
                Descriptor::Grant(index) => {
                    let grant = grants.get_mut(*index).and_then(Option::take);
                    grant.ok_or_else(missing)?.into_fd()
                }
                Descriptor::Pin(index) => {
                    let pin = pins.get_mut(*index).and_then(Option::take);
                    pin.ok_or_else(missing)?.into_fd()
                }
                Descriptor::Text(text) => in_memory(text)?,
                Descriptor::Init => {
                    init.try_clone().map_err(|error| StartError::machine("hold our program open", error))?
                }
                Descriptor::Seccomp => in_memory(&filter(network)?)?,
                Descriptor::Block => ends.block_of_box.take().ok_or_else(missing)?,
                Descriptor::Info => ends.info_of_box.take().ok_or_else(missing)?,
            };
            Ok(FdMapping { parent_fd, child_fd })
        })
        .collect()
}

/// Our ends of two small pipes, and those that are handed over.
pub(super) struct Ends {
    pub(super) block: OwnedFd,
    block_of_box: Option<OwnedFd>,
    pub(super) info: OwnedFd,
    info_of_box: Option<OwnedFd>,
}

impl Ends {
    pub(super) fn new() -> Result<Self, StartError> {
        let pipe =
            || pipe_with(PipeFlags::CLOEXEC).map_err(|error| StartError::machine("make a pipe", error));
        let (block_of_box, block) = pipe()?;
        let (info, info_of_box) = pipe()?;
        Ok(Self { block, block_of_box: Some(block_of_box), info, info_of_box: Some(info_of_box) })
    }
}

/// A file without a name that holds this text, to be read from its beginning.
fn in_memory(text: &[u8]) -> Result<OwnedFd, StartError> {
    let make = || -> io::Result<OwnedFd> {
        let mut file = std::fs::File::from(memfd_create(c"box", MemfdFlags::CLOEXEC)?);
        file.write_all(text)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file.into())
    };
    make().map_err(|error| StartError::machine("make a file in memory", error))
}

fn filter(network: Network) -> Result<Vec<u8>, StartError> {
    seccomp::bytes(network).map_err(|error| StartError::NotClosed {
        wall: Wall::Seccomp,
        reason: format!("the filter cannot be made for this processor: {error}"),
    })
}

/// The same folder, opened so that its files can be counted.
pub(super) fn reopened(folder: &OwnedFd) -> Result<OwnedFd, StartError> {
    openat(folder, c".", OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .map_err(|error| StartError::machine("open the workspace", error))
}
