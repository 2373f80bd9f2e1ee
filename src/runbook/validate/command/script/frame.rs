//! One level of nesting in a script, and the words of its commands.

/// Words before a command.
const RESERVED: &[&str] = &[
    "!", "{", "}", "if", "then", "elif", "else", "fi", "while", "until", "do", "done",
];

/// The construct that a level of nesting is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Inside {
    /// Commands.
    Command,
    Backticks,
    Single,
    Double,
    /// `${…}` in double quotes.
    Braces,
    /// `${…}` without quotes.
    BareBraces,
    /// `$((…))`, or the elements of an array.
    Arithmetic,
    Comment,
    HereDocument(HereDocument),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct HereDocument {
    pub(super) delimiter: String,
    /// It is not expanded.
    pub(super) quoted: bool,
    /// Its lines can start with tabs.
    pub(super) tabs: bool,
}

impl HereDocument {
    pub(super) fn ends_at(&self, line: &str) -> bool {
        let without_tabs = line.trim_start_matches('\t');
        self.delimiter == if self.tabs { without_tabs } else { line }
    }
}

/// One level of nesting. Only commands and backticks have words.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) inside: Inside,
    /// It is a substitution: the outer word continues after it.
    pub(super) substitution: bool,
    pub(super) words: Vec<String>,
    pub(super) word: Option<String>,
    pub(super) quoted: bool,
    /// The kind of the next word.
    pub(super) next: Next,
    /// The first program.
    pub(super) first: Option<String>,
    /// The number of open `case`, and whether the next words are patterns.
    pub(super) cases: usize,
    pub(super) in_pattern: bool,
    /// Here-documents that start on the next line.
    pub(super) here_documents: Vec<HereDocument>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Argument,
    /// A file that is written.
    Written,
    /// After `>&`: a file that is written, or the number of a descriptor.
    WrittenOrNumber,
    /// A file or text that is read.
    Read,
    /// The end marker of a here-document.
    Delimiter {
        tabs: bool,
    },
}

impl Frame {
    pub(super) fn new(inside: Inside) -> Self {
        Self {
            inside,
            substitution: false,
            words: Vec::new(),
            word: None,
            quoted: false,
            next: Next::Argument,
            first: None,
            cases: 0,
            in_pattern: false,
            here_documents: Vec::new(),
        }
    }

    /// Ends the current word.
    pub(super) fn end_word(&mut self, writes: &mut Vec<String>) {
        let Some(word) = self.word.take() else {
            return;
        };
        let quoted = std::mem::take(&mut self.quoted);
        match std::mem::replace(&mut self.next, Next::Argument) {
            Next::Read => {}
            Next::Written => writes.push(word),
            Next::WrittenOrNumber => {
                if word != "-" && !word.chars().all(|c| c.is_ascii_digit()) {
                    writes.push(word);
                }
            }
            Next::Delimiter { tabs } => self.here_documents.push(HereDocument {
                delimiter: word,
                quoted,
                tabs,
            }),
            Next::Argument if self.words.is_empty() && word == "esac" => {
                self.cases = self.cases.saturating_sub(1);
                self.in_pattern = false;
            }
            Next::Argument if self.words.is_empty() && RESERVED.contains(&&*word) => {}
            Next::Argument => {
                self.words.push(word);
                if let [case, _, of] = self.words.as_slice()
                    && (case.as_str(), of.as_str()) == ("case", "in")
                {
                    self.words.clear();
                    self.cases += 1;
                    self.in_pattern = true;
                }
            }
        }
    }

    /// Ends the current command, and returns its words.
    pub(super) fn end_command(&mut self) -> Option<Vec<String>> {
        self.next = Next::Argument;
        let words = std::mem::take(&mut self.words);
        let program = words.first().filter(|_| !self.in_pattern)?;
        self.first.get_or_insert_with(|| program.clone());
        Some(words)
    }
}
