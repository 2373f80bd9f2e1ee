//! Compiles expressions with operators for values between two bounds.
//!
//! The template engine computes only with plain numbers, compares an object and a number by their types, and cannot
//! overload operators. So if an expression has read such a value, each of its operators becomes a call of the function in
//! [`super::operators`]; everything else stays the same.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::machinery::{
    CodeGenerator, Instruction, Instructions, eval, get_compiled_template, make_string_output,
    parse_expr,
};
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error};

use super::parsed::{self, kept, template};
use super::{filters, operators};
use crate::cache::Cache;

static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = parsed::ENGINE.clone();
    operators::register(&mut engine);
    filters::register(&mut engine);
    engine
});

static NO_BLOCKS: BTreeMap<&str, Instructions<'static>> = BTreeMap::new();

pub(super) fn value(source: &str, context: Value) -> Result<Value, Error> {
    static KNOWN: LazyLock<Cache<Instructions<'static>>> = LazyLock::new(Cache::default);
    let instructions = KNOWN.get(source, || {
        let source = kept(source);
        let mut generator = CodeGenerator::new("<expression>", source);
        generator.compile_expr(&parse_expr(source)?);
        Ok::<_, Error>(overloaded(&generator.finish().0))
    })?;
    let value = run(&instructions, context, &mut String::new())?;
    Ok(value.unwrap_or_default())
}

pub(super) fn text(source: &str, context: Value) -> Result<String, Error> {
    static KNOWN: LazyLock<Cache<Instructions<'static>>> = LazyLock::new(Cache::default);
    let instructions = KNOWN.get(source, || {
        template(source).map(|parsed| overloaded(&get_compiled_template(&parsed).instructions))
    })?;
    let mut text = String::new();
    run(&instructions, context, &mut text)?;
    operators::check_length(&text)?;
    Ok(text)
}

fn run(
    instructions: &Instructions<'static>,
    context: Value,
    text: &mut String,
) -> Result<Option<Value>, Error> {
    let mut output = make_string_output(text);
    let none = AutoEscape::None;
    eval(
        &ENGINE,
        instructions,
        context,
        &NO_BLOCKS,
        &mut output,
        none,
    )
    .map(|(value, _)| value)
}

fn overloaded(plain: &Instructions<'static>) -> Instructions<'static> {
    let mut result = Instructions::new(plain.name(), plain.source());
    let mut before = None;
    for at in 0.. {
        let Some(instruction) = plain.get(at) else {
            break;
        };
        result.add(call_of(instruction, before, at));
        before = Some(instruction);
    }
    result
}

/// The replacement of an instruction. The instructions that are kept are listed, so that a new one in a later version of
/// the engine is a compile error.
fn call_of(
    instruction: &Instruction<'static>,
    before: Option<&Instruction<'static>>,
    at: u32,
) -> Instruction<'static> {
    use Instruction as I;
    let call = |name, arguments| I::CallFunction(name, Some(arguments));
    match instruction {
        I::Add => call("+", 2),
        I::Sub => call("-", 2),
        I::Mul => call("*", 2),
        I::Div => call("/", 2),
        I::IntDiv => call("//", 2),
        I::Rem => call("%", 2),
        I::Pow => call("**", 2),
        I::StringConcat => call("~", 2),
        // The engine's compiler computes constants.
        I::LoadConst(value) if operators::is_too_long(value) => call("too long", 0),
        I::Neg => call("negate", 1),
        I::Eq => call("==", 2),
        I::Ne => call("!=", 2),
        I::Lt => call("<", 2),
        I::Lte => call("<=", 2),
        I::Gt => call(">", 2),
        I::Gte => call(">=", 2),
        I::In => call("in", 2),
        I::GetItem => call("item", 2),
        I::BuildMap(pairs) => match pairs.checked_mul(2).map(u16::try_from) {
            Some(Ok(values)) => call("map", values),
            _ => instruction.clone(),
        },
        I::CallMethod("changed", Some(arguments)) => call("changed", *arguments),
        // `a < b < c`: the first comparison puts its result and `b` into one value, which the next one takes apart. The
        // jump past the next one expects two values, so it is not taken.
        I::CompareAndPreserve(operator) => call(operators::link(*operator as usize), 2),
        I::JumpIfFalseOrPop(_) if matches!(before, Some(I::CompareAndPreserve(_))) => {
            I::Jump(at + 1)
        }
        I::EmitRaw(_)
        | I::StoreLocal(_)
        | I::Lookup(_)
        | I::GetAttr(_)
        | I::SetAttr(_)
        | I::Slice
        | I::LoadConst(_)
        | I::BuildKwargs(_)
        | I::MergeKwargs(_)
        | I::BuildList(_)
        | I::BuildTuple(_)
        | I::UnpackList(_)
        | I::UnpackLists(_)
        | I::Not
        | I::ApplyFilter(..)
        | I::PerformTest(..)
        | I::Emit
        | I::PushLoop(_)
        | I::PushWith
        | I::Iterate(_)
        | I::PushDidNotIterate
        | I::PopFrame
        | I::PopLoopFrame
        | I::Jump(_)
        | I::JumpIfFalse(_)
        | I::JumpIfFalseOrPop(_)
        | I::JumpIfTrueOrPop(_)
        | I::PushAutoEscape
        | I::PopAutoEscape
        | I::BeginCapture(_)
        | I::EndCapture
        | I::CallFunction(..)
        | I::CallMethod(..)
        | I::CallObject(_)
        | I::DupTop
        | I::DiscardTop
        | I::FastRecurse
        | I::Swap => instruction.clone(),
    }
}
