//! Clients that can change places: they run the same program, nobody tells them apart, and their connections are as
//! good as new. Positions that differ only in who of them is where are explored once.

use std::sync::Arc;

use crate::engine::{self, Flags, Group};
use crate::program::{Action, Program, Template};

use super::scenario::Variant;

/// With more clients than this all are told apart: their places are kept in four bits each.
pub const MOST: usize = 16;

/// The place of each client, four bits each: who really stands where in a position whose clients were sorted.
pub type Places = u64;

/// Everybody stands at its own place.
pub const OWN_PLACES: Places = 0xfedc_ba98_7654_3210;

/// Who stands at a place.
pub fn who(places: Places, at: usize) -> usize {
    if at < MOST { (places >> (4 * at) & 15) as usize } else { at }
}

/// The classes of clients that can change places, those of one left out.
pub fn classes(variant: &Variant) -> Vec<Vec<usize>> {
    if variant.clients.len() > MOST {
        return Vec::new();
    }
    let mut classes: Vec<Vec<usize>> = Vec::new();
    let program = |client: usize| &variant.clients[client].program;
    for client in (0..variant.clients.len()).filter(|client| can_change(variant, *client)) {
        match classes.iter_mut().find(|class| Arc::ptr_eq(program(class[0]), program(client))) {
            Some(class) => class.push(client),
            None => classes.push(vec![client]),
        }
    }
    classes.retain(|class| class.len() > 1);
    classes
}

fn can_change(variant: &Variant, client: usize) -> bool {
    let member = &variant.clients[client];
    let judges = [Some(&variant.invariant), variant.always.as_ref()];
    let named = judges.into_iter().flatten().any(|expr| expr.names().any(|name| *name == *member.name));
    let hit = variant.faults.iter().any(|fault| fault.client == client);
    !named && !hit && !member.program.reads("client") && keeps_to_data(&member.program)
}

/// Whether a program's commands are about keys alone: none changes its connection, waits, or asks who it is.
fn keeps_to_data(program: &Program) -> bool {
    let data = |template: &Template| {
        let name = template.words().first().and_then(|word| word.literal());
        name.and_then(|name| engine::lookup(&name)).is_some_and(|row| {
            let elsewhere =
                matches!(row.group, Group::Connection | Group::PubSub | Group::Server | Group::Transactions);
            !elsewhere && !row.flags.has(Flags::BLOCKING) && row.subcommands.is_empty()
        })
    };
    program.acts().all(|act| match &act.action {
        Action::Run(command) => data(command),
        Action::Transaction(commands) | Action::Pipeline(commands) => commands.iter().all(data),
        Action::Eval { .. } | Action::Sql(_) | Action::World(_) | Action::Sleep(_) => true,
    })
}

/// Sorts the clients of each class in a row (its first cell is no client's). `moved` gets the new place of each.
pub fn sort(classes: &[Vec<usize>], row: &mut [u32], moved: &mut [u8]) -> bool {
    let mut sorted = true;
    for class in classes {
        // A few at most, and nearly sorted: one has moved.
        for at in 1..class.len() {
            let mut place = at;
            while place > 0 && row[1 + class[place - 1]] > row[1 + class[place]] {
                if sorted {
                    (0u8..).zip(moved.iter_mut()).for_each(|(n, to)| *to = n);
                    sorted = false;
                }
                let (a, b) = (class[place - 1], class[place]);
                row.swap(1 + a, 1 + b);
                for to in moved.iter_mut() {
                    *to = match usize::from(*to) {
                        to if to == a => u8::try_from(b).unwrap_or(0),
                        to if to == b => u8::try_from(a).unwrap_or(0),
                        _ => *to,
                    };
                }
                place -= 1;
            }
        }
    }
    !sorted
}

/// The places after clients have moved.
pub fn follow(places: Places, moved: &[u8]) -> Places {
    let mut after = places;
    for (from, to) in moved.iter().enumerate() {
        let to = usize::from(*to);
        if from != to {
            after = after & !(15 << (4 * to)) | (who(places, from) as u64) << (4 * to);
        }
    }
    after
}

/// How many different positions a sorted row stands for: in how many ways its clients can stand.
pub fn positions(classes: &[Vec<usize>], row: &[u32]) -> u64 {
    let mut all = 1u64;
    for class in classes {
        // A multinomial, as a product of whole numbers: the n-th client, the k-th alike.
        let mut alike = 0u64;
        for (n, client) in class.iter().enumerate() {
            alike = if n > 0 && row[1 + class[n - 1]] == row[1 + client] { alike + 1 } else { 1 };
            all = all * (n as u64 + 1) / alike;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_everybody_is_followed() {
        let classes = [vec![0, 1, 3]];
        let (mut row, mut moved) = ([9, 5, 4, 0, 3], [0; 4]);
        assert!(sort(&classes, &mut row, &mut moved));
        assert_eq!((row, moved), ([9, 3, 4, 0, 5], [3, 1, 2, 0]));
        let places = follow(OWN_PLACES, &moved);
        assert_eq!([who(places, 0), who(places, 1), who(places, 2), who(places, 3)], [3, 1, 2, 0]);
        assert!(!sort(&classes, &mut row, &mut moved));
    }

    #[test]
    fn a_row_stands_for_as_many_positions_as_there_are_orders() {
        let classes = [vec![0, 1, 2, 3]];
        assert_eq!(positions(&classes, &[0, 1, 1, 1, 1]), 1);
        assert_eq!(positions(&classes, &[0, 1, 2, 3, 4]), 24);
        assert_eq!(positions(&classes, &[0, 1, 1, 2, 2]), 6);
        assert_eq!(positions(&classes, &[0, 1, 2, 2, 2]), 4);
    }
}
