//! The rules: each is a function from the events of a script to findings. None reads the script, none runs anything.

mod background;
mod boot;
mod order;
mod push;
mod quoting;
mod side;
mod status;
mod unit;

use super::finding::Draft;
use super::view::View;

type Check = fn(&View, &mut Vec<Draft>);

const CHECKS: [Check; 16] = [
    push::calls,
    push::outside_unit_path,
    background::push,
    boot::push_before_start,
    boot::first_calls,
    boot::sleeps,
    order::reload,
    unit::enable,
    unit::no_install_section,
    side::host_side,
    side::redirect,
    side::root_file_system,
    quoting::dash,
    quoting::variables,
    status::swallowed,
    push::unverified,
];

/// Everything that the rules find.
pub(super) fn check(view: &View) -> Vec<Draft> {
    let mut found = Vec::new();
    for check in CHECKS {
        check(view, &mut found);
    }
    found
}
