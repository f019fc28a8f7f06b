//! What flows where: which commands stand behind others in a pipeline, which files were fetched, what is started by
//! what.

use std::collections::{BTreeMap, BTreeSet};

use nanobot_shell::{Effective, Link, Place, RedirectOperator};

use super::super::sets::{Set, Sets};
use super::seen::{Line, Seen};

/// Of each pipeline the first and the last of its stages that do something.
#[derive(Debug, Default)]
struct Stages(BTreeMap<usize, (usize, usize)>);

impl Stages {
    fn note(&mut self, place: Place, is_so: bool) {
        if is_so {
            let (first, last) = self.0.entry(place.pipeline).or_insert((place.stage, place.stage));
            *first = (*first).min(place.stage);
            *last = (*last).max(place.stage);
        }
    }

    /// Whether one of them stands in front of the command.
    fn is_before(&self, command: &Effective) -> bool {
        command
            .places
            .iter()
            .any(|place| self.0.get(&place.pipeline).is_some_and(|(first, _)| *first < place.stage))
    }

    /// Whether one of them stands behind the command.
    fn is_behind(&self, command: &Effective) -> bool {
        command
            .places
            .iter()
            .any(|place| self.0.get(&place.pipeline).is_some_and(|(_, last)| *last > place.stage))
    }
}

/// The ways of data in one command line.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// Those that fetch something.
    downloads: Stages,
    /// Those that make a text readable.
    decoders: Stages,
    /// Those that print the whole environment.
    environments: Stages,
    /// Those that do more than print words.
    readers: Stages,
    /// Those that may send something away.
    senders: Stages,
    /// Those that start a command that reads files.
    reader_starters: Stages,
    /// The same, wherever they stand.
    starts_reader: BTreeSet<usize>,
    /// Commands directly around one that deletes.
    starts_deleter: BTreeSet<usize>,
    /// Pipelines with a bare connection in them.
    pub(super) sockets: BTreeSet<usize>,
    /// The command that a wrapper starts.
    started: BTreeMap<usize, usize>,
    /// Files that were fetched, by their last name.
    pub(super) fetched: BTreeSet<String>,
    /// Folders that were fetched whole.
    pub(super) trees: BTreeSet<String>,
    /// Whether an archive was fetched and unpacked.
    pub(super) unpacks: bool,
    /// Whether a variable holds what was fetched.
    pub(super) holds_download: bool,
}

impl Flow {
    pub(super) fn of(line: &Line<'_>, sets: &Sets) -> Self {
        let mut flow = Self::default();
        for command in &line.all {
            let fetches = command.is(Set::Downloaders);
            if let Some((outer, link)) = command.parent {
                if link == Link::Wrapped {
                    flow.started.insert(outer, command.id);
                }
                if command.is(Set::Deleters) {
                    flow.starts_deleter.insert(outer);
                }
                let holds =
                    link == Link::Substitution && line.get(outer).is_some_and(|outer| outer.words.is_empty());
                flow.holds_download |= fetches && holds;
            }
            if !command.places.is_empty() {
                flow.note_stages(command, sets);
            }
        }
        flow.note_readers(line);
        flow.note_files(line);
        flow
    }

    /// What a command does in the pipelines that it stands in.
    fn note_stages(&mut self, command: &Seen<'_>, sets: &Sets) {
        let decodes = command.is(Set::Decoders) || has_own_code(command, sets);
        let shows = prints_environment(command) || prints_all(command);
        let reads = !command.program().is_empty() && !command.is(Set::Prints);
        let connects = is_socket(command);
        for place in command.places.iter() {
            self.downloads.note(*place, command.is(Set::Downloaders));
            self.decoders.note(*place, decodes);
            self.environments.note(*place, shows);
            self.readers.note(*place, reads);
            self.senders.note(*place, command.is(Set::Senders));
            if connects {
                self.sockets.insert(place.pipeline);
            }
        }
    }

    /// Which commands start one that reads files, at whatever depth. Outer ones have smaller ids: one pass from the
    /// end sees every command before those around it.
    fn note_readers(&mut self, commands: &Line<'_>) {
        let mut is_within = BTreeSet::new();
        for command in commands.all.iter().rev() {
            let Some((outer, link)) = command.parent else { continue };
            if !(command.is(Set::Reads) || is_within.contains(&command.id)) {
                continue;
            }
            is_within.insert(outer);
            if link == Link::Wrapped && self.starts_reader.insert(outer) {
                let places = commands.get(outer).map(|outer| outer.places.iter()).into_iter().flatten();
                places.for_each(|place| self.reader_starters.note(*place, true));
            }
        }
    }

    fn note_files(&mut self, line: &Line<'_>) {
        for command in &line.all {
            let program = command.program();
            let fetches = command.is(Set::Downloaders);
            let is_fed = self.is_fed_by_download(command);
            if fetches || is_fed {
                for redirection in command.redirections.iter().filter(|one| one.operator.writes()) {
                    self.fetched.extend(last_name(&redirection.target.text));
                }
            }
            if is_fed && program == "tee" {
                let names = command.words.iter().skip(1).filter(|word| !word.text.starts_with('-'));
                self.fetched.extend(names.filter_map(|word| last_name(&word.text)));
            }
            if program == "git" && command.words.get(1).is_some_and(|word| word.text == "clone") {
                self.trees.extend(cloned(command));
            }
            // What it unpacks has names that nobody knows.
            if is_fed
                && matches!(program, "tar" | "gtar" | "bsdtar" | "unzip" | "cpio")
                && !command
                    .words
                    .iter()
                    .skip(1)
                    .any(|word| word.text.starts_with("-t") || word.text.starts_with('t'))
            {
                self.unpacks = true;
            }
            if command.is(Set::Saves) {
                self.fetched.extend(saved(command));
            }
            // A copy of it is as little known.
            if matches!(program, "mv" | "cp" | "ln")
                && command
                    .words
                    .iter()
                    .any(|word| last_name(&word.text).is_some_and(|name| self.fetched.contains(&name)))
            {
                self.fetched.extend(command.words.last().and_then(|word| last_name(&word.text)));
            }
        }
        // A download into nothing or to the screen is no file.
        for name in ["null", "stdout", "stderr", "-"] {
            self.fetched.remove(name);
        }
    }

    /// Whether what it reads may have been fetched.
    pub(super) fn is_fed_by_download(&self, command: &Effective) -> bool {
        self.downloads.is_before(command)
    }

    /// Whether what it reads was unreadable before.
    pub(super) fn is_fed_by_decoder(&self, command: &Effective) -> bool {
        self.decoders.is_before(command)
    }

    pub(super) fn is_fed_by_environment(&self, command: &Effective) -> bool {
        self.environments.is_before(command)
    }

    /// Whether something in front of it reads files or the machine.
    pub(super) fn is_fed_by_reader(&self, command: &Effective) -> bool {
        self.readers.is_before(command)
    }

    /// Whether something behind it may send away what it writes.
    pub(super) fn feeds_sender(&self, command: &Effective) -> bool {
        self.senders.is_behind(command)
    }

    /// Whether it, or something behind it, starts a command that reads files.
    pub(super) fn leads_to_reader(&self, command: &Effective) -> bool {
        self.starts_reader.contains(&command.id) || self.reader_starters.is_behind(command)
    }

    /// Whether it stands directly around a command that deletes.
    pub(super) fn starts_deleter(&self, command: &Effective) -> bool {
        self.starts_deleter.contains(&command.id)
    }

    /// The command itself and those that it starts as a wrapper.
    pub(super) fn chain<'s, 'a>(
        &'s self,
        command: &'s Seen<'a>,
        line: &'s Line<'a>,
    ) -> impl Iterator<Item = &'s Seen<'a>> {
        std::iter::successors(Some(command), |last| {
            // A started one has a greater id: this ends.
            self.started.get(&last.id).filter(|id| **id > last.id).and_then(|id| line.get(*id))
        })
    }
}

/// The last name of a path; `None` for nothing and for options.
pub(super) fn last_name(text: &str) -> Option<String> {
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    (!name.is_empty() && name != "." && name != ".." && !name.starts_with('-')).then(|| name.to_owned())
}

/// Names of the files that a download program writes.
fn saved(command: &Seen<'_>) -> Vec<String> {
    let program = command.program();
    let is_curl = program == "curl";
    let mut files = Vec::new();
    let mut urls = Vec::new();
    // These save under the name in the address without being asked.
    let mut takes_url_name = matches!(program, "wget" | "wget2" | "aria2c" | "axel" | "scp" | "rsync");
    let mut words = command.words.iter().skip(1).map(|word| word.text.as_str());
    while let Some(word) = words.next() {
        if let Some(long) = word.strip_prefix("--") {
            match long.split_once('=') {
                Some(("output" | "output-document" | "out", file)) => files.extend(last_name(file)),
                None if matches!(long, "output" | "output-document" | "out") => {
                    files.extend(words.next().and_then(last_name));
                }
                _ => takes_url_name |= long.starts_with("remote-name"),
            }
        } else if let Some(cluster) = word.strip_prefix('-') {
            // The letter that names the file: `-sSLo file`, `-qOfile`; curl's `-O` takes the name from the address.
            takes_url_name |= is_curl && cluster.contains('O');
            let letter = if is_curl { 'o' } else { 'O' };
            match cluster.split_once(letter) {
                Some((_, "")) => files.extend(words.next().and_then(last_name)),
                Some((_, file)) => files.extend(last_name(file)),
                None if cluster == "o" => files.extend(words.next().and_then(last_name)),
                None => {}
            }
        } else {
            urls.push(word);
        }
    }
    if takes_url_name {
        files.extend(urls.into_iter().filter_map(url_name));
    }
    files
}

/// The folder that a clone makes.
fn cloned(command: &Effective) -> Option<String> {
    let mut operands = command.words.iter().skip(2).filter(|word| !word.text.starts_with('-'));
    let from = operands.find(|word| word.text.contains("://") || word.text.contains('@'))?;
    let to = operands.next().unwrap_or(from);
    last_name(to.text.trim_end_matches('/').trim_end_matches(".git"))
}

/// The last name in an address.
fn url_name(url: &str) -> Option<String> {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let path = path.split_once("://").map_or(path, |(_, rest)| rest);
    // `host:file` of scp as well.
    let name = path.rsplit(['/', ':']).next().unwrap_or(path);
    path.contains(['/', ':']).then(|| last_name(name)).flatten()
}

/// Whether it prints every variable: a program of the set without words that make it do something else.
pub(super) fn prints_environment(command: &Seen<'_>) -> bool {
    command.is(Set::Environment)
        && command.rest().iter().all(|word| matches!(word.text.as_str(), "-p" | "-x" | "-0" | "-v" | "-e"))
}

fn is_socket(command: &Seen<'_>) -> bool {
    let has = |wanted: &str| command.words.iter().any(|word| word.text == wanted);
    command.is(Set::Sockets) && (command.program() != "openssl" || has("s_client"))
}

/// Whether a program works on code of another language that stands among its words, or decodes by a module.
fn has_own_code(command: &Seen<'_>, sets: &Sets) -> bool {
    let is_module =
        |word: &str| matches!(word, "base64" | "binascii" | "quopri" | "codecs" | "gzip" | "zlib");
    command.speaks(Set::Interpreters)
        && command.rest().iter().any(|word| {
            sets.has(Set::CodeOptions, &word.text) || word.text.starts_with("-e") || is_module(&word.text)
        })
        || command.program() == "jq" && command.words.iter().any(|word| word.text.contains("@base64d"))
}

/// Whether code prints every variable of the environment.
fn prints_all(command: &Seen<'_>) -> bool {
    let shows = |code: &str| {
        let all = [
            "os.environ)",
            "os.environ }",
            "os.environ,",
            "environ.items",
            "process.env)",
            "process.env,",
            "%ENV",
            "ENV.to_",
            "ENV.each",
            "ENV.inspect",
            "p ENV",
            "$_ENV",
            "getenv()",
            "getenv())",
            "ENVIRON",
        ];
        all.iter().any(|sign| code.contains(sign))
    };
    (command.speaks(Set::Interpreters) || command.is(Set::Awks))
        && command.rest().iter().any(|word| shows(&word.text))
}

/// Whether it sends its output to the network by name of a device.
pub(super) fn network_device(command: &Effective) -> bool {
    command.redirections.iter().any(|one| {
        let text = one.target.text.as_str();
        !matches!(one.operator, RedirectOperator::HereDoc | RedirectOperator::HereString)
            && (text.starts_with("/dev/tcp/") || text.starts_with("/dev/udp/"))
    })
}
