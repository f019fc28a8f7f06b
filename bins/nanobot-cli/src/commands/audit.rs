//! `audit …`: whether the log of policy changes is what was written, and what to do when it is not. `verify` reads
//! files alone, needs no lock, and works beside a daemon; `accept` takes the home's lock, and leaves the files alone.

use std::path::PathBuf;

use nanobot_admin_store::{Verification, VerifyFault, verify};
use nanobot_core::ports::ChainHead;
use nanobot_journal::JournalReader;
use nanobotd::lock::HomeLock;
use nanobotd::{POLICY_CHAIN, accept_policy_log};
use serde_json::{Value, json};

use super::block_on;
use crate::args::Audit;
use crate::audit::audited;
use crate::exit::{Code, Failure};
use crate::home::Place;
use crate::{onboard, output};

pub(super) fn run(command: &Audit, place: &Place) -> Result<Code, Failure> {
    block_on(async {
        match command {
            Audit::Verify(json) => verified(place, json.json).await,
            Audit::Accept { yes } => accept(place, *yes).await,
        }
    })
}

async fn verified(place: &Place, as_json: bool) -> Result<Code, Failure> {
    let (verification, journal) = look(place).await?;
    if as_json {
        output::json(&to_json(&verification, journal.as_ref()))?;
    } else {
        print(&verification, journal.as_ref())?;
    }
    Ok(if verification.faults.is_empty() { Code::Done } else { Code::No })
}

/// What the files say, and what the journal knows of them.
async fn look(place: &Place) -> Result<(Verification, Option<ChainHead>), Failure> {
    let head = head(place).await?;
    Ok((verify(&folder(place), head.as_ref()).await?, head))
}

fn folder(place: &Place) -> PathBuf {
    place.home.root().join("policy").join("audit")
}

/// From now on the journal expects the log as it is. What is wrong within the files stays wrong, and stays named.
async fn accept(place: &Place, yes: bool) -> Result<Code, Failure> {
    if !yes && !onboard::can_ask() {
        return Err(Failure::new(Code::Usage, "nobody can be asked here; use --yes after audit verify"));
    }
    if !place.home.root().is_dir() {
        output::say("no change of the policy is logged yet");
        return Ok(Code::Done);
    }
    // Nothing is written meanwhile.
    let _lock = HomeLock::take(place.home.root(), &place.home.lock())?;
    let (verification, journal) = look(place).await?;
    print(&verification, journal.as_ref())?;
    if verification.faults.is_empty() {
        return Ok(Code::Done);
    }
    if !yes && !onboard::ask_yes_no("Take the log as it is?").await? {
        output::say("nothing was accepted");
        return Ok(Code::No);
    }
    let act = async { Ok(accept_policy_log(&place.home).await?) };
    let head = audited(place, "policy.accept_log", folder(place).display().to_string(), act).await?;
    output::say(match head {
        Some(head) => format!("from now on the journal expects {} rows", head.rows),
        None => "from now on the journal expects an empty log".to_owned(),
    });
    let (verification, _) = look(place).await?;
    if verification.faults.is_empty() {
        return Ok(Code::Done);
    }
    output::say("what is wrong within the files stays named; move log and chain away together to begin anew");
    Ok(Code::No)
}

/// What the journal knows of the log; none when there is no journal yet, or it knows nothing.
async fn head(place: &Place) -> Result<Option<ChainHead>, Failure> {
    let path = place.home.journal();
    if !path.exists() {
        return Ok(None);
    }
    let reader = JournalReader::open(&path).await?;
    let head = reader.chain_head(POLICY_CHAIN).await;
    reader.close().await;
    Ok(head?)
}

fn print(verification: &Verification, journal: Option<&ChainHead>) -> Result<(), Failure> {
    let Verification { rows, adopted, unlinked, unfinished, faults, .. } = verification;
    if *rows == 0 && faults.is_empty() && verification.head.is_none() && journal.is_none() {
        return output::line("no change of the policy is logged yet");
    }
    output::line(format!("rows      {rows}, {adopted} of them adopted, {unlinked} not linked yet"))?;
    output::line(match journal {
        Some(head) => format!("journal   knows {} rows", head.rows),
        None => "journal   knows nothing of them; rows cut off the end would not be missed".to_owned(),
    })?;
    if *unfinished {
        output::line("! a change is half done; the next start of nanobotd, or the next change, settles it")?;
    }
    if faults.is_empty() {
        return output::line("all of it is as it was written");
    }
    faults.iter().try_for_each(|VerifyFault { row, id, what }| {
        let id = id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
        output::line(format!("! row {row}{id}: {what}"))
    })
}

fn to_json(verification: &Verification, journal: Option<&ChainHead>) -> Value {
    let head = |head: &ChainHead| json!({"rows": head.rows, "hash": head.hash});
    let fault =
        |fault: &VerifyFault| json!({"row": fault.row, "id": fault.id, "what": fault.what.to_string()});
    json!({
        "ok": verification.faults.is_empty(),
        "rows": verification.rows,
        "adopted": verification.adopted,
        "unlinked": verification.unlinked,
        "unfinished": verification.unfinished,
        "head": verification.head.as_ref().map(head),
        "journal_head": journal.map(head),
        "faults": verification.faults.iter().map(fault).collect::<Vec<_>>(),
    })
}
