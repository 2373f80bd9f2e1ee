//! Comparisons that can have no answer, found without evaluating them.

use minijinja::machinery::ast::{BinOpKind, CallArg, CompareOpKind, Expr, Filter, List, Stmt};
use minijinja::machinery::{parse, parse_expr};

use super::kind::Kind;
use super::syntax::{expression_names, template_names};

/// What is known of a value before it is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Its kind.
    pub kind: Kind,
    /// The kind of its items, if it is a list of one kind.
    pub items: Option<Kind>,
}

impl From<Kind> for Shape {
    fn from(kind: Kind) -> Self {
        Self { kind, items: None }
    }
}

impl Shape {
    /// A list of such values.
    pub const fn list_of(self) -> Self {
        Self {
            kind: Kind::List,
            items: Some(self.kind),
        }
    }
}

/// Values that are compared although they cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomparable {
    /// Which values, and what they are.
    pub message: String,
    /// Whether one of them is a text that is not a constant.
    pub has_text: bool,
}

/// The shape of what a name with its attributes stands for; the attributes of `records` are those of one record.
pub type ShapeOf<'a> = &'a dyn Fn(&str) -> Option<Shape>;

/// Deeper in an expression, no shape is known.
const MOST_NESTED: usize = 64;

/// The shape of the value of a valid expression.
pub fn expression_shape(source: &str, names: ShapeOf<'_>) -> Option<Shape> {
    expression_names(source).ok()?;
    let expression = parse_expr(source).ok()?;
    Inference::new(names).shape(&expression)
}

/// What a valid expression compares that cannot be compared.
pub fn incomparable_in_expression(source: &str, names: ShapeOf<'_>) -> Vec<Incomparable> {
    let mut inference = Inference::new(names);
    if expression_names(source).is_ok()
        && let Ok(expression) = parse_expr(source)
    {
        inference.shape(&expression);
    }
    inference.problems
}

/// Likewise for a template.
pub fn incomparable_in_template(source: &str, names: ShapeOf<'_>) -> Vec<Incomparable> {
    template_inference(source, names).problems
}

/// The lists that a valid template prints as they are, as `["a", "b"]`: their names, or `LIST`.
pub fn lists_in_template(source: &str, names: ShapeOf<'_>) -> Vec<String> {
    template_inference(source, names).printed_lists
}

fn template_inference<'a>(source: &str, names: ShapeOf<'a>) -> Inference<'a> {
    let mut inference = Inference::new(names);
    if template_names(source).is_ok()
        && let Ok(template) = parse(source, "", Default::default())
    {
        inference.statement(&template);
    }
    inference
}

/// One side of a comparison.
struct Operand {
    shape: Option<Shape>,
    /// The name or the constant that it is.
    name: Option<String>,
    is_constant: bool,
}

impl Operand {
    /// `` `size` (a text)``.
    fn described(&self, kind: Kind) -> String {
        match &self.name {
            Some(name) => format!("`{name}` ({kind})"),
            None => kind.to_string(),
        }
    }
}

/// How a comparison compares.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equality,
    Order,
    Membership,
}

struct Inference<'a> {
    names: ShapeOf<'a>,
    problems: Vec<Incomparable>,
    printed_lists: Vec<String>,
    depth: usize,
}

impl<'a> Inference<'a> {
    const fn new(names: ShapeOf<'a>) -> Self {
        Self {
            names,
            problems: Vec::new(),
            printed_lists: Vec::new(),
            depth: 0,
        }
    }

    fn statements(&mut self, statements: &[Stmt<'_>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        let (value, bodies): (Option<&Expr<'_>>, [&[Stmt<'_>]; 2]) = match statement {
            Stmt::Template(template) => (None, [&template.children, &[]]),
            Stmt::EmitExpr(emit) => {
                let printed = self.operand(&emit.expr);
                return self.print(&printed);
            }
            Stmt::Set(set) => (Some(&set.expr), [&[], &[]]),
            Stmt::IfCond(choice) => (Some(&choice.expr), [&choice.true_body, &choice.false_body]),
            Stmt::ForLoop(each) => (Some(&each.iter), [&each.body, &each.else_body]),
            _ => return,
        };
        if let Some(value) = value {
            self.shape(value);
        }
        for body in bodies {
            self.statements(body);
        }
    }

    fn print(&mut self, printed: &Operand) {
        if printed.shape.is_some_and(|shape| shape.kind == Kind::List) {
            let name = printed.name.clone();
            self.printed_lists
                .push(name.unwrap_or_else(|| "LIST".to_owned()));
        }
    }

    fn shape(&mut self, expression: &Expr<'_>) -> Option<Shape> {
        if self.depth == MOST_NESTED {
            return None;
        }
        self.depth += 1;
        let shape = self.shape_within(expression);
        self.depth -= 1;
        shape
    }

    fn shape_within(&mut self, expression: &Expr<'_>) -> Option<Shape> {
        match expression {
            Expr::Var(_) => (self.names)(&path_of(expression)?),
            Expr::GetAttr(attribute) => match path_of(expression) {
                Some(path) => (self.names)(&path),
                None => {
                    self.shape(&attribute.expr);
                    None
                }
            },
            Expr::Const(constant) => Kind::of(&constant.value).map(Shape::from),
            Expr::UnaryOp(operation) => {
                self.shape(&operation.expr);
                Some(Kind::Number.into())
            }
            Expr::BinOp(operation) => {
                let left = self.operand(&operation.left);
                let right = self.operand(&operation.right);
                self.binary(operation.op, &left, &right)
            }
            Expr::Compare(chain) => {
                let mut left = self.operand(&chain.expr);
                for step in &chain.ops {
                    let right = self.operand(&step.expr);
                    self.check(comparison(step.op), &left, &right);
                    left = right;
                }
                Some(Kind::Number.into())
            }
            Expr::IfExpr(choice) => {
                self.shape(&choice.test_expr);
                let yes = self.shape(&choice.true_expr);
                let no = choice.false_expr.as_ref().and_then(|no| self.shape(no));
                yes.filter(|_| yes == no)
            }
            Expr::Filter(filter) => self.filter(filter),
            Expr::Test(test) => {
                let left = self.operand(&test.expr);
                if let (Some(comparison), Some(CallArg::Pos(right))) =
                    (comparison_of_test(test.name), test.args.first())
                {
                    let right = self.operand(right);
                    self.check(comparison, &left, &right);
                }
                Some(Kind::Number.into())
            }
            Expr::GetItem(item) => {
                self.shape(&item.subscript_expr);
                self.shape(&item.expr)?.items.map(Shape::from)
            }
            Expr::Slice(slice) => self.shape(&slice.expr),
            Expr::Call(call) => {
                self.arguments(&call.args);
                match &call.expr {
                    Expr::Var(function) => shape_of_function(function.id),
                    _ => None,
                }
            }
            Expr::List(list) => Some(self.list(list)),
            Expr::Tuple(_) => Some(Kind::List.into()),
            Expr::Map(_) => Some(Kind::Record.into()),
        }
    }

    fn operand(&mut self, expression: &Expr<'_>) -> Operand {
        let is_constant = matches!(expression, Expr::Const(_));
        Operand {
            shape: self.shape(expression),
            name: match expression {
                Expr::Const(constant) => Some(constant.value.to_string()),
                _ => path_of(expression),
            },
            is_constant,
        }
    }

    fn arguments(&mut self, arguments: &[CallArg<'_>]) {
        for argument in arguments {
            let (CallArg::Pos(value)
            | CallArg::Kwarg(_, value)
            | CallArg::PosSplat(value)
            | CallArg::KwargSplat(value)) = argument;
            self.shape(value);
        }
    }

    fn list(&mut self, list: &List<'_>) -> Shape {
        let kinds = list.items.iter().map(|item| self.shape(item));
        let kinds: Vec<_> = kinds.map(|shape| shape.map(|it| it.kind)).collect();
        let first = kinds.first().copied().flatten();
        Shape {
            kind: Kind::List,
            items: first.filter(|_| kinds.iter().all(|kind| *kind == first)),
        }
    }

    fn binary(&mut self, operator: BinOpKind, left: &Operand, right: &Operand) -> Option<Shape> {
        let comparison = match operator {
            BinOpKind::ScAnd | BinOpKind::ScOr | BinOpKind::Add => {
                return left.shape.filter(|_| left.shape == right.shape);
            }
            BinOpKind::Concat => {
                self.print(left);
                self.print(right);
                return Some(Kind::Text.into());
            }
            BinOpKind::Sub
            | BinOpKind::Mul
            | BinOpKind::Div
            | BinOpKind::FloorDiv
            | BinOpKind::Rem
            | BinOpKind::Pow => return Some(Kind::Number.into()),
            BinOpKind::Eq | BinOpKind::Ne => Comparison::Equality,
            BinOpKind::Lt | BinOpKind::Lte | BinOpKind::Gt | BinOpKind::Gte => Comparison::Order,
            BinOpKind::In => Comparison::Membership,
        };
        self.check(comparison, left, right);
        Some(Kind::Number.into())
    }

    fn check(&mut self, comparison: Comparison, left: &Operand, right: &Operand) {
        let (Some(a), Some(b)) = (left.shape, right.shape) else {
            return;
        };
        let b = match (comparison, b.kind) {
            (Comparison::Membership, Kind::List) => match b.items {
                Some(items) => items,
                None => return,
            },
            (Comparison::Membership, Kind::Record) => return,
            (_, kind) => kind,
        };
        let is_order = comparison == Comparison::Order;
        let orders_texts =
            is_order && a.kind == Kind::Text && !left.is_constant && !right.is_constant;
        let has_no_order = is_order && matches!(a.kind, Kind::List | Kind::Record);
        if a.kind == b && !orders_texts && !has_no_order {
            return;
        }
        let is_text = |side: &Operand, kind| kind == Kind::Text && !side.is_constant;
        let has_text = is_text(left, a.kind) || is_text(right, b);
        let hint = match comparison {
            Comparison::Membership => String::new(),
            Comparison::Equality | Comparison::Order => hint_for_list((left, a.kind), (right, b)),
        };
        let (left, right) = (left.described(a.kind), right.described(b));
        let message = match comparison {
            Comparison::Membership => format!("cannot compare {left} with list items ({b})"),
            Comparison::Equality | Comparison::Order => {
                format!("cannot compare {left} with {right}{hint}")
            }
        };
        self.problems.push(Incomparable { message, has_text });
    }

    fn filter(&mut self, filter: &Filter<'_>) -> Option<Shape> {
        let value = filter.expr.as_ref().and_then(|value| self.shape(value));
        self.arguments(&filter.args);
        let kind = match filter.name {
            "length" | "count" | "int" | "float" | "abs" | "round" | "sum" | "percentile" => {
                Kind::Number
            }
            "upper" | "lower" | "trim" | "replace" | "join" | "string" | "quote" | "title"
            | "capitalize" | "template_of" | "regex_escape" | "duration" => Kind::Text,
            "lines" | "split" | "whole_messages" | "overtaken" => {
                return Some(Shape::from(Kind::Text).list_of());
            }
            "first" | "last" => value?.items?,
            "min" | "max" => {
                let items = value?.items?;
                if matches!(items, Kind::List | Kind::Record) {
                    self.problems.push(Incomparable {
                        message: format!("`{}` cannot compare {items} with {items}", filter.name),
                        has_text: false,
                    });
                }
                items
            }
            "selectattr" | "rejectattr" => {
                self.selection(filter);
                return value;
            }
            "list" | "sort" | "unique" | "reverse" | "select" | "reject" | "wholly_before"
            | "wholly_after" | "outside" | "after_last" => return value,
            "map" => {
                let attribute = filter.args.iter().find_map(|argument| match argument {
                    CallArg::Kwarg("attribute", Expr::Const(name)) => name.value.as_str(),
                    _ => None,
                })?;
                let (_, field) = self.field(filter.expr.as_ref()?, attribute)?;
                return Some(field.list_of());
            }
            _ => return None,
        };
        Some(kind.into())
    }

    /// `records | selectattr("size", "gt", 5)`.
    fn selection(&mut self, filter: &Filter<'_>) {
        let [
            CallArg::Pos(Expr::Const(name)),
            CallArg::Pos(Expr::Const(test)),
            CallArg::Pos(limit),
        ] = filter.args.as_slice()
        else {
            return;
        };
        if let (Some(comparison), Some(name), Some(records)) = (
            test.value.as_str().and_then(comparison_of_test),
            name.value.as_str(),
            &filter.expr,
        ) && let Some((path, shape)) = self.field(records, name)
        {
            let field = Operand {
                shape: Some(shape),
                name: Some(path),
                is_constant: false,
            };
            let limit = self.operand(limit);
            self.check(comparison, &field, &limit);
        }
    }

    /// A field of each of some records: its name and its shape.
    fn field(&self, records: &Expr<'_>, name: &str) -> Option<(String, Shape)> {
        match records {
            Expr::Filter(filter) => match filter.name {
                "selectattr" | "rejectattr" | "list" | "sort" | "reverse" | "wholly_before"
                | "wholly_after" | "outside" => self.field(filter.expr.as_ref()?, name),
                _ => None,
            },
            _ => {
                let path = format!("{}.{name}", path_of(records)?);
                let shape = (self.names)(&path)?;
                Some((path, shape))
            }
        }
    }
}

/// How to compare a list with a single value.
fn hint_for_list(left: (&Operand, Kind), right: (&Operand, Kind)) -> String {
    let (list, single) = match (left, right) {
        ((_, Kind::List), (_, Kind::List)) => return String::new(),
        ((list, Kind::List), (_, single)) | ((_, single), (list, Kind::List)) => (list, single),
        _ => return String::new(),
    };
    let list = list.name.as_deref().unwrap_or("LIST");
    match single {
        Kind::Number => format!(
            "\nhint: choose a number: `{list} | max`, `{list} | first`, or `{list} | length` for how many there are"
        ),
        Kind::Time => {
            format!("\nhint: choose a time: `{list} | max`, `{list} | first` or `{list} | last`")
        }
        _ => format!("\nhint: choose an item, such as `{list} | first`, or write `ITEM in {list}`"),
    }
}

/// `stamp.size`, if an expression is a name with attributes.
pub(super) fn path_of(expression: &Expr<'_>) -> Option<String> {
    match expression {
        Expr::Var(name) => Some(name.id.to_owned()),
        Expr::GetAttr(attribute) => {
            let base = path_of(&attribute.expr)?;
            Some(format!("{base}.{}", attribute.name))
        }
        _ => None,
    }
}

const fn comparison(operator: CompareOpKind) -> Comparison {
    match operator {
        CompareOpKind::Eq | CompareOpKind::Ne => Comparison::Equality,
        CompareOpKind::Lt | CompareOpKind::Lte | CompareOpKind::Gt | CompareOpKind::Gte => {
            Comparison::Order
        }
        CompareOpKind::In | CompareOpKind::NotIn => Comparison::Membership,
    }
}

fn comparison_of_test(name: &str) -> Option<Comparison> {
    match name {
        "eq" | "equalto" | "==" | "ne" | "!=" => Some(Comparison::Equality),
        "lt" | "lessthan" | "<" | "le" | "<=" | "gt" | "greaterthan" | ">" | "ge" | ">=" => {
            Some(Comparison::Order)
        }
        "in" => Some(Comparison::Membership),
        _ => None,
    }
}

fn shape_of_function(name: &str) -> Option<Shape> {
    match name {
        "gap" | "before" | "after" | "together" => Some(Kind::Number.into()),
        "interval" | "earlier" | "later" | "last_before" | "first_after" => Some(Kind::Time.into()),
        _ => None,
    }
}
