//! Follows a script in the order in which it would run, without running anything: what is known of the values of
//! variables, each function where it is called, each branch, loops once for every known value, scripts in scripts.
//! The result is a list of events.

mod arithmetic;
mod builtin;
mod compound;
mod declare;
mod expand;
mod files;
mod join;
mod limits;
mod loops;
mod parameter;
mod pattern;
mod pct;
mod programs;
mod query;
mod shell;
mod simple;
mod started;
mod state;
mod variables;
mod wrapper;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::branches::{Arm, Branches};
use super::event::{Event, EventKind, Site, Status};
use super::parse::parse;
use super::paths;
use super::symbol::{Symbol, Symbols, read_in};
use super::syntax::Pipeline;
use super::syntax::{Item, List, Lost, Operator};
use super::text::{Place, Text};
use query::{does_nothing, is_test, leaves, literal, names_in, tests_status};
use state::{Capture, Context, Flow, Input, Shell, Sink, Value};

/// How many commands are followed.
const MOST_STEPS: usize = 40_000;

/// How many events are kept: the rules compare each with the others.
const MOST_EVENTS: usize = 8_000;

/// How many commands are followed in a function that nothing calls.
const MOST_STEPS_OF_FUNCTION: usize = 2_000;

/// Functions that call functions, and scripts in scripts.
const DEEPEST_CALL: usize = 24;

/// Reads a file by its path, as written in the script at another path.
pub(super) type Load<'a> = &'a dyn Fn(&str, &str) -> Option<(String, String)>;

/// What a script does.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// The script itself, then each function that nothing calls.
    pub(super) traces: Vec<Vec<Event>>,
    pub(super) branches: Branches,
    pub(super) not_followed: BTreeSet<(Place, String)>,
    pub(super) symbols: Symbols,
    /// The script and the files followed from it.
    pub(super) files: Vec<File>,
}

/// A file that was read.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
    /// Its commands, if they are kept.
    pub(super) list: Option<List>,
}

/// Follows a script.
pub(super) fn walk(path: &str, text: &str, load: Load) -> Walk {
    let mut walker = Walker::new(load);
    let text = walker.add_file(path, text);
    let script = parse(&text);
    let mut shell = Shell::new();
    shell.read_shebang(&text);
    walker.lost.clone_from(&script.lost);
    walker.list(&mut shell, &script.list, &Context::default());
    walker.report_lost(None);
    walker.end_trace();
    walker.uncalled_functions(&shell, &script.list);
    if let Some(file) = walker.files.first_mut() {
        file.list = Some(script.list);
    }
    Walk {
        traces: walker.traces,
        branches: walker.branches,
        not_followed: walker.not_followed,
        symbols: walker.symbols,
        files: walker.files,
    }
}

struct Walker<'a> {
    load: Load<'a>,
    files: Vec<File>,
    symbols: Symbols,
    /// One symbol for each variable that is never set.
    unset: HashMap<String, String>,
    events: Vec<Event>,
    traces: Vec<Vec<Event>>,
    not_followed: BTreeSet<(Place, String)>,
    /// What could not be parsed, and has not been reached.
    lost: Vec<Lost>,
    called: HashSet<String>,
    /// The branches that lead to the current command.
    branches: Branches,
    /// Texts of files that the script writes or pushes.
    contents: HashMap<(Site, String), files::Content>,
    /// Names that are known to be directories.
    directories: HashSet<String>,
    /// Where variables that are lost are used first.
    first_uses: HashMap<String, Place>,
    /// Output that goes to a variable or a pipe.
    captures: Vec<Capture>,
    branch: usize,
    jobs: usize,
    lists: usize,
    steps: usize,
    /// Bytes of all texts that words became.
    expanded: usize,
    /// The walk ends after this many steps.
    limit: usize,
    depth: usize,
    /// Loops around the current command.
    loops: usize,
    /// Files that are being sourced.
    sourced: usize,
    /// Something at the host's side was not followed.
    is_incomplete: bool,
}

impl<'a> Walker<'a> {
    fn new(load: Load<'a>) -> Self {
        Self {
            load,
            files: Vec::new(),
            symbols: Symbols::default(),
            unset: HashMap::new(),
            events: Vec::new(),
            traces: Vec::new(),
            not_followed: BTreeSet::new(),
            lost: Vec::new(),
            called: HashSet::new(),
            branches: Branches::default(),
            contents: HashMap::new(),
            directories: HashSet::new(),
            first_uses: HashMap::new(),
            captures: Vec::new(),
            branch: 0,
            jobs: 0,
            lists: 0,
            steps: 0,
            expanded: 0,
            limit: MOST_STEPS,
            depth: 0,
            loops: 0,
            sourced: 0,
            is_incomplete: false,
        }
    }

    fn add_file(&mut self, path: &str, text: &str) -> Text {
        let text = read_in(text, self.files.len());
        self.files.push(File {
            path: path.to_owned(),
            text: text.as_str().to_owned(),
            list: None,
        });
        text
    }

    fn end_trace(&mut self) {
        let events = std::mem::take(&mut self.events);
        self.traces.push(events);
        self.branches.truncate(0);
    }

    /// Functions that nothing calls, each by itself: what has happened before is unknown.
    fn uncalled_functions(&mut self, shell: &Shell, list: &List) {
        let mut named = HashSet::new();
        names_in(list, &mut named);
        let mut uncalled: Vec<_> = shell
            .functions
            .iter()
            .filter(|(name, body)| !self.called.contains(*name) && body.place.file == 0)
            .map(|(name, body)| {
                (
                    named.contains(name.as_str()),
                    body.place,
                    name.clone(),
                    Rc::clone(body),
                )
            })
            .collect();
        // Those that no other one names come first: they call the others.
        uncalled.sort_by_key(|(named, place, ..)| (*named, *place));
        for (_, place, name, body) in uncalled {
            if self.called.contains(&name) {
                continue;
            }
            let mut shell = shell.clone();
            shell.positions = None;
            let context = Context::default().with(Status::Unknown);
            self.limit = MOST_STEPS.min(self.steps + MOST_STEPS_OF_FUNCTION);
            self.emit(&shell, &context, place, EventKind::Unknown);
            self.called.insert(name);
            self.command(&mut shell, &body, &context);
            self.end_trace();
        }
    }

    /// Records an event.
    fn emit(&mut self, shell: &Shell, context: &Context, place: Place, kind: EventKind) {
        self.emit_until(shell, context, (place, place), kind);
    }

    fn emit_until(
        &mut self,
        shell: &Shell,
        context: &Context,
        (place, end): (Place, Place),
        kind: EventKind,
    ) {
        if !is_relevant(&shell.site, &kind) {
            return;
        }
        self.events.push(Event {
            place,
            end: end.max(place),
            site: shell.site.clone(),
            path: self.branches.path(),
            jobs: context.jobs.clone(),
            status: context.status,
            captured: context.captured,
            polling: context.polling,
            kind,
        });
    }

    /// Something was not followed. It is reported if there is a reason to give.
    fn unknown(&mut self, shell: &Shell, context: &Context, place: Place, why: Option<String>) {
        if let Some(why) = why {
            let why = self.symbols.shown(&why);
            self.not_followed.insert((place, why));
        }
        self.is_incomplete |= shell.site == Site::Host;
        self.emit(shell, context, place, EventKind::Unknown);
    }

    fn symbol(&mut self, shown: impl Into<String>) -> String {
        self.symbols.add(Symbol {
            shown: shown.into(),
            ..Symbol::default()
        })
    }

    /// Reports what could not be parsed before a place.
    fn report_lost(&mut self, before: Option<Place>) {
        while let Some(first) = self.lost.first()
            && before.is_none_or(|place| first.place.file == place.file && first.place < place)
        {
            let lost = self.lost.remove(0);
            let context = Context::default();
            self.unknown(&Shell::new(), &context, lost.place, Some(lost.why));
        }
    }

    fn list(&mut self, shell: &mut Shell, list: &[Item], context: &Context) -> Flow {
        for (index, item) in list.iter().enumerate() {
            if let Some(command) = item.first.commands.first() {
                self.report_lost(Some(command.place));
            }
            let next = list.get(index + 1);
            let tested = next.is_some_and(tests_status);
            let status = match (tested, next) {
                (true, _) => Status::Branch,
                (false, Some(_)) => Status::Unchecked,
                (false, None) => context.status,
            };
            let flow = self.item(shell, item, &context.with(status));
            if flow != Flow::Next {
                return flow;
            }
        }
        Flow::Next
    }

    fn item(&mut self, shell: &mut Shell, item: &Item, context: &Context) -> Flow {
        self.lists += 1;
        let mut context = context.clone();
        context.lists.push(self.lists);
        if item.background {
            self.jobs += 1;
            let job = self.jobs;
            context.jobs.push(job);
            context.status = Status::Unchecked;
            let mut subshell = shell.clone();
            let arms = self.branches.len();
            self.and_or(&mut subshell, item, &context);
            self.branches.truncate(arms);
            shell.last_job = Some(job);
            return Flow::Next;
        }
        if shell.errexit && !context.suppressed && context.status == Status::Unchecked {
            context.status = context.on_exit;
        }
        self.and_or(shell, item, &context)
    }

    fn and_or(&mut self, shell: &mut Shell, item: &Item, context: &Context) -> Flow {
        let arms = self.branches.len();
        let status_of = |rest: &[(Operator, Pipeline)]| match rest {
            [] => context.clone(),
            rest => Context {
                suppressed: true,
                ..context.with(status_before(rest, context.status))
            },
        };
        let flow = self.pipeline(shell, &item.first, &status_of(&item.rest));
        if flow != Flow::Next
            && item
                .rest
                .first()
                .is_none_or(|(next, _)| *next == Operator::And)
        {
            return flow;
        }
        let mut asked = is_test(&item.first);
        let mut open = None;
        let mut ended = Vec::new();
        for (index, (operator, pipeline)) in item.rest.iter().enumerate() {
            let more = item.rest.get(index + 1..).unwrap_or_default();
            if *operator == Operator::Or {
                self.branches.truncate(arms);
                open = None;
                asked = false;
            } else if !asked && !leaves(pipeline) {
                let flow = self.pipeline(shell, pipeline, &status_of(more));
                if flow != Flow::Next {
                    return flow;
                }
                asked = is_test(pipeline);
                continue;
            }
            let branch = open.unwrap_or_else(|| self.new_branch());
            if open.is_none() {
                self.branches.push(Arm {
                    branch,
                    taken: true,
                });
            }
            let before = shell.clone();
            let flow = self.pipeline(shell, pipeline, &status_of(more));
            self.join(shell, before, flow == Flow::Next);
            if flow != Flow::Next {
                ended.push(Arm {
                    branch,
                    taken: false,
                });
            }
            match operator {
                Operator::And => open = Some(branch),
                Operator::Or => self.branches.truncate(arms),
            }
        }
        self.branches.truncate(arms);
        ended.into_iter().for_each(|arm| self.branches.push(arm));
        flow
    }

    fn new_branch(&mut self) -> usize {
        self.branch += 1;
        self.branch
    }

    fn pipeline(&mut self, shell: &mut Shell, pipeline: &Pipeline, context: &Context) -> Flow {
        let context = if pipeline.negated && !matches!(context.status, Status::Branch) {
            &Context {
                suppressed: true,
                ..context.with(Status::Unknown)
            }
        } else {
            context
        };
        let [before @ .., last] = pipeline.commands.as_slice() else {
            return Flow::Next;
        };
        if before.is_empty() {
            return self.command(shell, last, context);
        }
        let mut context = context.clone();
        let piped = match shell.pipefail {
            true => context.status,
            false => Status::Piped,
        };
        for command in before {
            let mut subshell = shell.clone();
            subshell.stdout = Sink::Captured;
            self.captures.push(Capture::default());
            self.command(&mut subshell, command, &context.with(piped));
            let capture = self.captures.pop().unwrap_or_default();
            context.input = match capture.unknown {
                true => Input::Unknown,
                false => Input::Text(capture.text),
            };
        }
        let mut subshell = shell.clone();
        self.command(&mut subshell, last, &context);
        Flow::Next
    }
}

/// Whether a rule may ask about an event: most of what a script does on the host concerns no container.
fn is_relevant(site: &Site, kind: &EventKind) -> bool {
    if matches!(site, Site::Container(_)) {
        return true;
    }
    match kind {
        EventKind::Command(words) => {
            let name = words.first().map_or("", |word| word.as_str());
            matches!(programs::base_name(name), "pct" | "lxc-wait" | "mount")
        }
        EventKind::Write(write) => {
            paths::is_unit_directory(paths::parent(&write.path))
                || write.path.starts_with("/var/lib/lxc/")
        }
        EventKind::Directory(_) => false,
        _ => true,
    }
}

/// How the rest of a list uses the status of a command before it.
fn status_before(rest: &[(Operator, Pipeline)], outer: Status) -> Status {
    let or = rest.iter().find(|(operator, _)| *operator == Operator::Or);
    match or {
        Some((_, pipeline)) if does_nothing(pipeline) => Status::OrTrue,
        Some(_) => Status::Branch,
        None if matches!(outer, Status::Unchecked | Status::Errexit) => Status::Chain,
        None => outer,
    }
}
