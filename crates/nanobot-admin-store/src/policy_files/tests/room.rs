//! A folder with policy files in a given state, and what is to be seen in it.

use std::collections::BTreeMap;

use tempfile::TempDir;

use super::*;

/// What was there before.
#[derive(Debug, Clone, Copy)]
pub(super) enum State {
    /// Nothing.
    Empty,
    /// A document, and a change of ours behind it.
    Changed,
    /// The original's rows, not linked yet, the last of them torn.
    Torn,
}

impl State {
    pub(super) const ALL: [Self; 3] = [Self::Empty, Self::Changed, Self::Torn];
}

/// All that a change writes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) document: Option<Vec<u8>>,
    pub(super) log: String,
    pub(super) links: Vec<Link>,
    pub(super) backups: BTreeMap<String, String>,
    pub(super) head: Option<ChainHead>,
}

pub(super) struct Room {
    home: TempDir,
    pub(super) layout: Layout,
    before: Option<Vec<u8>>,
}

impl Room {
    pub(super) fn new(state: State) -> Self {
        let home = tempfile::tempdir().unwrap();
        let layout = Layout::new(home.path().join("policy.json"));
        let mut room = Self { home, layout, before: None };
        match state {
            State::Empty => {}
            State::Changed => {
                let first = room.change_of(1, "{}");
                Act { layout: &room.layout, disk: &RealDisk }.change(&first).unwrap();
                room.before = Some(b"{}".to_vec());
            }
            State::Torn => {
                fs::write(room.layout.document(), "old").unwrap();
                fs::create_dir_all(room.layout.audit()).unwrap();
                room.append_to_log(&Self::row(0xa));
                room.append_to_log(&format!("{}\n", Self::row(0xb)));
                room.append_to_log(r#"{"id":"0000"#);
                let log = fs::read_to_string(room.layout.log()).unwrap();
                fs::write(room.layout.log(), log.trim_end()).unwrap();
                room.before = Some(b"old".to_vec());
            }
        }
        room
    }

    /// Another room in which the same files lie.
    pub(super) fn copy(&self) -> Self {
        let home = tempfile::tempdir().unwrap();
        copy_folder(self.home.path(), home.path());
        let layout = Layout::new(home.path().join("policy.json"));
        Self { home, layout, before: self.before.clone() }
    }

    /// The change that is made in this room.
    pub(super) fn change(&self) -> PolicyChange {
        self.change_of(2, r#"{"version":3}"#)
    }

    pub(super) fn new_document(&self) -> Vec<u8> {
        self.change().text.into_bytes()
    }

    fn change_of(&self, number: u32, text: &str) -> PolicyChange {
        let row = rows::read(Self::row(number).as_bytes()).unwrap();
        let backup = format!("before {number}");
        PolicyChange { row, seen: self.before.clone(), known: None, backup, text: text.to_owned() }
    }

    /// A row as the original writes it.
    pub(super) fn row(number: u32) -> String {
        format!(
            concat!(
                r#"{{"id":"{:032x}","timestamp":"2026-02-22T12:00:00.000250+00:00","actor_source":"dm","#,
                r#""actor_id":"1","channel":"whatsapp","chat_id":"1","command_raw":"/policy {{\"ü\"}}","#,
                r#""dry_run":false,"result":"applied","before_hash":"b","after_hash":"a","#,
                r#""backup_ref":"backups/{:032x}.json","error":null}}"#
            ),
            number, number
        )
    }

    pub(super) fn append_to_log(&self, row: &str) {
        fs::create_dir_all(self.layout.audit()).unwrap();
        let mut log = fs::read(self.layout.log()).unwrap_or_default();
        log.extend_from_slice(row.as_bytes());
        log.push(b'\n');
        fs::write(self.layout.log(), log).unwrap();
    }

    pub(super) fn document(&self) -> Option<Vec<u8>> {
        fs::read(self.layout.document()).ok()
    }

    pub(super) fn ids(&self) -> Vec<String> {
        let log = fs::read(self.layout.log()).unwrap_or_default();
        chain::lines(&log).filter_map(rows::read).map(|row| row.id).collect()
    }

    /// Whether the document is the change's.
    pub(super) fn took_effect(&self) -> bool {
        self.document() == Some(self.new_document())
    }

    /// What is to be seen. Nothing else may lie around.
    pub(super) fn seen(&self) -> Seen {
        self.expect_no_litter();
        let log = fs::read_to_string(self.layout.log()).unwrap_or_default();
        let links = chain::read_whole(&fs::read(self.layout.chain()).unwrap_or_default()).unwrap();
        let backups = fs::read_dir(self.layout.backups()).into_iter().flatten().map(|entry| {
            let path = entry.unwrap().path();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
        });
        let head = links.last().map(Link::head);
        Seen { document: self.document(), log, links, backups: backups.collect(), head }
    }

    /// What is to be seen behind the change, given what was before.
    pub(super) fn expected(&self, before: &Seen) -> Seen {
        let row = rows::write(&self.change().row).unwrap();
        let separator = if before.log.is_empty() || before.log.ends_with('\n') { "" } else { "\n" };
        let log = format!("{}{separator}{row}\n", before.log);
        let mut links = before.links.clone();
        for line in chain::lines(log.as_bytes()).skip(links.len()) {
            let is_ours = line == row.as_bytes();
            let origin = if is_ours { chain::Origin::Ours } else { chain::Origin::Adopted };
            links.push(Link::of(line, links.last(), origin));
        }
        let mut backups = before.backups.clone();
        backups.insert(rows::backup_name(&self.change().row.id), self.change().backup);
        let head = links.last().map(Link::head);
        Seen { document: Some(self.new_document()), log, links, backups, head }
    }

    pub(super) fn expect_whole_or_never(&self, before: &Seen) {
        let now = self.seen();
        if now.document == before.document {
            assert_eq!(now, *before);
        } else {
            assert_eq!(now, self.expected(before));
        }
    }

    pub(super) fn expect_no_litter(&self) {
        let known = ["policy.json", "policy"].map(|name| self.home.path().join(name));
        let audit = ["policy_changes.jsonl", "policy_chain.jsonl", "backups"];
        let audit = audit.map(|name| self.layout.audit().join(name));
        for folder in [self.home.path().to_owned(), self.layout.audit()] {
            for entry in fs::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                assert!(known.contains(&path) || audit.contains(&path), "{} was left", path.display());
            }
        }
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
