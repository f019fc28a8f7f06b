//! The filter is run as the kernel runs it, on every number and on the arguments that matter.

use seccompiler::sock_filter;

use super::*;

const ENOSYS: u32 = 0x0005_0000 | libc::ENOSYS as u32;
const ALLOW: u32 = 0x7fff_0000;

/// The data that the kernel hands to a filter.
fn data(call: i64, arguments: [u64; 6]) -> Vec<u8> {
    let arch: u32 = if cfg!(target_arch = "x86_64") { 0xC000_003E } else { 0xC000_00B7 };
    let mut data = Vec::new();
    data.extend_from_slice(&u32::try_from(call).unwrap().to_ne_bytes());
    data.extend_from_slice(&arch.to_ne_bytes());
    data.extend_from_slice(&0u64.to_ne_bytes());
    for argument in arguments {
        data.extend_from_slice(&argument.to_ne_bytes());
    }
    data
}

/// Runs a classic BPF program: the instructions that such filters are made of.
fn run(program: &[sock_filter], data: &[u8]) -> u32 {
    let (mut at, mut a) = (0usize, 0u32);
    loop {
        let i = &program[at];
        at += 1;
        match i.code {
            0x20 => {
                let k = i.k as usize;
                a = u32::from_ne_bytes(data[k..k + 4].try_into().unwrap());
            }
            0x54 => a &= i.k,
            0x05 => at += i.k as usize,
            0x15 => at += usize::from(if a == i.k { i.jt } else { i.jf }),
            0x25 => at += usize::from(if a > i.k { i.jt } else { i.jf }),
            0x35 => at += usize::from(if a >= i.k { i.jt } else { i.jf }),
            0x06 => return i.k,
            code => panic!("an instruction {code:#x}"),
        }
    }
}

fn verdict(network: Network, call: i64, arguments: [u64; 6]) -> bool {
    match run(&program(network).unwrap(), &data(call, arguments)) {
        ALLOW => true,
        ENOSYS => false,
        other => panic!("{other:#x}"),
    }
}

fn closed(call: i64, arguments: &[u64]) -> bool {
    let mut all = [0; 6];
    all[..arguments.len()].copy_from_slice(arguments);
    verdict(Network::Closed, call, all)
}

fn open(call: i64, arguments: &[u64]) -> bool {
    let mut all = [0; 6];
    all[..arguments.len()].copy_from_slice(arguments);
    verdict(Network::Host, call, all)
}

#[test]
fn a_program_fits_what_the_kernel_takes() {
    let bytes = bytes(Network::Host).unwrap();
    assert_eq!(bytes.len() % 8, 0);
    assert!(bytes.len() / 8 < 4096);
}

#[test]
fn what_changes_the_machine_or_looks_into_others_does_not_exist() {
    for call in [
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_move_mount,
        libc::SYS_open_tree,
        libc::SYS_fsopen,
        libc::SYS_fsmount,
        libc::SYS_mount_setattr,
        libc::SYS_pivot_root,
        libc::SYS_chroot,
        libc::SYS_setns,
        libc::SYS_unshare,
        libc::SYS_clone3,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_pidfd_getfd,
        libc::SYS_kcmp,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_io_uring_setup,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
        libc::SYS_kexec_load,
        libc::SYS_init_module,
        libc::SYS_finit_module,
        libc::SYS_delete_module,
        libc::SYS_reboot,
        libc::SYS_swapon,
        libc::SYS_open_by_handle_at,
        libc::SYS_name_to_handle_at,
        libc::SYS_fanotify_init,
        libc::SYS_quotactl,
        libc::SYS_acct,
        libc::SYS_syslog,
        libc::SYS_settimeofday,
        libc::SYS_clock_settime,
        libc::SYS_sethostname,
        libc::SYS_setuid,
        libc::SYS_setresuid,
        libc::SYS_setgroups,
        libc::SYS_capset,
        libc::SYS_openat2,
        libc::SYS_memfd_create,
        libc::SYS_shmget,
        libc::SYS_mq_open,
        libc::SYS_seccomp,
    ] {
        assert!(!open(call, &[]), "call {call}");
        assert!(!closed(call, &[]), "call {call}");
    }
}

#[test]
fn numbers_that_nobody_knows_and_those_of_x32_do_not_exist() {
    for call in 463..2000 {
        assert!(!open(call, &[]), "call {call}");
    }
    for call in 0..600 {
        assert!(!open(call | 0x4000_0000, &[]), "x32 call {call}");
    }
}

#[test]
fn a_process_is_made_and_a_namespace_is_not() {
    let thread = flag(libc::CLONE_VM | libc::CLONE_THREAD | libc::CLONE_SIGHAND);
    assert!(closed(libc::SYS_clone, &[thread]));
    assert!(closed(libc::SYS_clone, &[flag(libc::SIGCHLD)]));
    for namespace in [libc::CLONE_NEWUSER, libc::CLONE_NEWNS, libc::CLONE_NEWNET] {
        assert!(!closed(libc::SYS_clone, &[flag(namespace) | thread]));
        // The kernel forgets the upper half, and so must we.
        assert!(!closed(libc::SYS_clone, &[flag(namespace) | 1 << 40]));
    }
}

#[test]
fn nobody_types_on_a_terminal_for_somebody_else() {
    assert!(closed(libc::SYS_ioctl, &[0, 0x5401]));
    for request in REFUSED_REQUESTS {
        assert!(!closed(libc::SYS_ioctl, &[0, request]));
        assert!(!closed(libc::SYS_ioctl, &[0, request | 1 << 32]));
    }
}

#[test]
fn no_set_uid_file_comes_into_being() {
    assert!(closed(libc::SYS_fchmodat, &[0, 0, 0o755]));
    assert!(!closed(libc::SYS_fchmodat, &[0, 0, 0o4755]));
    assert!(!closed(libc::SYS_fchmod, &[0, 0o2755]));
    assert!(!closed(calls::FCHMODAT2, &[0, 0, 0o4755]));
    let create = flag(libc::O_CREAT | libc::O_WRONLY);
    assert!(closed(libc::SYS_openat, &[0, 0, create, 0o666]));
    assert!(!closed(libc::SYS_openat, &[0, 0, create, 0o4755]));
    assert!(!closed(libc::SYS_openat, &[0, 0, flag(libc::O_TMPFILE | libc::O_WRONLY), 0o4755]));
    // Where nothing is created, the mode is whatever was left in a register.
    assert!(closed(libc::SYS_openat, &[0, 0, flag(libc::O_RDONLY), 0o7777]));
    assert!(closed(libc::SYS_openat, &[0, 0, flag(libc::O_DIRECTORY), 0o7777]));
    assert!(closed(libc::SYS_mknodat, &[0, 0, u64::from(libc::S_IFIFO) | 0o644]));
    assert!(!closed(libc::SYS_mknodat, &[0, 0, u64::from(libc::S_IFBLK) | 0o644]));
}

#[test]
fn sockets_reach_somebody_only_with_the_network_and_unix_sockets_never() {
    let (stream, datagram, raw) =
        (flag(libc::SOCK_STREAM | libc::SOCK_CLOEXEC), flag(libc::SOCK_DGRAM), flag(libc::SOCK_RAW));
    let (inet, unix) = (flag(libc::AF_INET), flag(libc::AF_UNIX));
    assert!(!closed(libc::SYS_socket, &[inet, stream]));
    assert!(open(libc::SYS_socket, &[inet, stream]));
    assert!(open(libc::SYS_socket, &[flag(libc::AF_INET6), datagram]));
    assert!(!open(libc::SYS_socket, &[inet, raw]));
    assert!(open(libc::SYS_socket, &[flag(libc::AF_NETLINK), raw, 0]));
    assert!(!open(libc::SYS_socket, &[flag(libc::AF_NETLINK), raw, 4]));
    for family in [libc::AF_UNIX, libc::AF_PACKET, libc::AF_VSOCK, libc::AF_ALG] {
        assert!(!open(libc::SYS_socket, &[flag(family), stream]));
    }
    assert!(closed(libc::SYS_socketpair, &[unix, stream]));
    // It could be sent to any address.
    assert!(!open(libc::SYS_socketpair, &[unix, datagram]));
}

#[test]
fn the_personality_is_asked_for_and_not_changed() {
    assert!(closed(libc::SYS_personality, &[0xffff_ffff]));
    assert!(closed(libc::SYS_personality, &[0]));
    assert!(!closed(libc::SYS_personality, &[0x0004_0000]));
}
