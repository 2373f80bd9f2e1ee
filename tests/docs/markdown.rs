//! The Markdown that the documents use: fenced blocks, and the sentence before each.

/// A fenced block.
#[derive(Debug, Clone)]
pub struct Block {
    /// The word after the opening fence.
    pub language: String,
    pub text: String,
    /// The line of the opening fence, from 1.
    pub line: usize,
    /// The file that the block goes into, if the text before it says so ("Put this into `NAME`:").
    pub file: Option<String>,
}

/// A document: its fenced blocks, and the text outside them.
#[derive(Debug, Default)]
pub struct Document {
    pub blocks: Vec<Block>,
    /// Each line outside the blocks, with its number from 1.
    pub prose: Vec<(usize, String)>,
}

impl Document {
    pub fn read(text: &str) -> Self {
        let mut document = Self::default();
        let mut open: Option<Block> = None;
        let mut before = String::new();
        for (index, line) in text.lines().enumerate() {
            let fence = line.trim_start().strip_prefix("```");
            match (open.take(), fence) {
                (None, Some(language)) => {
                    open = Some(Block {
                        language: language.trim().to_owned(),
                        text: String::new(),
                        line: index + 1,
                        file: file_named_in(&before),
                    });
                    before.clear();
                }
                (None, None) => {
                    if !line.trim().is_empty() {
                        line.clone_into(&mut before);
                    }
                    document.prose.push((index + 1, line.to_owned()));
                }
                (Some(block), Some(_)) => document.blocks.push(block),
                (Some(mut block), None) => {
                    block.text.push_str(line);
                    block.text.push('\n');
                    open = Some(block);
                }
            }
        }
        assert!(open.is_none(), "a block is not closed: {open:?}");
        document
    }
}

fn file_named_in(sentence: &str) -> Option<String> {
    let (_, rest) = sentence.rsplit_once("Put this into `")?;
    rest.strip_suffix("`:").map(str::to_owned)
}

/// Whether a text begins like its excerpt in a document, in which a line `…` matches any lines.
pub fn pictures(picture: &str, text: &str) -> bool {
    let picture: Vec<_> = picture.lines().collect();
    let text: Vec<_> = text.lines().collect();
    fits(&picture, &text)
}

fn fits(picture: &[&str], text: &[&str]) -> bool {
    match picture.split_first() {
        None => true,
        Some((&"…", rest)) => (0..=text.len()).any(|from| fits(rest, &text[from..])),
        Some((line, rest)) => text
            .split_first()
            .is_some_and(|(first, others)| first == line && fits(rest, others)),
    }
}
