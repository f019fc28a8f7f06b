//! The filter of system calls: what ordinary tools need is allowed, everything else does not exist (`ENOSYS`, so that
//! the C library falls back to older calls, as with `clone3`).
//!
//! Which calls: `calls`. Here are those whose arguments matter, and the program's bytes.

mod calls;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};

use crate::profile::Network;

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// Set-uid and set-gid. A file in the workspace belongs to the caller of the box, so that a program that a command
/// marks so would run as that user on the host.
const SET_ID_BITS: u64 = 0o6000;
/// Flags of `clone` that make a namespace.
const NEW_NAMESPACES: u64 = flag(
    libc::CLONE_NEWNS
        | libc::CLONE_NEWCGROUP
        | libc::CLONE_NEWUTS
        | libc::CLONE_NEWIPC
        | libc::CLONE_NEWUSER
        | libc::CLONE_NEWPID
        | libc::CLONE_NEWNET,
);
/// Without one of these the mode that is given to `open` counts for nothing, and may be anything.
const CREATES: u64 = flag(libc::O_CREAT | (libc::O_TMPFILE & !libc::O_DIRECTORY));
/// `TIOCSTI`, `TIOCLINUX` and `TIOCCONS`: to type on a terminal for somebody else, or to take its output. The same
/// numbers on every processor that we know; the C libraries do not agree on their type.
const REFUSED_REQUESTS: [u64; 3] = [0x5412, 0x541C, 0x541D];
/// Bits of a socket's type that are no flags.
const SOCKET_TYPE: u64 = 0xf;

/// Why there is no filter.
pub(crate) type FilterError = seccompiler::BackendError;

/// The filter as bubblewrap reads it: instructions of eight bytes.
///
/// # Errors
/// If it cannot be compiled for this processor.
pub(crate) fn bytes(network: Network) -> Result<Vec<u8>, FilterError> {
    let program = program(network)?;
    let mut bytes = Vec::with_capacity(program.len() * 8);
    for instruction in &program {
        bytes.extend_from_slice(&instruction.code.to_ne_bytes());
        bytes.extend_from_slice(&[instruction.jt, instruction.jf]);
        bytes.extend_from_slice(&instruction.k.to_ne_bytes());
    }
    Ok(bytes)
}

/// The filter.
fn program(network: Network) -> Result<BpfProgram, FilterError> {
    let mut rules: Rules =
        calls::ALLOWED.iter().chain(calls::OF_THIS_PROCESSOR).map(|call| (*call, Vec::new())).collect();
    modes(&mut rules)?;
    processes(&mut rules)?;
    devices(&mut rules)?;
    sockets(&mut rules, network)?;
    SeccompFilter::new(
        rules,
        SeccompAction::Errno(flag_u32(libc::ENOSYS)),
        SeccompAction::Allow,
        TargetArch::try_from(std::env::consts::ARCH)?,
    )?
    .try_into()
}

/// No set-uid file comes into being.
fn modes(rules: &mut Rules) -> Result<(), FilterError> {
    let harmless = |argument| all([masked(argument, SET_ID_BITS, 0)?]);
    rules.insert(libc::SYS_fchmod, vec![harmless(1)?]);
    rules.insert(libc::SYS_fchmodat, vec![harmless(2)?]);
    rules.insert(calls::FCHMODAT2, vec![harmless(2)?]);
    rules.insert(libc::SYS_openat, vec![all([masked(2, CREATES, 0)?])?, harmless(3)?]);
    let fifo =
        |argument| all([masked(argument, u64::from(libc::S_IFMT) | SET_ID_BITS, u64::from(libc::S_IFIFO))?]);
    rules.insert(libc::SYS_mknodat, vec![fifo(2)?]);
    #[cfg(target_arch = "x86_64")]
    {
        rules.insert(libc::SYS_chmod, vec![harmless(1)?]);
        rules.insert(libc::SYS_creat, vec![harmless(1)?]);
        rules.insert(libc::SYS_open, vec![all([masked(1, CREATES, 0)?])?, harmless(2)?]);
        rules.insert(libc::SYS_mknod, vec![fifo(1)?]);
    }
    Ok(())
}

/// New processes stay in the namespaces of their parent and in its personality.
fn processes(rules: &mut Rules) -> Result<(), FilterError> {
    rules.insert(libc::SYS_clone, vec![all([masked(0, NEW_NAMESPACES, 0)?])?]);
    rules.insert(libc::SYS_personality, vec![all([equal(0, 0)?])?, all([equal(0, 0xffff_ffff)?])?]);
    let options = calls::PRCTL_OPTIONS
        .iter()
        .map(|option| all([equal(0, flag(*option))?]))
        .collect::<Result<_, _>>()?;
    rules.insert(libc::SYS_prctl, options);
    Ok(())
}

/// Nobody types on a terminal for somebody else. The kernel looks at 32 bits of the request, and so do we.
fn devices(rules: &mut Rules) -> Result<(), FilterError> {
    let refused = REFUSED_REQUESTS
        .into_iter()
        .map(|request| condition(1, SeccompCmpOp::Ne, request))
        .collect::<Result<_, _>>()?;
    rules.insert(libc::SYS_ioctl, vec![SeccompRule::new(refused)?]);
    Ok(())
}

/// Pairs of connected sockets always; sockets that reach somebody only with the network, and never a Unix socket, of
/// which some may lie in what is mounted. A pair of datagram sockets could still be sent anywhere.
fn sockets(rules: &mut Rules, network: Network) -> Result<(), FilterError> {
    let pair = |kind| all([equal(0, flag(libc::AF_UNIX))?, masked(1, SOCKET_TYPE, flag(kind))?]);
    rules.insert(libc::SYS_socketpair, vec![pair(libc::SOCK_STREAM)?, pair(libc::SOCK_SEQPACKET)?]);
    match network {
        Network::Closed => Ok(()),
        Network::Host => {
            let mut kinds = Vec::new();
            for family in [libc::AF_INET, libc::AF_INET6] {
                for kind in [libc::SOCK_STREAM, libc::SOCK_DGRAM] {
                    kinds.push(all([equal(0, flag(family))?, masked(1, SOCKET_TYPE, flag(kind))?])?);
                }
            }
            kinds.push(all([equal(0, flag(libc::AF_NETLINK))?, equal(2, flag(libc::NETLINK_ROUTE))?])?);
            rules.insert(libc::SYS_socket, kinds);
            rules.extend(calls::OF_THE_NETWORK.iter().map(|call| (*call, Vec::new())));
            Ok(())
        }
    }
}

fn all<const N: usize>(conditions: [SeccompCondition; N]) -> Result<SeccompRule, FilterError> {
    SeccompRule::new(conditions.into())
}

fn masked(argument: u8, mask: u64, value: u64) -> Result<SeccompCondition, FilterError> {
    condition(argument, SeccompCmpOp::MaskedEq(mask), value)
}

fn equal(argument: u8, value: u64) -> Result<SeccompCondition, FilterError> {
    condition(argument, SeccompCmpOp::Eq, value)
}

/// All arguments that we look at are 32 bits wide to the kernel.
fn condition(argument: u8, op: SeccompCmpOp, value: u64) -> Result<SeccompCondition, FilterError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, op, value)
}

const fn flag(value: i32) -> u64 {
    value.cast_unsigned() as u64
}

const fn flag_u32(value: i32) -> u32 {
    value.cast_unsigned()
}
