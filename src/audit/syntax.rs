//! The syntax tree of a script: what the walk needs of it, each command with its place.

use std::rc::Rc;

use super::text::{Place, Text};

pub(super) type List = Vec<Item>;

/// A script, and the parts of it that could not be parsed.
#[derive(Debug, Default)]
pub(super) struct Script {
    pub(super) list: List,
    pub(super) lost: Vec<Lost>,
}

/// Something that was not parsed.
#[derive(Debug, Clone)]
pub(super) struct Lost {
    pub(super) place: Place,
    pub(super) why: String,
}

/// Pipelines joined by `&&` and `||`, ended by `;`, a line break or `&`.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) first: Pipeline,
    pub(super) rest: Vec<(Operator, Pipeline)>,
    pub(super) background: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    And,
    Or,
}

#[derive(Debug)]
pub(super) struct Pipeline {
    pub(super) negated: bool,
    pub(super) commands: Vec<Command>,
}

#[derive(Debug)]
pub(super) struct Command {
    pub(super) place: Place,
    /// The last line.
    pub(super) end: Place,
    pub(super) kind: Kind,
    pub(super) redirects: Vec<Redirect>,
}

#[derive(Debug)]
pub(super) enum Kind {
    Simple {
        assignments: Vec<Assignment>,
        words: Vec<Word>,
    },
    Group(List),
    Subshell(List),
    /// `for` and `select`; without words, over the positional parameters.
    For {
        name: String,
        words: Option<Vec<Word>>,
        body: List,
    },
    /// `for ((…))`.
    CountingFor {
        expression: String,
        body: List,
    },
    Loop {
        condition: List,
        body: List,
    },
    If {
        condition: List,
        then: List,
        otherwise: List,
    },
    Case {
        word: Word,
        arms: Vec<(Vec<Word>, List)>,
    },
    Function {
        name: String,
        body: Rc<Command>,
    },
    /// `[[ … ]]`: its operands.
    Test(Vec<Word>),
    /// `((…))`.
    Arithmetic(String),
}

#[derive(Debug)]
pub(super) struct Assignment {
    pub(super) name: String,
    pub(super) append: bool,
    pub(super) value: Assigned,
}

#[derive(Debug)]
pub(super) enum Assigned {
    Scalar(Word),
    /// The elements, some with an index: `[name]=value`.
    Array(Vec<(Option<String>, Word)>),
    /// One element of an array, by its index.
    Element(String, Word),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Word {
    pub(super) parts: Vec<Part>,
    pub(super) place: Place,
}

#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) kind: PartKind,
    pub(super) quoted: bool,
    pub(super) place: Place,
}

#[derive(Debug, Clone)]
pub(super) enum PartKind {
    Literal(Text),
    /// `~`.
    Home,
    Parameter(Parameter),
    /// `$(…)` and backquotes.
    Substitution(Rc<Script>),
    /// `$((…))`.
    Arithmetic(String),
}

/// `$name` and `${name…}`.
#[derive(Debug, Clone)]
pub(super) struct Parameter {
    pub(super) name: ParameterName,
    pub(super) operation: Operation,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ParameterName {
    Variable(String),
    Position(usize),
    /// `$@` and `$*`.
    AllPositions {
        joined: bool,
    },
    /// `${name[@]}` and `${name[*]}`.
    AllElements {
        name: String,
        joined: bool,
    },
    Element {
        name: String,
        index: String,
    },
    /// `$?`.
    Status,
    /// `$!`.
    LastJob,
    /// `$#`, `$$`, `$-`, `$0`, `${!prefix*}`.
    Other(&'static str),
}

#[derive(Debug, Clone)]
pub(super) enum Operation {
    Plain,
    /// `:-`, `-`, `:=`, `=`.
    Default {
        value: Word,
        assign: bool,
        empty_too: bool,
    },
    /// `:+`, `+`.
    Alternative(Word),
    /// `:?`, `?`.
    Require,
    /// `%`, `%%`, `#`, `##`.
    Trim {
        pattern: String,
        suffix: bool,
        longest: bool,
    },
    /// `/`, `//`.
    Replace {
        pattern: String,
        with: Word,
        all: bool,
    },
    /// `:n`.
    From(String),
    /// Anything else.
    Other,
}

#[derive(Debug)]
pub(super) struct Redirect {
    pub(super) fd: Option<i32>,
    /// The variable that gets a descriptor which the shell chooses: `{name}>FILE`.
    pub(super) variable: Option<Text>,
    pub(super) kind: RedirectKind,
}

#[derive(Debug)]
pub(super) enum RedirectKind {
    Input(Word),
    Output {
        to: Word,
        append: bool,
    },
    /// `&>`.
    Both {
        to: Word,
        append: bool,
    },
    /// `2>&1`.
    Duplicate(String),
    /// `<<<`, and a heredoc, which has a line break at its end.
    Here(Word),
    /// `<(…)` and `>(…)`.
    Process {
        script: Rc<Script>,
        reads: bool,
    },
}
