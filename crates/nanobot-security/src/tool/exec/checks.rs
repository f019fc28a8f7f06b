//! The checks that need more than the words of one command.

use nanobot_shell::{Link, is_shell};

use super::super::path::Asker;
use super::super::sets::Set;
use super::flow::{self, last_name};
use super::seen::Seen;
use super::words::{self, Named};
use super::{Findings, Scene, path};
use crate::url_guard;

impl Scene<'_> {
    /// Runs every check over a command.
    pub(super) fn by_checks(&self, command: &Seen<'_>, named: &[Named<'_>], findings: &mut Findings) {
        let program = command.program();
        let checks: [(&str, bool); 15] = [
            ("stray_delete", stray_delete(command, program)),
            ("bulk_delete", self.bulk_delete(command, program)),
            ("device", self.device(command, named)),
            ("fork_bomb", fork_bomb(command)),
            ("kill_all", kill_all(command, program)),
            ("system_write", self.system_write(command)),
            ("environment_sent", self.environment_sent(command)),
            ("download_run", self.download_run(command, program)),
            ("hidden_code", self.hidden_code(command)),
            ("reverse_shell", self.reverse_shell(command, program)),
            ("sent_away", self.sent_away(command, program)),
            ("metadata", metadata(command)),
            ("dynamic_program", dynamic_program(command)),
            ("environment", flow::prints_environment(command)),
            ("startup", self.startup(command)),
        ];
        for (check, is_so) in checks {
            if is_so {
                self.add(check, findings);
            }
        }
    }

    fn bulk_delete(&self, command: &Seen<'_>, program: &str) -> bool {
        if matches!(program, "find" | "gfind") {
            return command.words.iter().any(|word| word.text == "-delete")
                && !self.deletes_byproducts(command);
        }
        command.is(Set::Deleters)
            && self
                .line
                .ancestors(command)
                .any(|(outer, _)| outer.is(Set::Finders) && !self.deletes_byproducts(outer))
    }

    fn device(&self, command: &Seen<'_>, named: &[Named<'_>]) -> bool {
        if command.is(Set::Inspects) || command.is(Set::Prints) && command.redirections.is_empty() {
            return false;
        }
        let is_device = |text: &str, is_pattern: bool| {
            path(text, is_pattern)
                .and_then(|path| self.places.find(&path, Asker::Command))
                .is_some_and(|rule| rule.for_exec.is_some())
        };
        command.redirections.iter().any(|one| is_device(&one.target.text, one.target.is_pattern))
            || named.iter().any(|one| one.found.is_some_and(|rule| rule.for_exec.is_some()))
    }

    fn system_write(&self, command: &Seen<'_>) -> bool {
        command
            .redirections
            .iter()
            .filter(|one| one.operator.writes())
            .any(|one| words::is_system(&one.target.text, one.target.is_pattern, self.sets))
    }

    fn environment_sent(&self, command: &Seen<'_>) -> bool {
        if command.is(Set::Senders) && self.flow.is_fed_by_environment(command) {
            return true;
        }
        flow::prints_environment(command)
            && self
                .line
                .ancestors(command)
                .any(|(outer, link)| link == Link::Substitution && outer.is(Set::Senders))
    }

    fn download_run(&self, command: &Seen<'_>, program: &str) -> bool {
        if command.reads_code(self.sets)
            && (self.flow.is_fed_by_download(command) || self.takes_download_by_variable(command))
        {
            return true;
        }
        // `curl … | xargs sh`, `curl … | parallel`.
        if is_shell(program)
            && self.flow.is_fed_by_download(command)
            && self.line.ancestors(command).any(|(outer, _)| outer.is(Set::Finders))
        {
            return true;
        }
        if self.is_given_to_runner(command, |command| {
            command.is(Set::Downloaders) || self.flow.is_fed_by_download(command)
        }) {
            return true;
        }
        if command.runs_words()
            && (self.takes_download_by_variable(command) || self.runs_fetched_line(command))
        {
            return true;
        }
        self.runs_fetched_file(command, program)
    }

    /// Whether it runs a value that is not known, and a variable holds what was fetched.
    fn takes_download_by_variable(&self, command: &Seen<'_>) -> bool {
        self.flow.holds_download
            && (!command.is_certain()
                || command.redirections.iter().any(|one| !one.target.is_certain)
                || (command.input.is_none() && !command.places.is_empty()))
    }

    /// `curl … | while read line; do sh -c "$line"; done`.
    fn runs_fetched_line(&self, command: &Seen<'_>) -> bool {
        self.flow.is_fed_by_download(command)
            && !command.is_certain()
            && (!command.is_language() || command.has_code(self.sets))
    }

    /// Whether the command's output is put into the words of one that runs them.
    fn is_given_to_runner(&self, command: &Seen<'_>, is_source: impl Fn(&Seen<'_>) -> bool) -> bool {
        is_source(command)
            && self.line.ancestors(command).any(|(outer, link)| {
                matches!(link, Link::Substitution | Link::Process)
                    && self
                        .flow
                        .chain(outer, self.line)
                        .any(|runner| self.runs_what_it_is_given(runner, link))
            })
    }

    fn runs_what_it_is_given(&self, runner: &Seen<'_>, link: Link) -> bool {
        if !runner.runs_words() {
            return false;
        }
        // An interpreter with a script of its own takes the rest for data.
        !runner.is_language()
            || link == Link::Process
            || runner.has_code(self.sets)
            || runner.first_is_unknown()
    }

    fn runs_fetched_file(&self, command: &Seen<'_>, program: &str) -> bool {
        let is_fetched = |text: &str| last_name(text).is_some_and(|name| self.flow.fetched.contains(&name));
        let Some(first) = command.words.first() else { return false };
        let operand = command.words.iter().skip(1).find(|word| !word.text.starts_with(['-', '+']));
        let is_script = is_shell(program) || matches!(program, "source" | ".");
        let run = if is_script { operand.map_or("", |word| word.text.as_str()) } else { first.text.as_str() };
        let is_relative = !run.starts_with(['/', '~']) && run.contains('/');
        let mut folders = run.split('/').filter(|name| !matches!(*name, "." | ""));
        if is_relative
            && (self.flow.unpacks || folders.next().is_some_and(|name| self.flow.trees.contains(name)))
        {
            return true;
        }
        if is_fetched(&first.text) && (first.text.contains('/') || self.flow.fetched.contains(program)) {
            return true;
        }
        let runs = command.runs_words();
        (runs && operand.is_some_and(|word| is_fetched(&word.text)))
            || (command.reads_code(self.sets)
                && command.redirections.iter().any(|one| is_fetched(&one.target.text)))
    }

    fn hidden_code(&self, command: &Seen<'_>) -> bool {
        if command.reads_code(self.sets) && command.input.is_none() && self.flow.is_fed_by_decoder(command) {
            return true;
        }
        self.is_given_to_runner(command, |command| {
            command.is(Set::Decoders) && self.line.ancestors(command).any(|(outer, _)| !outer.is_certain())
        })
    }

    fn reverse_shell(&self, command: &Seen<'_>, program: &str) -> bool {
        if command.is(Set::Sockets) {
            let runs = command.words.iter().skip(1).any(|word| {
                let text = word.text.to_lowercase();
                let is_run = matches!(text.as_str(), "--exec" | "--sh-exec" | "--lua-exec")
                    || (program != "socat" && program != "openssl" && words::has_flag(&word.text, "e"))
                    || (program == "ncat" && words::has_flag(&word.text, "c"))
                    || text.starts_with("--exec=")
                    || text.starts_with("--sh-exec=");
                is_run || ["exec:", "system:", "shell:"].iter().any(|kind| text.starts_with(kind))
            });
            // Some take the shell behind `-c`; to others that letter means encryption.
            let names_shell = program != "openssl"
                && command.words.windows(2).any(|pair| {
                    let [option, shell] = pair else { return false };
                    words::has_flag(&option.text, "c") && is_shell(&shell.program())
                });
            if runs || names_shell {
                return true;
            }
        }
        // A way in from outside, opened from inside.
        let tunnels = matches!(program, "ssh" | "autossh" | "plink")
            && command.words.iter().any(|word| {
                word.text == "-R" || word.text.starts_with("-R") || word.text == "-NR" || word.text == "-fNR"
            });
        if tunnels {
            return true;
        }
        if flow::network_device(command) && (program.is_empty() || program == "exec" || is_shell(program)) {
            return true;
        }
        command.reads_code(self.sets)
            && command.places.iter().any(|place| self.flow.sockets.contains(&place.pipeline))
    }

    fn sent_away(&self, command: &Seen<'_>, program: &str) -> bool {
        if flow::network_device(command) && !(command.is(Set::Prints) && command.words.len() <= 1) {
            return true;
        }
        let connects = command.is(Set::Sockets)
            && !matches!(program, "openssl" | "telnet")
            && !command.words.iter().any(|word| words::has_flag(&word.text, "lz"));
        connects
            && (self.flow.is_fed_by_reader(command)
                || command
                    .redirections
                    .iter()
                    .any(|one| one.operator == nanobot_shell::RedirectOperator::Read))
    }

    fn startup(&self, command: &Seen<'_>) -> bool {
        command.assignments.iter().any(|(name, _)| self.sets.has(Set::StartupVariables, name))
    }
}

/// `ls rm -rf /`: the words of another command, where a separator got lost.
fn stray_delete(command: &Seen<'_>, program: &str) -> bool {
    let mut pairs = command.words.iter().skip(1).zip(command.words.iter().skip(2));
    // These take such words for text, or run them where no file of this machine is.
    let is_text = [Set::Prints, Set::Patterns, Set::Containers].into_iter().any(|set| command.is(set))
        || matches!(program, "git" | "cheat" | "kubectl" | "ssh");
    !is_text
        && pairs.any(|(name, flags)| {
            name.is_bare && words::has_flag(&flags.text, "rRfF") && name.program() == "rm"
        })
}

/// `$X -rf /`: nobody knows what that is, and it looks like one thing only.
fn dynamic_program(command: &Seen<'_>) -> bool {
    let Some(first) = command.words.first() else { return false };
    let is_unknown = first.text.starts_with('-') || (first.text.is_empty() && !first.is_certain);
    let deletes = command.words.iter().any(|word| {
        let text = word.text.as_str();
        text == "--no-preserve-root" || (words::has_flag(text, "rR") && words::has_flag(text, "fF"))
    });
    // A program that is named by a pattern: nobody does that who has nothing to hide.
    let is_pattern = first.is_pattern && first.text != "[";
    is_pattern || is_unknown && deletes
}

/// A function that starts itself more than once, or goes on behind its own back.
fn fork_bomb(command: &Seen<'_>) -> bool {
    // `bash $0 &`: the script starts itself and goes on.
    let names_itself = command.variables.iter().any(|(_, name)| name == "0" || name == "BASH_SOURCE");
    if names_itself && command.is_background && is_shell(command.program()) {
        return true;
    }
    command.words.first().is_some_and(|first| {
        command.functions.contains(&first.text) && (command.is_background || !command.places.is_empty())
    })
}

fn kill_all(command: &Seen<'_>, program: &str) -> bool {
    let mut words = command.words.iter().skip(1).map(|word| word.text.as_str()).peekable();
    match program {
        "killall5" => true,
        "pkill" => words.any(|word| matches!(word, "." | ".*" | "^" | "")),
        "kill" => {
            match words.peek() {
                Some(&("-s" | "-n" | "--signal")) => {
                    words.next();
                    words.next();
                }
                Some(word) if word.starts_with('-') && *word != "--" => {
                    words.next();
                }
                _ => {}
            }
            words.any(|word| matches!(word, "-1" | "1" | "0"))
        }
        _ => false,
    }
}

/// An address of the service that gives a machine its credentials.
fn metadata(command: &Seen<'_>) -> bool {
    command.words.iter().skip(1).any(|word| {
        let text = word.text.as_str();
        // A bare address is one of these as well: `curl 169.254.169.254/latest`.
        let is_bare = !text.contains("://") && !text.starts_with('-') && text.contains(['.', ':']);
        let url = if is_bare { format!("http://{text}") } else { text.to_owned() };
        (text.contains("://") || is_bare) && url_guard::judge(&url, &[]).reason == "metadata"
    })
}
