//! Users as rules: what ACL LIST and ACL GETUSER show.

use super::catalogue::{CATEGORIES, Catalogue};
use super::selector::Selector;
use super::user::User;

impl User {
    /// The words about the user alone: `on`, `nopass`, …
    pub fn flags(&self) -> Vec<&'static str> {
        let mut flags = vec![if self.enabled { "on" } else { "off" }];
        flags.extend(self.no_password.then_some("nopass"));
        flags.extend(self.sanitizes.map(|yes| if yes { "sanitize-payload" } else { "skip-sanitize-payload" }));
        flags
    }

    /// All rules that make the user what they are.
    pub fn rules(&self, catalogue: &Catalogue) -> Vec<u8> {
        let mut line = Vec::new();
        for flag in self.flags() {
            line.extend_from_slice(flag.as_bytes());
            line.push(b' ');
        }
        for hash in &self.passwords {
            line.extend_from_slice(format!("#{hash} ").as_bytes());
        }
        line.extend(self.root.rules(catalogue));
        for selector in &self.others {
            line.extend_from_slice(b" (");
            line.extend(selector.rules(catalogue));
            line.push(b')');
        }
        line
    }
}

fn joined(words: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    words.collect::<Vec<_>>().join(&b' ')
}

impl Selector {
    /// The keys as rules.
    pub fn key_rules(&self) -> Vec<u8> {
        if self.all_keys {
            return b"~*".to_vec();
        }
        joined(self.keys.iter().map(|key| [key.access.prefix().as_bytes(), &key.pattern].concat()))
    }

    /// The channels as rules.
    pub fn channel_rules(&self) -> Vec<u8> {
        if self.all_channels {
            return b"&*".to_vec();
        }
        joined(self.channels.iter().map(|pattern| [b"&", pattern.as_ref()].concat()))
    }

    fn rules(&self, catalogue: &Catalogue) -> Vec<u8> {
        let mut parts = vec![self.key_rules()];
        if !self.all_channels {
            parts.push(b"resetchannels".to_vec());
        }
        parts.extend([self.channel_rules(), self.command_rules(catalogue).into_bytes()]);
        parts.retain(|part| !part.is_empty());
        parts.join(&b' ')
    }

    /// The commands as rules: everything or nothing, then categories as long as more of their commands fit than do
    /// not, then what is still different, command by command.
    pub fn command_rules(&self, catalogue: &Catalogue) -> String {
        let additive = !self.commands.has_future();
        let (sign, inverse) = if additive { ('+', '-') } else { ('-', '+') };
        let mut rules = vec![format!("{inverse}@all")];
        let mut rebuilt = Selector::default();
        rebuilt.set_all_commands(!additive);
        let mut rest = Selector { commands: self.commands, ..Selector::default() };
        let mut used = 0;
        while let Some(place) = best_category(&rest, used, additive, catalogue) {
            let mask = 1 << place;
            rebuilt.change_category(mask, additive, catalogue);
            rest.change_category(mask, !additive, catalogue);
            rules.push(format!("{sign}@{}", CATEGORIES[place]));
            used |= mask;
        }
        self.add_differences(&mut rules, &mut rebuilt, catalogue);
        rules.join(" ")
    }

    fn add_differences(&self, rules: &mut Vec<String>, rebuilt: &mut Selector, catalogue: &Catalogue) {
        for (id, command) in catalogue.commands().iter().enumerate() {
            let allowed = self.commands.has(id);
            if allowed != rebuilt.commands.has(id) {
                rules.push(format!("{}{}", if allowed { '+' } else { '-' }, command.name));
                rebuilt.change(id, allowed, catalogue);
            }
            let arguments = self.first_arguments.get(&id).filter(|_| !allowed);
            for argument in arguments.into_iter().flatten() {
                rules.push(format!("+{}|{}", command.name, String::from_utf8_lossy(argument)));
            }
        }
    }
}

/// The place of the category that describes best what is left: with the fewest commands that do not fit, and among
/// those with the most that do.
fn best_category(rest: &Selector, used: u32, additive: bool, catalogue: &Catalogue) -> Option<usize> {
    let mut best: Option<(usize, usize, usize)> = None;
    for place in (0..CATEGORIES.len()).filter(|place| used & (1 << place) == 0) {
        let members = catalogue.commands().iter().enumerate().filter(|(_, c)| c.categories & (1 << place) != 0);
        let (on, off): (Vec<_>, Vec<_>) = members.partition(|(id, _)| rest.commands.has(*id));
        let (fit, misfit) = if additive { (on.len(), off.len()) } else { (off.len(), on.len()) };
        let better = best.is_none_or(|(_, least, most)| misfit < least || (misfit == least && fit > most));
        if fit > misfit && better {
            best = Some((place, misfit, fit));
        }
    }
    best.map(|(place, _, _)| place)
}
