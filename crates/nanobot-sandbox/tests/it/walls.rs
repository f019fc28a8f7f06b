//! What must not be possible in a box.

use std::os::unix::fs::symlink;

use nanobot_sandbox::{
    Cell, GrantMount, Mask, MountKind, MountSource, Mounts, Network, Profile, StartError, Wall,
};

use crate::rig::{as_nobody, cell, launcher, said, source, workspace};

#[tokio::test]
async fn every_wall_that_is_demanded_stands_as_root_and_as_an_ordinary_user() {
    let (launcher, folder) = (launcher(), workspace());
    for profile in [Profile::default(), as_nobody()] {
        let protections = launcher.protections(&profile, source(folder.path())).await;
        assert_eq!(protections.len(), Wall::ALL.len());
        for protection in &protections {
            assert!(protection.is_live, "{protection:?}");
            assert_eq!(protection.is_demanded, protection.name != "landlock", "{protection:?}");
        }
    }
}

#[tokio::test]
async fn the_host_is_not_there() {
    let (launcher, folder) = (launcher(), workspace());
    for profile in [Profile::default(), as_nobody()] {
        let mut cell = cell(&launcher, &profile, folder.path()).await;
        let root = said(&mut cell, "ls /; ls /etc").await.1;
        for name in ["home", "root", "sys", "opt", "mnt", "shadow", "ssh"] {
            assert!(!root.lines().any(|line| line == name), "{name} in {root}");
        }
        assert_eq!(
            said(&mut cell, "env | sort").await.1,
            "HOME=/workspace\nLANG=C.UTF-8\nOLDPWD=/workspace\nPATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nPWD=/workspace\n"
        );
        cell.kill().await;
    }
}

#[tokio::test]
async fn nothing_outside_of_the_workspace_and_the_folders_in_memory_is_written() {
    let (launcher, folder) = (launcher(), workspace());
    for profile in [Profile::default(), as_nobody()] {
        let mut cell = cell(&launcher, &profile, folder.path()).await;
        for place in [
            "/x",
            "/usr/x",
            "/etc/x",
            "/run/x",
            "/dev/x",
            "/etc/passwd",
            "/var/x",
            "/proc/sys/kernel/core_pattern",
            "/proc/sysrq-trigger",
            "/proc/1/oom_score_adj",
        ] {
            let (_, told) = said(&mut cell, &format!("(echo x >>{place}) && echo WROTE")).await;
            assert!(!told.contains("WROTE"), "{place}");
        }
        for place in ["/workspace/x", "/tmp/x", "/dev/shm/x", "/var/tmp/y", "/dev/null"] {
            assert_eq!(
                said(&mut cell, &format!("echo x >{place}")).await,
                (Some(0), String::new()),
                "{place}"
            );
        }
        cell.kill().await;
        std::fs::remove_file(folder.path().join("x")).unwrap();
    }
}

#[tokio::test]
async fn no_command_looks_into_the_program_of_the_box_or_kills_it() {
    let (launcher, folder) = (launcher(), workspace());
    let mut cell = cell(&launcher, &Profile::default(), folder.path()).await;
    let told = said(
        &mut cell,
        "kill -9 1; kill -STOP 1; cat /proc/1/mem; cat /proc/1/environ; ls -l /proc/1/fd; echo O >/proc/1/fd/1; readlink /proc/1/exe; echo end",
    )
    .await
    .1;
    assert!(told.ends_with("end\n"), "{told}");
    assert!(told.matches("ermission denied").count() >= 4, "{told}");
    assert_eq!(said(&mut cell, "echo lives").await.1, "lives\n");
}

#[tokio::test]
async fn a_descriptor_that_was_left_open_reaches_no_command() {
    let (launcher, folder) = (launcher(), workspace());
    // Above the numbers that are handed over, which would cover it.
    let secret = rustix::io::fcntl_dupfd_cloexec(tempfile::tempfile().unwrap(), 200).unwrap();
    // As it is when whoever started the daemon forgot to close one.
    rustix::io::fcntl_setfd(&secret, rustix::io::FdFlags::empty()).unwrap();
    for profile in [Profile::default(), as_nobody()] {
        let mut cell = cell(&launcher, &profile, folder.path()).await;
        let links = said(&mut cell, "for f in /proc/$$/fd/* /proc/self/fd/*; do readlink $f; done").await.1;
        assert!(!links.contains("deleted"), "{links}");
        cell.kill().await;
    }
}

#[tokio::test]
async fn there_is_no_way_out_by_sockets() {
    let (launcher, folder) = (launcher(), workspace());
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let _unix = std::os::unix::net::UnixListener::bind(folder.path().join("host.sock")).unwrap();
    let attempt = format!(
        "python3 - <<'X'\nimport socket\nfor f, t, a in [(socket.AF_INET, socket.SOCK_STREAM, ('127.0.0.1', {port})), (socket.AF_UNIX, socket.SOCK_STREAM, '/workspace/host.sock'), (socket.AF_NETLINK, socket.SOCK_RAW, (0, 0)), (socket.AF_PACKET, socket.SOCK_RAW, ('lo', 0))]:\n  try:\n    s = socket.socket(f, t)\n    s.bind(a) if f == socket.AF_NETLINK else s.connect(a)\n    print('REACHED', f)\n  except OSError as e:\n    print('no', e.errno)\na, b = socket.socketpair()\na.send(b'x')\nprint(b.recv(1))\nX"
    );
    let mut closed = cell(&launcher, &Profile::default(), folder.path()).await;
    let told = said(&mut closed, &attempt).await.1;
    assert!(!told.contains("REACHED") && told.ends_with("b'x'\n"), "{told}");
    let open = Profile { network: Network::Host, ..Profile::default() };
    let mut open = cell(&launcher, &open, folder.path()).await;
    let told = said(&mut open, &attempt).await.1;
    assert!(told.contains("REACHED 2\n"), "{told}");
    assert!(!told.contains("REACHED 1\n") && !told.contains("REACHED 17\n"), "{told}");
}

#[tokio::test]
async fn no_namespace_mount_or_set_uid_file_is_made() {
    let (launcher, folder) = (launcher(), workspace());
    for profile in [Profile::default(), as_nobody()] {
        let mut cell = cell(&launcher, &profile, folder.path()).await;
        for command in [
            "unshare -U true",
            "unshare -r -m true",
            "mount -t tmpfs none /tmp",
            "chroot / true",
            "python3 -c 'import os; os.open(\"s\", os.O_CREAT | os.O_WRONLY, 0o4755)'",
            "cp /usr/bin/id id; chmod 4755 id",
            "chmod u+s id",
            "mknod d b 8 0",
            "dmesg",
            "nice -n -5 true && [ $(nice -n -5 nice) -lt 0 ]",
        ] {
            assert_ne!(said(&mut cell, command).await.0, Some(0), "{command}");
        }
        cell.kill().await;
        assert!(!folder.path().join("s").exists());
        std::fs::remove_file(folder.path().join("id")).ok();
    }
}

#[tokio::test]
async fn grants_are_shown_as_they_are_granted_and_masks_hide_what_they_cover() {
    let (launcher, folder, granted) = (launcher(), workspace(), workspace());
    std::fs::write(folder.path().join(".env"), "secret").unwrap();
    std::fs::create_dir(granted.path().join(".ssh")).unwrap();
    std::fs::write(granted.path().join(".ssh/key"), "secret").unwrap();
    std::fs::write(granted.path().join("note"), "hello").unwrap();
    let mounts = |is_read_only| Mounts {
        workspace: source(folder.path()),
        grants: vec![GrantMount {
            source: source(granted.path()),
            target: "/grants/docs".into(),
            is_read_only,
        }],
        pins: Vec::new(),
        masks: vec![
            Mask { target: "/workspace/.env".into(), kind: MountKind::File },
            Mask { target: "/grants/docs/.ssh".into(), kind: MountKind::Folder },
        ],
    };
    for profile in [Profile::default(), as_nobody()] {
        let mut cell = Cell::start(&launcher, &profile, mounts(true)).await.unwrap();
        assert_eq!(said(&mut cell, "cat /grants/docs/note").await.1, "hello");
        let told = said(&mut cell, "cat .env; cat /grants/docs/.ssh/key; ls /grants/docs/.ssh").await.1;
        assert!(!told.contains("secret") && !told.contains("key\n"), "{told}");
        for command in [
            "echo x >>/grants/docs/note",
            "echo x >/grants/docs/.ssh/y",
            "rm .env",
            "mv .env e",
            "echo x >>.env",
        ] {
            assert_ne!(said(&mut cell, command).await.0, Some(0), "{command}");
        }
        cell.kill().await;
        let mut cell = Cell::start(&launcher, &profile, mounts(false)).await.unwrap();
        assert_eq!(said(&mut cell, "echo x >/grants/docs/new; rm /grants/docs/new").await.0, Some(0));
        cell.kill().await;
    }
    assert_eq!(std::fs::read_to_string(folder.path().join(".env")).unwrap(), "secret");
}

#[tokio::test]
async fn a_mask_that_was_led_elsewhere_keeps_the_box_closed() {
    let (launcher, folder) = (launcher(), workspace());
    std::fs::create_dir(folder.path().join("real")).unwrap();
    std::fs::write(folder.path().join("real/key"), "secret").unwrap();
    symlink("real", folder.path().join("was")).unwrap();
    let mounts = Mounts {
        workspace: source(folder.path()),
        grants: Vec::new(),
        pins: Vec::new(),
        masks: vec![Mask { target: "/workspace/was/key".into(), kind: MountKind::File }],
    };
    let started = Cell::start(&launcher, &Profile::default(), mounts).await;
    assert!(matches!(started, Err(StartError::Ended { .. })), "{started:?}");
}

#[test]
fn a_source_with_a_link_in_its_path_is_refused() {
    let folder = workspace();
    let real = folder.path().canonicalize().unwrap();
    std::fs::create_dir(real.join("real")).unwrap();
    symlink("real", real.join("link")).unwrap();
    assert!(MountSource::open(&real.join("real")).is_ok());
    assert!(matches!(MountSource::open(&real.join("link")), Err(StartError::Source { .. })));
    assert!(matches!(MountSource::open("relative".as_ref()), Err(StartError::Source { .. })));
}

#[tokio::test]
async fn a_swap_after_the_source_was_opened_loses() {
    let (launcher, folder) = (launcher(), workspace());
    let real = folder.path().canonicalize().unwrap();
    let inside = real.join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(inside.join("good"), "").unwrap();
    let opened = MountSource::open(&inside).unwrap();
    std::fs::rename(&inside, real.join("moved")).unwrap();
    symlink("/etc", &inside).unwrap();
    let mut cell = Cell::start(&launcher, &Profile::default(), Mounts::only(opened)).await.unwrap();
    assert_eq!(said(&mut cell, "ls").await.1, "good\n");
}

#[tokio::test]
async fn a_missing_bubblewrap_is_a_missing_wall() {
    use nanobot_sandbox::{Launcher, LauncherSettings};
    let folder = workspace();
    let launcher = Launcher::new(LauncherSettings {
        bubblewrap: "/nonexistent/bwrap".into(),
        init: env!("CARGO_BIN_EXE_nanobot-sandbox-init").into(),
        locale: Vec::new(),
    })
    .unwrap();
    let started = Cell::start(&launcher, &Profile::default(), Mounts::only(source(folder.path()))).await;
    assert!(matches!(started, Err(StartError::NotClosed { wall: Wall::Bubblewrap, .. })));
    let protections = launcher.protections(&Profile::default(), source(folder.path())).await;
    assert!(protections.iter().all(|protection| !protection.is_live));
}
