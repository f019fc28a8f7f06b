//! What is known while the commands are followed, and the limits of following.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::{Effective, Effects, Link, Place, Value};
use crate::ast::{Command, Fault, FaultKind, Word};

/// Commands that are followed; a person writes ten.
const MOST_COMMANDS: usize = 4096;
/// Texts in texts: `sh -c "sh -c …"`.
const DEEPEST_TEXT: usize = 16;
/// Blocks in blocks over all texts: each takes room on the stack.
const DEEPEST_BLOCK: usize = 96;
/// Function calls inside each other.
const DEEPEST_CALL: usize = 8;
/// Steps for each byte of the script, and those that every script has.
const STEPS_A_BYTE: usize = 32;
const STEPS_AT_LEAST: usize = 64 * 1024;

/// The body of a function, with the here-documents of the script that it stands in.
#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) command: Arc<Command>,
    pub(super) here_docs: Rc<Vec<Word>>,
}

/// What a command reads, when that is known. Many may read the same.
pub(super) type Input<'a> = Option<&'a Arc<str>>;

/// Where a command stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Context {
    pub(super) parent: Option<(usize, Link)>,
    pub(super) places: Arc<[Place]>,
    pub(super) is_background: bool,
    pub(super) functions: Arc<[String]>,
    pub(super) arguments: Rc<Vec<Value>>,
    pub(super) here_docs: Rc<Vec<Word>>,
    pub(super) text_depth: usize,
    pub(super) call_depth: usize,
}

impl Context {
    pub(super) fn inside(&self, id: usize, link: Link) -> Self {
        Self { parent: Some((id, link)), ..self.clone() }
    }

    pub(super) fn may_read_text(&self) -> bool {
        self.text_depth < DEEPEST_TEXT
    }

    pub(super) fn may_call(&self) -> bool {
        self.call_depth < DEEPEST_CALL
    }
}

/// What is known, whichever command is at hand.
#[derive(Debug)]
pub(super) struct State {
    pub(super) found: Effects,
    pub(super) variables: BTreeMap<String, Value>,
    pub(super) functions: BTreeMap<String, Body>,
    /// Files that the script itself writes, with what is in them.
    pub(super) files: BTreeMap<String, String>,
    /// Programs under other names: aliases, copies and links that the script makes.
    pub(super) renamed: BTreeMap<String, Vec<Value>>,
    /// What `set --` made the arguments.
    pub(super) arguments: Rc<Vec<Value>>,
    pub(super) pipelines: usize,
    depth: usize,
    budget: usize,
}

impl State {
    pub(super) fn new(bytes: usize) -> Self {
        Self {
            found: Effects::default(),
            variables: BTreeMap::new(),
            functions: BTreeMap::new(),
            files: BTreeMap::new(),
            renamed: BTreeMap::new(),
            arguments: Rc::default(),
            pipelines: 0,
            depth: 0,
            budget: bytes.saturating_mul(STEPS_A_BYTE).saturating_add(STEPS_AT_LEAST),
        }
    }

    /// The arguments of the function or text at hand, or those that the script gave itself.
    pub(super) fn arguments(&self, context: &Context) -> Rc<Vec<Value>> {
        Rc::clone(if context.arguments.is_empty() { &self.arguments } else { &context.arguments })
    }

    /// Takes steps from the budget; `false` when it is used up. That is noted once.
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        if self.budget == 0 {
            return false;
        }
        self.budget = self.budget.saturating_sub(steps);
        if self.budget == 0 {
            self.found.faults.push(Fault { at: 0, kind: FaultKind::TooMuchWork });
        }
        self.budget > 0
    }

    /// Whether any of the budget is left.
    pub(super) fn may_go_on(&self) -> bool {
        self.budget > 0
    }

    /// Goes one block down; `false` when it is deep enough.
    pub(super) fn go_down(&mut self) -> bool {
        if self.depth >= DEEPEST_BLOCK {
            self.fault(FaultKind::TooDeep);
            self.budget = 0;
            return false;
        }
        self.depth += 1;
        true
    }

    pub(super) fn go_up(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    pub(super) fn fault(&mut self, kind: FaultKind) {
        self.found.faults.push(Fault { at: 0, kind });
    }

    /// A place for a command; `None` when there are too many.
    pub(super) fn open(&mut self, context: &Context) -> Option<usize> {
        let id = self.found.commands.len();
        if id >= MOST_COMMANDS {
            self.spend(usize::MAX);
            return None;
        }
        self.found.commands.push(Effective {
            id,
            parent: context.parent,
            places: Arc::clone(&context.places),
            is_background: context.is_background,
            functions: Arc::clone(&context.functions),
            ..Effective::default()
        });
        Some(id)
    }

    pub(super) fn at(&mut self, id: usize) -> Option<&mut Effective> {
        self.found.commands.get_mut(id)
    }
}
