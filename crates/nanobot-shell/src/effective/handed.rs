//! Texts that programs run although they are no shells: a pager that is given by option, the escape of an editor, the
//! recipe of a makefile, a variable that names an editor. Programs are known by name; what none of them runs is data.

use super::state::{Context, State};
use super::{Link, Value, walk};
use crate::effort;

/// Texts of one command that are followed; a person gives one.
const MOST: usize = 16;

/// Variables whose value programs run.
const VARIABLES: [&str; 24] = [
    "PROMPT_COMMAND",
    "EDITOR",
    "VISUAL",
    "PAGER",
    "MANPAGER",
    "BROWSER",
    "LESSOPEN",
    "LESSCLOSE",
    "GIT_EDITOR",
    "GIT_SEQUENCE_EDITOR",
    "GIT_PAGER",
    "GIT_SSH_COMMAND",
    "GIT_EXTERNAL_DIFF",
    "GIT_PROXY_COMMAND",
    "GIT_ASKPASS",
    "SSH_ASKPASS",
    "SUDO_ASKPASS",
    "SUDO_EDITOR",
    "SYSTEMD_EDITOR",
    "RSYNC_RSH",
    "CVS_RSH",
    "FZF_DEFAULT_COMMAND",
    "FCEDIT",
    "KUBE_EDITOR",
];

/// Options whose value a program runs: names of the programs, short letters, long names.
const OPTIONS: &[(&[&str], &str, &[&str])] = &[
    (&["man"], "P", &["--pager"]),
    (&["npm", "pnpm", "yarn", "npx"], "c", &["--call"]),
    (
        &["tar", "gtar", "bsdtar"],
        "IF",
        &["--to-command", "--use-compress-program", "--info-script", "--new-volume-script", "--rsh-command"],
    ),
    (&["rsync"], "e", &["--rsh", "--rsync-path"]),
    (&["scp", "sftp"], "S", &[]),
    (&["split", "gsplit"], "", &["--filter"]),
    (&["sort", "gsort"], "", &["--compress-program"]),
    (&["tcpdump"], "z", &["--postrotate-command"]),
    (&["nodemon", "watchexec", "cargo-watch"], "xs", &["--exec", "--shell"]),
    (&["start-stop-daemon"], "xa", &["--exec", "--startas"]),
    (&["go"], "", &["-exec", "-toolexec"]),
    (&["rg"], "", &["--pre"]),
    (&["fzf", "sk"], "", &["--preview"]),
    (&["zip"], "", &["-TT", "--unzip-command"]),
    (
        &["xterm", "uxterm", "urxvt", "konsole", "alacritty", "kitty", "gnome-terminal", "xfce4-terminal"],
        "e",
        &["--command"],
    ),
    (&["make", "gmake"], "", &["--eval"]),
    (&["lftp", "perf", "bpftrace"], "ce", &[]),
    (&["entr"], "s", &[]),
];

/// Settings of git whose value it runs, with what may stand in front of the last name.
const GIT_KEYS: [&str; 14] = [
    "sshcommand",
    "pager",
    "editor",
    "fsmonitor",
    "askpass",
    "external",
    "textconv",
    "helper",
    "clean",
    "smudge",
    "driver",
    "cmd",
    "program",
    "gitproxy",
];

/// Follows the texts that the command runs.
pub(super) fn follow(
    program: &str,
    words: &[Value],
    id: usize,
    state: &mut State,
    context: &Context,
    input: Option<&str>,
) {
    let rest = words.get(1..).unwrap_or_default();
    let mut texts = by_option(program, rest);
    match program {
        "git" => git(rest, &mut texts),
        "sed" | "gsed" => rest.iter().for_each(|word| stream_edits(&word.text, &mut texts)),
        "ssh" | "scp" | "sftp" | "autossh" => ssh(rest, &mut texts),
        "tar" | "gtar" | "bsdtar" => texts.extend(
            rest.iter()
                .filter_map(|word| word.text.split_once("checkpoint-action=exec="))
                .map(|(_, text)| text.to_owned()),
        ),
        "apt" | "apt-get" | "dpkg" | "aptitude" => texts.extend(
            rest.iter()
                .filter_map(|word| word.text.split_once("-Invoke").and_then(|(_, tail)| tail.split_once('=')))
                .map(|(_, text)| text.to_owned()),
        ),
        "make" | "gmake" => recipes(rest, state, input, &mut texts),
        "hyperfine" => {
            texts
                .extend(rest.iter().filter(|word| !word.text.starts_with('-')).map(|word| word.text.clone()));
        }
        "env" | "sudo" | "doas" | "export" | "declare" | "typeset" => {
            for (name, text) in rest.iter().filter_map(|word| word.text.split_once('=')) {
                texts.extend(VARIABLES.contains(&name).then(|| text.to_owned()));
            }
        }
        _ => {
            let lines = input.into_iter().flat_map(str::lines).take(MOST);
            let all = rest.iter().map(|word| word.text.as_str()).chain(lines);
            texts.extend(all.filter_map(|text| escape(program, text)).map(str::to_owned));
        }
    }
    effort::spend(texts.iter().map(String::len).sum());
    for text in texts.iter().take(MOST) {
        walk::perhaps(text.trim_start_matches(['!', '|', ' ']), state, &context.inside(id, Link::Text));
    }
}

/// Follows the value of a variable that programs run.
pub(super) fn variable(name: &str, text: &str, id: usize, state: &mut State, context: &Context) {
    if VARIABLES.contains(&name) && text.contains(char::is_whitespace) {
        walk::perhaps(text.trim_start_matches(['!', '|', ' ']), state, &context.inside(id, Link::Text));
    }
}

fn by_option(program: &str, rest: &[Value]) -> Vec<String> {
    let mut texts = Vec::new();
    let Some((_, letters, long)) = OPTIONS.iter().find(|(names, ..)| names.contains(&program)) else {
        return texts;
    };
    for (at, word) in rest.iter().enumerate() {
        let text = word.text.as_str();
        let next = || rest.get(at + 1).map(|word| word.text.clone());
        if let Some((name, value)) = text.split_once('=')
            && long.contains(&name)
        {
            texts.push(value.to_owned());
        } else if long.contains(&text) {
            texts.extend(next());
        } else if let Some(cluster) = text.strip_prefix('-').filter(|cluster| !cluster.starts_with('-'))
            && cluster.len() <= 5
            && cluster.ends_with(|letter| letters.contains(letter))
        {
            texts.extend(next());
        }
    }
    texts
}

/// `-c core.pager=cmd`, `config alias.x '!cmd'`, `rebase -x cmd`, `bisect run cmd`, `clone 'ext::cmd'`.
fn git(rest: &[Value], texts: &mut Vec<String>) {
    let runs = |key: &str, value: &str| {
        let key = key.to_lowercase();
        let last = key.rsplit('.').next().unwrap_or(&key);
        (key.starts_with("alias.") && value.starts_with('!'))
            || key.starts_with("pager.")
            || (key.contains('.') && GIT_KEYS.contains(&last))
    };
    for (at, word) in rest.iter().enumerate() {
        // Each may be as long as all words together.
        if texts.len() >= MOST {
            return;
        }
        let text = word.text.as_str();
        let behind = || {
            let words = rest.get(at + 1..).unwrap_or_default();
            words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ")
        };
        let next = rest.get(at + 1).map(|word| word.text.as_str());
        match (text, next) {
            ("-c", Some(setting)) => {
                let value = setting.split_once('=').filter(|(key, value)| runs(key, value));
                texts.extend(value.map(|(_, value)| value.to_owned()));
            }
            ("-x" | "--exec" | "--extcmd" | "--upload-pack" | "--receive-pack", Some(value)) => {
                texts.push(value.to_owned());
            }
            ("run" | "foreach", Some(_)) if at > 0 => texts.push(behind()),
            (key, Some(value)) if at > 0 && runs(key, value) => texts.push(value.to_owned()),
            _ => {
                let long = ["--exec=", "--extcmd=", "--upload-pack=", "--receive-pack="];
                let value = long.iter().find_map(|option| text.strip_prefix(option));
                texts.extend(value.map(str::to_owned));
                texts.extend(text.strip_prefix("ext::").map(|text| text.replace("% ", " ")));
            }
        }
    }
}

/// `-o ProxyCommand=cmd`, in one word or two.
fn ssh(rest: &[Value], texts: &mut Vec<String>) {
    let keys = ["proxycommand", "localcommand", "knownhostscommand", "remotecommand"];
    for word in rest {
        let text = word.text.strip_prefix("-o").unwrap_or(&word.text);
        let Some((key, value)) = text.split_once(['=', ' ']) else { continue };
        if keys.contains(&key.to_lowercase().as_str()) {
            texts.push(value.to_owned());
        }
    }
}

/// `1e cmd` and `s/x/cmd/e` of sed.
fn stream_edits(script: &str, texts: &mut Vec<String>) {
    for piece in script.split(['\n', ';', '{']).take(MOST) {
        let mut piece = piece.trim_start();
        if let Some((_, behind)) = piece.strip_prefix('/').and_then(|tail| tail.split_once('/')) {
            piece = behind;
        }
        let piece = piece.trim_start_matches(|sign: char| sign.is_ascii_digit() || ",$!~+ ".contains(sign));
        if let Some(command) = piece.strip_prefix("e ") {
            texts.push(command.to_owned());
        }
        let mut signs = piece.chars();
        if signs.next() == Some('s')
            && let Some(border) = signs.next().filter(char::is_ascii_punctuation)
        {
            let parts: Vec<&str> = signs.as_str().split(border).collect();
            if let [_, with, flags] = parts.as_slice()
                && flags.contains('e')
                && flags.len() <= 4
            {
                texts.push((*with).to_owned());
            }
        }
    }
}

/// The lines behind tabs of a makefile that is known: given as input, or written by the script itself.
fn recipes(rest: &[Value], state: &State, input: Option<&str>, texts: &mut Vec<String>) {
    let named = rest.iter().position(|word| matches!(word.text.as_str(), "-f" | "--file" | "--makefile"));
    let name = named.and_then(|at| rest.get(at + 1)).map_or("Makefile", |word| word.text.as_str());
    let known = match name {
        "-" | "/dev/stdin" => input,
        name => state.files.get(name.trim_start_matches("./")).map(String::as_str),
    };
    let lines = known.into_iter().flat_map(str::lines).filter_map(|line| line.strip_prefix('\t'));
    texts.extend(lines.take(MOST).map(|line| line.trim_start_matches(['@', '-', '+']).to_owned()));
    let called = rest.iter().filter_map(|word| word.text.split_once("$(shell "));
    texts.extend(called.map(|(_, text)| text.trim_end_matches(')').to_owned()));
}

/// What stands behind the sign or word by which a program runs a command.
fn escape<'t>(program: &str, text: &'t str) -> Option<&'t str> {
    let text = text.trim_start();
    let behind = |words: &[&str]| words.iter().find_map(|word| text.strip_prefix(word));
    match program {
        "vi" | "vim" | "nvim" | "view" | "gvim" | "ex" | "ed" | "rvim" | "vimdiff" | "less" | "more"
        | "most" | "mail" | "mailx" | "ftp" | "sftp" | "lftp" => {
            let (before, behind) = text.split_once('!')?;
            let is_address =
                before.chars().all(|sign| sign.is_ascii_digit() || ":+.%$,'rw silent".contains(sign));
            is_address.then_some(behind)
        }
        "gdb" | "lldb" | "pdb" => behind(&["shell ", "!", "platform shell ", "pipe "]),
        "sqlite3" | "sqlite" | "duckdb" => behind(&[".shell ", ".system "]),
        "mysql" | "mariadb" => behind(&["\\! ", "system "]),
        "psql" | "pgcli" => behind(&["\\! ", "\\!"]).or_else(|| {
            let at = text.to_ascii_lowercase().find("program '")?;
            text.get(at + "program '".len()..)?.split('\'').next()
        }),
        _ => None,
    }
}
