//! The campaign outside of its outer box: compiles the attacks, lays out what the outer box holds, starts it, listens.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use rustix::process::geteuid;

use super::INSIDE;
use super::options::{Options, Who};
use super::report::{Summary, line};

/// Files of `/etc` that programs in the outer box need.
const ETC: [&str; 9] = [
    "ld.so.cache",
    "ld.so.conf",
    "nsswitch.conf",
    "passwd",
    "group",
    "protocols",
    "services",
    "localtime",
    "magic",
];
const ATTACKS: [&str; 6] = ["attack.c", "kernel.c", "mounts.c", "network.c", "processes.c", "limits.c"];
/// What a campaign may take of the machine, whatever gets through: processes, and bytes.
const MOST_PROCESSES: &str = "4000";
const MOST_MEMORY: &str = "3221225472";
/// A campaign by one user takes a minute or two.
const MOST_SECONDS: &str = "900";

pub(super) fn run(options: &Options, tell: &mut dyn FnMut(&str)) -> Result<Summary> {
    let mut summary = Summary::new(options.seed);
    let bench = Bench::make()?;
    let is_root = geteuid().is_root();
    for who in options.who.map_or_else(|| vec![Who::Root, Who::User], |who| vec![who]) {
        if who == Who::Root && !is_root {
            summary.not_run.push("the boxes of root; start the campaign as root".to_owned());
            continue;
        }
        let group = if is_root { Group::make() } else { Group::default() };
        bench.campaign(who, options, &group, &mut summary, tell)?;
    }
    Ok(summary)
}

/// What is compiled and laid out, in a folder that is removed in the end.
struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    fn make() -> Result<Self> {
        let folder = tempfile::tempdir().context("make a folder for the campaign")?;
        let bench = Self { folder };
        let path = |name: &str| bench.folder.path().join(name);
        for name in ["root", "seed", "seed/etc", "seed/stage", "seed/stage/tools"] {
            fs::create_dir_all(path(name))?;
        }
        for name in ETC {
            // Not every system has all of them.
            let _ = fs::copy(Path::new("/etc").join(name), path("seed/etc").join(name));
        }
        let own = std::env::current_exe().context("where this program is")?;
        fs::copy(own, path("seed/stage/escape-campaign"))?;
        compile(&["stage.c"], &path("stage"), &["-lutil"])?;
        compile(&ATTACKS, &path("seed/stage/tools/attack"), &["-pthread"])?;
        Ok(bench)
    }

    fn campaign(
        &self,
        who: Who,
        options: &Options,
        group: &Group,
        summary: &mut Summary,
        tell: &mut dyn FnMut(&str),
    ) -> Result<()> {
        let path = |name: &str| self.folder.path().join(name);
        let mut child = group
            .command()
            .args(["timeout", "--kill-after=5", MOST_SECONDS])
            .arg(path("stage"))
            .arg(who.name())
            .args([path("seed"), path("root")])
            .arg(format!("canary-{:x}-key", options.seed))
            .args(["/stage/escape-campaign", INSIDE, who.name()])
            .args(options.words())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .context("start the outer box")?;
        let output = child.stdout.take().context("listen to the outer box")?;
        for said in BufReader::new(output).lines() {
            let row = serde_json::from_str(&said?).context("understand the outer box")?;
            tell(&line(&row));
            summary.add(row);
        }
        let ended = child.wait()?;
        if !ended.success() {
            summary.not_run.push(format!("the rest as {}: the outer box ended with {ended}", who.name()));
        }
        Ok(())
    }
}

#[expect(clippy::disallowed_methods, reason = "a campaign starts processes")]
fn compile(sources: &[&str], to: &Path, further: &[&str]) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/escape");
    let mut compiler = Command::new("cc");
    compiler.args(["-static", "-O1", "-w", "-o"]).arg(to).args(sources).args(further).current_dir(folder);
    let ended = match compiler.status() {
        Ok(ended) => ended,
        Err(error) => bail!("NOT RUN: cc cannot be run ({error}); install the package build-essential"),
    };
    ensure!(
        ended.success(),
        "NOT RUN: the attacks do not compile; install the packages build-essential and libc6-dev"
    );
    Ok(())
}

/// Control groups around the outer box, so that what gets through takes no more than its share. Only root can.
#[derive(Debug, Default)]
struct Group {
    /// Where the outer box goes.
    members: Vec<PathBuf>,
    /// To be removed, inner ones first.
    made: Vec<PathBuf>,
}

impl Group {
    /// Both generations; what cannot be made is left out.
    fn make() -> Self {
        let mut group = Self::default();
        let name = format!("escape-{}", std::process::id());
        let root = Path::new("/sys/fs/cgroup");
        for (controller, file, limit) in
            [("pids", "pids.max", MOST_PROCESSES), ("memory", "memory.limit_in_bytes", MOST_MEMORY)]
        {
            let folder = root.join(controller).join(&name);
            if fs::create_dir(&folder).is_ok() {
                group.made.push(folder.clone());
                if fs::write(folder.join(file), limit).is_ok() {
                    group.members.push(folder);
                }
            }
        }
        if group.members.is_empty() && root.join("cgroup.controllers").exists() {
            group.second_generation(&root.join(name));
        }
        group
    }

    /// Boxes get their groups beside that of the campaign, since processes and limits do not live in one.
    fn second_generation(&mut self, folder: &Path) {
        let leaf = folder.join("campaign");
        let switch = |place: &Path| fs::write(place.join("cgroup.subtree_control"), "+pids +memory");
        // Whatever of it fails, the boxes of root say so: they refuse to run.
        let _ = folder.parent().map(switch);
        if fs::create_dir(folder).is_ok() && switch(folder).is_ok() && fs::create_dir(&leaf).is_ok() {
            let _ = fs::write(folder.join("pids.max"), MOST_PROCESSES);
            let _ = fs::write(folder.join("memory.max"), MOST_MEMORY);
            self.made = vec![leaf.clone(), folder.to_owned()];
            self.members.push(leaf);
        }
    }

    /// A command that joins them before it becomes what follows.
    #[expect(clippy::disallowed_methods, reason = "a campaign starts processes")]
    fn command(&self) -> Command {
        let joins: Vec<String> =
            self.members.iter().map(|folder| format!("echo $$ >{}/cgroup.procs", folder.display())).collect();
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &format!("{}\nexec \"$@\"", joins.join("\n")), "sh"]);
        shell
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for folder in &self.made {
            // Groups of boxes are still in it if the outer box was ended by force.
            for inner in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
                let _ = fs::remove_dir(inner.path());
            }
            let _ = fs::remove_dir(folder);
        }
    }
}
