//! What flows where: which commands stand behind others in a pipeline, which files were fetched, what is started by
//! what.

use std::collections::{BTreeMap, BTreeSet};

use nanobot_shell::{Effective, Effects, Link, RedirectOperator, is_shell};

use super::super::pack::Sets;

/// The ways of data in one command line.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// Of each pipeline the first stage that fetches something.
    downloads: BTreeMap<usize, usize>,
    /// Of each pipeline the first stage that makes a text readable.
    decoders: BTreeMap<usize, usize>,
    /// Of each pipeline the first stage that prints the whole environment.
    environments: BTreeMap<usize, usize>,
    /// Of each pipeline the first stage that does more than print words.
    readers: BTreeMap<usize, usize>,
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
    pub(super) fn of(effects: &Effects, sets: &Sets) -> Self {
        let mut flow = Self::default();
        for command in &effects.commands {
            let program = command.program();
            let fetches = sets.has("downloaders", &program);
            if let Some((outer, link)) = command.parent {
                if link == Link::Wrapped {
                    flow.started.insert(outer, command.id);
                }
                let holds = link == Link::Substitution
                    && effects.commands.get(outer).is_some_and(|outer| outer.words.is_empty());
                flow.holds_download |= fetches && holds;
            }
            for place in &command.places {
                let note = |stages: &mut BTreeMap<usize, usize>, is_so: bool| {
                    if is_so {
                        let first = stages.entry(place.pipeline).or_insert(place.stage);
                        *first = (*first).min(place.stage);
                    }
                };
                note(&mut flow.downloads, fetches);
                let decodes = sets.has("decoders", &program) || has_own_code(command, &program, sets);
                note(&mut flow.decoders, decodes);
                let shows =
                    prints_environment(command, &program, sets) || prints_all(command, &program, sets);
                note(&mut flow.environments, shows);
                note(&mut flow.readers, !program.is_empty() && !sets.has("prints", &program));
                if is_socket(command, &program, sets) {
                    flow.sockets.insert(place.pipeline);
                }
            }
        }
        flow.note_files(effects, sets);
        flow
    }

    fn note_files(&mut self, effects: &Effects, sets: &Sets) {
        for command in &effects.commands {
            let program = command.program();
            let fetches = sets.has("downloaders", &program);
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
                && matches!(program.as_str(), "tar" | "gtar" | "bsdtar" | "unzip" | "cpio")
                && !command
                    .words
                    .iter()
                    .skip(1)
                    .any(|word| word.text.starts_with("-t") || word.text.starts_with('t'))
            {
                self.unpacks = true;
            }
            if sets.has("saves", &program) {
                self.fetched.extend(saved(command, &program));
            }
            // A copy of it is as little known.
            if matches!(program.as_str(), "mv" | "cp" | "ln")
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

    fn is_behind(command: &Effective, stages: &BTreeMap<usize, usize>) -> bool {
        command
            .places
            .iter()
            .any(|place| stages.get(&place.pipeline).is_some_and(|first| *first < place.stage))
    }

    /// Whether what it reads may have been fetched.
    pub(super) fn is_fed_by_download(&self, command: &Effective) -> bool {
        Self::is_behind(command, &self.downloads)
    }

    /// Whether what it reads was unreadable before.
    pub(super) fn is_fed_by_decoder(&self, command: &Effective) -> bool {
        Self::is_behind(command, &self.decoders)
    }

    pub(super) fn is_fed_by_environment(&self, command: &Effective) -> bool {
        Self::is_behind(command, &self.environments)
    }

    /// Whether something in front of it reads files or the machine.
    pub(super) fn is_fed_by_reader(&self, command: &Effective) -> bool {
        Self::is_behind(command, &self.readers)
    }

    /// The command itself and those that it starts as a wrapper.
    pub(super) fn chain<'a>(
        &'a self,
        command: &'a Effective,
        effects: &'a Effects,
    ) -> impl Iterator<Item = &'a Effective> {
        std::iter::successors(Some(command), |last| {
            // A started one has a greater id: this ends.
            self.started.get(&last.id).filter(|id| **id > last.id).and_then(|id| effects.commands.get(*id))
        })
    }
}

/// The last name of a path; `None` for nothing and for options.
pub(super) fn last_name(text: &str) -> Option<String> {
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    (!name.is_empty() && name != "." && name != ".." && !name.starts_with('-')).then(|| name.to_owned())
}

/// Names of the files that a download program writes.
fn saved(command: &Effective, program: &str) -> Vec<String> {
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
pub(super) fn prints_environment(command: &Effective, program: &str, sets: &Sets) -> bool {
    sets.has("environment", program)
        && command
            .words
            .iter()
            .skip(1)
            .all(|word| matches!(word.text.as_str(), "-p" | "-x" | "-0" | "-v" | "-e"))
}

fn is_socket(command: &Effective, program: &str, sets: &Sets) -> bool {
    let has = |wanted: &str| command.words.iter().any(|word| word.text == wanted);
    sets.has("sockets", program) && (program != "openssl" || has("s_client"))
}

/// Whether a program takes the commands that it runs from its input.
pub(super) fn reads_code(command: &Effective, sets: &Sets) -> bool {
    let program = interpreter(&command.program());
    let words = command.words.get(1..).unwrap_or_default();
    let from_input = |text: &str| matches!(text, "-" | "-s" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0");
    if matches!(program.as_str(), "." | "source") {
        return words.first().is_some_and(|word| from_input(&word.text));
    }
    if is_shell(&program) {
        let has_code = words.iter().any(|word| super::words::has_flag(&word.text, "c"));
        let operand = words.iter().find(|word| !word.text.starts_with(['-', '+']));
        let says_so =
            words.iter().any(|word| from_input(&word.text) || super::words::has_flag(&word.text, "s"));
        return !has_code && (says_so || operand.is_none());
    }
    if sets.has("interpreters", &program) {
        // `python -m json.tool`, `perl -ne …`: the program comes from elsewhere.
        let has_program = words.iter().any(|word| {
            sets.has("code_options", &word.text) || word.text == "-m" || word.text.starts_with("--eval=")
        });
        let operand = words.iter().find(|word| !word.text.starts_with('-') || word.text == "-");
        return !has_program && operand.is_none_or(|word| from_input(&word.text));
    }
    false
}

/// Whether it runs a text or file that its own words hold.
pub(super) fn runs_words(command: &Effective, sets: &Sets) -> bool {
    let program = interpreter(&command.program());
    match program.as_str() {
        "eval" | "." | "source" | "iex" | "invoke-expression" => true,
        // The program itself is what was put in.
        "" => command.words.first().is_some_and(|word| !word.is_certain),
        _ => is_shell(&program) || sets.has("interpreters", &program),
    }
}

/// `python3.12`, `lua5.4`, `pypy3`: without the version.
pub(super) fn interpreter(program: &str) -> String {
    let bare = program.trim_end_matches(|sign: char| sign.is_ascii_digit() || sign == '.' || sign == '-');
    if bare.is_empty() { program.to_owned() } else { bare.to_owned() }
}

/// Whether a program works on code of another language that stands among its words, or decodes by a module.
fn has_own_code(command: &Effective, program: &str, sets: &Sets) -> bool {
    let is_module =
        |word: &str| matches!(word, "base64" | "binascii" | "quopri" | "codecs" | "gzip" | "zlib");
    sets.has("interpreters", &interpreter(program))
        && command.words.iter().skip(1).any(|word| {
            sets.has("code_options", &word.text) || word.text.starts_with("-e") || is_module(&word.text)
        })
        || program == "jq" && command.words.iter().any(|word| word.text.contains("@base64d"))
}

/// Whether code prints every variable of the environment.
fn prints_all(command: &Effective, program: &str, sets: &Sets) -> bool {
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
    (sets.has("interpreters", &interpreter(program)) || sets.has("awks", program))
        && command.words.iter().skip(1).any(|word| shows(&word.text))
}

/// Whether it sends its output to the network by name of a device.
pub(super) fn network_device(command: &Effective) -> bool {
    command.redirections.iter().any(|one| {
        let text = one.target.text.as_str();
        !matches!(one.operator, RedirectOperator::HereDoc | RedirectOperator::HereString)
            && (text.starts_with("/dev/tcp/") || text.starts_with("/dev/udp/"))
    })
}
