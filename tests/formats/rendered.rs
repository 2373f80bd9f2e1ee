//! A Markdown document as two renderers parse it. The fuzz target `render` uses this file too.

use std::borrow::Cow;

use comrak::nodes::NodeValue;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A part of a rendered document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Begin(&'static str),
    End(&'static str),
    Text(String),
    Code(String),
    Block { language: String, text: String },
    Html(String),
}

/// Joins adjacent pieces of text or HTML: renderers split them differently.
fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    match (pieces.last_mut(), &piece) {
        (Some(Piece::Text(before)), Piece::Text(more))
        | (Some(Piece::Html(before)), Piece::Html(more)) => before.push_str(more),
        _ => pieces.push(piece),
    }
}

/// As comrak renders it, with the extensions of GitHub and GitLab.
pub fn comrak(text: &str) -> Vec<Piece> {
    let mut options = comrak::Options::default();
    let extensions = &mut options.extension;
    extensions.table = true;
    extensions.autolink = true;
    extensions.strikethrough = true;
    extensions.tasklist = true;
    extensions.footnotes = true;
    extensions.alerts = true;
    extensions.math_dollars = true;
    extensions.math_code = true;
    extensions.description_lists = true;
    let arena = comrak::Arena::new();
    let root = comrak::parse_document(&arena, text, &options);
    let mut pieces = Vec::new();
    for child in root.children() {
        of_node(&mut pieces, child);
    }
    pieces
}

fn of_node<'a>(pieces: &mut Vec<Piece>, node: comrak::Node<'a>) {
    let kind = match &node.data().value {
        NodeValue::Paragraph => "p",
        NodeValue::Heading(heading) => ["h1", "h2", "h3"][usize::from(heading.level) - 1],
        NodeValue::List(_) => "list",
        NodeValue::Item(_) => "item",
        NodeValue::Table(_) => "table",
        NodeValue::TableRow(_) => "row",
        NodeValue::TableCell => "cell",
        NodeValue::Strong => "strong",
        NodeValue::Text(text) => return push(pieces, Piece::Text(Cow::clone(text).into_owned())),
        NodeValue::Code(code) => return push(pieces, Piece::Code(code.literal.clone())),
        NodeValue::HtmlBlock(html) => return push(pieces, Piece::Html(html.literal.clone())),
        NodeValue::CodeBlock(code) => {
            let (language, text) = (code.info.clone(), code.literal.clone());
            return push(pieces, Piece::Block { language, text });
        }
        other => panic!("comrak renders {other:?}"),
    };
    // pulldown-cmark has no paragraphs in a tight list.
    let shown = kind != "p" || !is_item(node);
    if shown {
        push(pieces, Piece::Begin(kind));
    }
    for child in node.children() {
        of_node(pieces, child);
    }
    if shown {
        push(pieces, Piece::End(kind));
    }
}

/// Whether a node is in an item of a list.
fn is_item(node: comrak::Node<'_>) -> bool {
    node.parent()
        .is_some_and(|parent| matches!(parent.data().value, NodeValue::Item(_)))
}

/// As pulldown-cmark renders it.
pub fn pulldown(text: &str) -> Vec<Piece> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH;
    let mut pieces = Vec::new();
    let mut block: Option<(String, String)> = None;
    for event in Parser::new_ext(text, options) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                let language = match kind {
                    CodeBlockKind::Fenced(language) => language.into_string(),
                    CodeBlockKind::Indented => panic!("an indented block"),
                };
                block = Some((language, String::new()));
            }
            Event::End(TagEnd::CodeBlock) => {
                let (language, text) = block.take().unwrap();
                push(&mut pieces, Piece::Block { language, text });
            }
            Event::Text(text) => match &mut block {
                Some((_, block)) => block.push_str(&text),
                None => push(&mut pieces, Piece::Text(text.into_string())),
            },
            Event::Code(text) => push(&mut pieces, Piece::Code(text.into_string())),
            Event::Html(html) => push(&mut pieces, Piece::Html(html.into_string())),
            Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) => {}
            Event::Start(Tag::TableHead) => push(&mut pieces, Piece::Begin("row")),
            Event::End(TagEnd::TableHead) => push(&mut pieces, Piece::End("row")),
            Event::Start(tag) => push(&mut pieces, Piece::Begin(kind(tag.to_end()))),
            Event::End(tag) => push(&mut pieces, Piece::End(kind(tag))),
            other => panic!("pulldown-cmark renders {other:?}"),
        }
    }
    pieces
}

fn kind(tag: TagEnd) -> &'static str {
    match tag {
        TagEnd::Heading(level) => ["h1", "h2", "h3"][level as usize - 1],
        TagEnd::Paragraph => "p",
        TagEnd::List(false) => "list",
        TagEnd::Item => "item",
        TagEnd::Table => "table",
        TagEnd::TableRow => "row",
        TagEnd::TableCell => "cell",
        TagEnd::Strong => "strong",
        other => panic!("pulldown-cmark renders {other:?}"),
    }
}
