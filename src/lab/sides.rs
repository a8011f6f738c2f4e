//! The variants of a scenario beside each other: stepped by the same choices where that is possible, or each by itself.

use std::sync::Arc;

use super::part::Choice;
use super::path::label;
use super::scenario::Scenario;
use super::timeline::Timeline;

/// One walk for each variant, and which of them is in the focus.
///
/// Together, all follow one script of choices: who cannot take a choice lets it pass. So the same bad luck meets every
/// way to write the job.
#[derive(Clone, Debug)]
pub struct Sides {
    scenario: Arc<Scenario>,
    sides: Vec<Side>,
    focus: usize,
    together: bool,
    /// The choices that were made, by their labels.
    script: Vec<String>,
    /// How many of them are taken.
    cursor: usize,
}

#[derive(Clone, Debug)]
struct Side {
    /// The walk, or why it cannot begin.
    timeline: Result<Timeline, String>,
    /// Its position after each choice of the script; one more than there are choices.
    marks: Vec<usize>,
}

impl Side {
    /// Back before the first step, as if there had been none.
    fn cut_all(&mut self) {
        self.marks = vec![0];
        self.cut(0);
    }

    /// Forgets what came after a place in the script.
    fn cut(&mut self, cursor: usize) {
        self.marks.truncate(cursor + 1);
        if let (Ok(timeline), Some(mark)) = (&mut self.timeline, self.marks.last()) {
            timeline.jump(*mark);
            timeline.cut();
        }
    }
}

impl Sides {
    /// All variants at their start. The error says why the focused one cannot start.
    pub fn new(scenario: &Arc<Scenario>, focus: usize) -> Result<Sides, String> {
        let side = |at| Side { timeline: Timeline::new(scenario, at), marks: vec![0] };
        let sides: Vec<Side> = (0..scenario.variants.len()).map(side).collect();
        match sides.get(focus).map(|side| &side.timeline) {
            Some(Ok(_)) => {}
            Some(Err(why)) => return Err(why.clone()),
            None => Timeline::new(scenario, focus).map(drop)?,
        }
        let scenario = scenario.clone();
        Ok(Sides { scenario, sides, focus, together: true, script: Vec::new(), cursor: 0 })
    }

    /// The scenario.
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    /// Which variant is in the focus.
    pub fn focus(&self) -> usize {
        self.focus
    }

    /// Whether all follow one script.
    pub fn together(&self) -> bool {
        self.together
    }

    /// The walk of a variant; `None` where it cannot start.
    pub fn timeline(&self, variant: usize) -> Option<&Timeline> {
        self.sides.get(variant)?.timeline.as_ref().ok()
    }

    /// The walk in the focus.
    pub fn focused(&self) -> Option<&Timeline> {
        self.timeline(self.focus)
    }

    /// Puts another variant into the focus, where it stands. The error says why it cannot start.
    pub fn choose(&mut self, variant: usize) -> Result<(), String> {
        match self.sides.get(variant).map(|side| &side.timeline) {
            Some(Ok(_)) => self.focus = variant,
            Some(Err(why)) => return Err(why.clone()),
            None => return Err(format!("there is no variant {}: there are {}", variant + 1, self.sides.len())),
        }
        Ok(())
    }

    /// Steps all together from here on, or each by itself. Together, all take the path of the focused one.
    pub fn set_together(&mut self, together: bool) {
        self.together = together;
        if together {
            self.script = self.labels();
            self.cursor = 0;
            let position = self.focused().map_or(0, Timeline::position);
            let focus = self.focus;
            for (at, side) in self.sides.iter_mut().enumerate() {
                match at == focus {
                    true => side.marks = vec![0],
                    false => side.cut_all(),
                }
            }
            self.follow(self.script.len());
            self.seek(position);
        }
    }

    /// The labels of the focused one's whole path.
    fn labels(&self) -> Vec<String> {
        let Some(timeline) = self.focused() else { return Vec::new() };
        let variant = timeline.world().variant();
        timeline.taken().iter().map(|taken| label(variant, taken.choice).to_string()).collect()
    }

    /// Lets the focused one take a choice; together, the others as well. The error says why it cannot be taken.
    pub fn step(&mut self, choice: Choice) -> Result<(), String> {
        let Some(Ok(timeline)) = self.sides.get_mut(self.focus).map(|side| side.timeline.as_mut()) else {
            return Ok(());
        };
        let name = label(timeline.world().variant(), choice).to_string();
        timeline.step(choice)?;
        if self.together {
            // It is taken back for the moment: the script takes it for all.
            timeline.back();
            if self.script.get(self.cursor) != Some(&name) {
                self.script.truncate(self.cursor);
                self.script.push(name);
                self.sides.iter_mut().for_each(|side| side.cut(self.cursor));
            }
            self.follow(self.cursor + 1);
        }
        Ok(())
    }

    /// Lets all come to a place in the script; who has not been there takes the choices that it can.
    fn follow(&mut self, cursor: usize) {
        let cursor = cursor.min(self.script.len());
        for side in &mut self.sides {
            let Ok(timeline) = &mut side.timeline else { continue };
            for at in side.marks.len() - 1..cursor {
                timeline.jump(side.marks[at]);
                let variant = timeline.world().variant().clone();
                let clients = (0..variant.clients.len()).map(Choice::Client);
                let mut all = clients.chain((0..variant.faults.len()).map(Choice::Fault));
                if let Some(choice) = all.find(|choice| label(&variant, *choice) == self.script[at]) {
                    // Who cannot take it lets it pass.
                    let _ = timeline.step(choice);
                }
                side.marks.push(timeline.position());
            }
            timeline.jump(side.marks[cursor]);
        }
        self.cursor = cursor;
    }

    /// Lets the focused one come to a position of its path, and the others to where they were then.
    fn seek(&mut self, position: usize) {
        let Some(side) = self.sides.get(self.focus) else { return };
        let place = side.marks.iter().position(|mark| *mark == position);
        self.follow(place.unwrap_or(side.marks.len() - 1));
    }

    /// To a position on the focused one's path; true if that is another one than before.
    pub fn jump(&mut self, position: usize) -> bool {
        let Some(Ok(timeline)) = self.sides.get_mut(self.focus).map(|side| side.timeline.as_mut()) else {
            return false;
        };
        let (before, cursor) = (timeline.position(), self.cursor);
        timeline.jump(position);
        let now = timeline.position();
        if self.together {
            match position >= timeline.steps().len() {
                // At the end of the focused path the others have come to their ends, too.
                true => self.follow(self.script.len()),
                false => self.seek(now),
            }
        }
        before != now || cursor != self.cursor
    }

    /// One step back; false at the start.
    pub fn back(&mut self) -> bool {
        let position = self.focused().map_or(0, Timeline::position);
        position > 0 && self.jump(position - 1)
    }

    /// One step forward on the path that was walked; false at its end.
    pub fn forward(&mut self) -> bool {
        let Some(timeline) = self.focused() else { return false };
        let position = timeline.position();
        position < timeline.steps().len() && self.jump(position + 1)
    }

    /// Plays a schedule from the start; together, the others take of it what they can. The error says which word
    /// cannot be played; what comes before it is played.
    pub fn replay(&mut self, text: &str) -> Result<(), String> {
        let Some(Ok(timeline)) = self.sides.get_mut(self.focus).map(|side| side.timeline.as_mut()) else {
            return Ok(());
        };
        let played = timeline.replay(text);
        if self.together {
            let position = timeline.position();
            self.set_together(true);
            self.seek(position);
        }
        played
    }

    /// Lets a variant that nobody has touched play a schedule by itself; true if it did.
    pub fn show(&mut self, variant: usize, replay: &str) -> bool {
        if self.together || variant == self.focus {
            return false;
        }
        let Some(Ok(timeline)) = self.sides.get_mut(variant).map(|side| side.timeline.as_mut()) else { return false };
        timeline.steps().is_empty() && timeline.replay(replay).is_ok()
    }

    /// Takes another text of the scenario: every walk goes as far as it still can.
    pub fn renew(&mut self, scenario: &Arc<Scenario>) -> Result<(), String> {
        let name = self.scenario.variants.get(self.focus).map(|variant| variant.name.clone());
        let found = scenario.variants.iter().position(|variant| Some(&variant.name) == name.as_ref());
        let mut renewed = Sides::new(scenario, found.unwrap_or(0))?;
        renewed.script = if self.together { self.script.clone() } else { self.labels() };
        renewed.follow(if self.together { self.cursor } else { self.focused().map_or(0, Timeline::position) });
        renewed.together = self.together;
        if !self.together {
            let focus = renewed.focus;
            let others = renewed.sides.iter_mut().enumerate().filter(|(at, _)| *at != focus);
            others.for_each(|(_, side)| side.cut_all());
        }
        *self = renewed;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Document, Source};
    use crate::lab::read;

    fn scenario(yaml: &str) -> Arc<Scenario> {
        let source = Arc::new(Source::new("t.yaml", yaml.as_bytes().to_vec()).unwrap());
        let (document, mut diagnostics) = Document::parse(&source);
        let scenario = document.and_then(|document| read("t", &document, &mut diagnostics));
        Arc::new(scenario.unwrap_or_else(|| panic!("{:#?}", diagnostics.sorted())))
    }

    fn lost_update() -> Sides {
        Sides::new(&scenario(include_str!("../../scenarios/lost-update.yaml")), 0).unwrap()
    }

    fn replays(sides: &Sides) -> Vec<String> {
        (0..2).map(|at| sides.timeline(at).unwrap().replay_text()).collect()
    }

    #[test]
    fn together_each_takes_what_it_can_also_back_and_forth() {
        let mut sides = lost_update();
        sides.replay("alice bob bob alice").unwrap();
        assert_eq!(replays(&sides), ["alice bob bob alice", "alice bob"]);
        assert!(sides.back() && sides.back() && sides.back());
        assert_eq!(replays(&sides), ["alice", "alice"]);
        sides.step(Choice::Client(0)).unwrap();
        assert_eq!(replays(&sides), ["alice alice", "alice"]);
        assert_eq!(sides.timeline(1).unwrap().steps().len(), 1);
        sides.choose(1).unwrap();
        sides.step(Choice::Client(1)).unwrap();
        assert_eq!(replays(&sides), ["alice alice bob", "alice bob"]);
        assert!(sides.step(Choice::Client(1)).is_err());
        assert!(sides.back() && sides.jump(0) && !sides.back());
        assert_eq!(replays(&sides), ["", ""]);
    }

    #[test]
    fn apart_each_goes_its_own_way_until_they_are_joined_again() {
        let mut sides = lost_update();
        sides.set_together(false);
        sides.step(Choice::Client(0)).unwrap();
        assert_eq!(replays(&sides), ["alice", ""]);
        assert!(sides.show(1, "bob alice") && !sides.show(1, "alice bob") && !sides.show(0, "alice bob"));
        assert_eq!(replays(&sides), ["alice", "bob alice"]);
        sides.set_together(true);
        assert_eq!(replays(&sides), ["alice", "alice"]);
    }

    #[test]
    fn a_new_text_keeps_the_path_as_far_as_it_goes() {
        let mut sides = lost_update();
        sides.replay("alice bob bob alice").unwrap();
        let text = include_str!("../../scenarios/lost-update.yaml").replace("      bob: *rmw", "      bob: [GET x]");
        sides.renew(&scenario(&text)).unwrap();
        assert_eq!(replays(&sides), ["alice bob alice", "alice bob"]);
        assert_eq!(sides.focus(), 0);
    }

    const WATCH: &str = "title: w\nsummary: w\nsetup: [SET stock 1]\nobserve: {stock: GET stock}\ninvariant: 'true'\n\
        variants:\n  v:\n    title: v\n    clients:\n      alice: [WATCH stock other, MULTI, SET stock 0, EXEC]\n      \
        bob: [GET stock, SET stock 1, SET stock 2, EXPIRE stock 9]\n";

    #[test]
    fn a_dirty_watch_knows_whose_step_it_was_and_what_is_queued() {
        let mut sides = Sides::new(&scenario(WATCH), 0).unwrap();
        sides.replay("bob alice alice alice bob bob bob").unwrap();
        let view = sides.focused().unwrap().view();
        let alice = &view.clients[0];
        let dirty = alice.watched[0].dirty.as_ref().unwrap();
        assert_eq!((dirty.step, &*dirty.name, &*dirty.what), (5, "bob", "SET stock 1"));
        assert_eq!((&*alice.watched[1].key, &alice.watched[1].dirty), ("other", &None));
        assert_eq!(alice.queued.as_deref(), Some(&["SET stock 0".to_string()][..]));
        let key = &view.keys[0];
        assert_eq!((&*key.name, &*key.value, key.ttl_ms, key.changed), ("stock", "\"2\"", Some(9_000), false));
        // Going back brings TTL, value and WATCH back.
        assert!(sides.jump(4));
        let view = sides.focused().unwrap().view();
        assert_eq!((&*view.keys[0].value, view.keys[0].ttl_ms), ("\"1\"", None));
        assert!(!view.clients[0].watch_dirty && view.clients[0].watched[0].dirty.is_none());
        assert_eq!(view.path.len(), 7);
        sides.jump(7);
        sides.step(Choice::Client(0)).unwrap();
        let view = sides.focused().unwrap().view();
        assert!(view.clients[0].watched.is_empty() && view.clients[0].queued.is_none());
    }
}
