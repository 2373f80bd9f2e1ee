//! Which branches lead to a command, for all commands of a script: whether two can happen in one run, and whether one
//! happens whenever the other does.

use std::collections::HashMap;

/// One of the two ways that a branch goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Arm {
    pub(super) branch: usize,
    pub(super) taken: bool,
}

/// The arms that lead to a command: the number of the last one, which knows the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path(Option<usize>);

/// All paths of a script, as a tree in the order in which the script is followed.
#[derive(Debug, Default)]
pub(super) struct Branches {
    nodes: Vec<Node>,
    /// The nodes with an arm: a branch can be left and entered again.
    of_arm: HashMap<Arm, Vec<usize>>,
    /// The nodes on the current path.
    open: Vec<usize>,
}

#[derive(Debug)]
struct Node {
    arm: Arm,
    parent: Option<usize>,
    /// The last node below this one, once it is closed.
    last: usize,
}

impl Branches {
    pub(super) fn path(&self) -> Path {
        Path(self.open.last().copied())
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn push(&mut self, arm: Arm) {
        let node = self.nodes.len();
        self.nodes.push(Node {
            arm,
            parent: self.open.last().copied(),
            last: node,
        });
        self.of_arm.entry(arm).or_default().push(node);
        self.open.push(node);
    }

    pub(super) fn truncate(&mut self, length: usize) {
        let last = self.nodes.len().saturating_sub(1);
        for node in self.open.drain(length.min(self.open.len())..) {
            if let Some(node) = self.nodes.get_mut(node) {
                node.last = last;
            }
        }
    }

    /// Whether two commands can happen in one run.
    pub(super) fn agree(&self, a: Path, b: Path) -> bool {
        let (first, second) = (a.min(b), a.max(b));
        self.without(first, second).all(|arm| {
            let opposite = Arm {
                taken: !arm.taken,
                ..arm
            };
            !self.contains(second, opposite)
        })
    }

    /// Whether a command has happened whenever another one does, given that it comes first.
    pub(super) fn precedes_always(&self, before: Path, after: Path) -> bool {
        self.without(before, after)
            .all(|arm| self.contains(after, arm))
    }

    /// The arms of a path before it joins another one, the last one first.
    fn without(&self, path: Path, other: Path) -> impl Iterator<Item = Arm> {
        let up = |node: &usize| self.nodes.get(*node)?.parent;
        std::iter::successors(path.0, up)
            .take_while(move |node| !self.leads_to(*node, other))
            .filter_map(|node| Some(self.nodes.get(node)?.arm))
    }

    fn contains(&self, path: Path, arm: Arm) -> bool {
        let nodes = self.of_arm.get(&arm).into_iter().flatten();
        nodes.copied().any(|node| self.leads_to(node, path))
    }

    fn leads_to(&self, node: usize, path: Path) -> bool {
        let last = self.nodes.get(node).map(|node| node.last);
        path.0
            .is_some_and(|end| (Some(node)..=last).contains(&Some(end)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_need_different_arms_of_a_branch_do_not_agree() {
        let arm = |branch, taken| Arm { branch, taken };
        let mut branches = Branches::default();
        let start = branches.path();
        branches.push(arm(1, true));
        let then = branches.path();
        branches.push(arm(2, true));
        let nested = branches.path();
        branches.truncate(0);
        branches.push(arm(1, false));
        let otherwise = branches.path();
        branches.truncate(0);
        let after = branches.path();
        // The script ends in one arm, so what follows is in the other one.
        branches.push(arm(3, true));
        let exits = branches.path();
        branches.truncate(0);
        branches.push(arm(3, false));
        branches.push(arm(4, true));
        let later = branches.path();
        branches.truncate(0);

        for (a, b, agree) in [
            (start, then, true),
            (then, nested, true),
            (then, otherwise, false),
            (nested, otherwise, false),
            (nested, after, true),
            (exits, later, false),
            (nested, later, true),
        ] {
            assert_eq!(branches.agree(a, b), agree, "{a:?} {b:?}");
            assert_eq!(branches.agree(b, a), agree, "{b:?} {a:?}");
        }
        assert!(branches.precedes_always(start, nested));
        assert!(branches.precedes_always(then, nested));
        assert!(!branches.precedes_always(nested, then));
        assert!(!branches.precedes_always(then, later));
    }
}
