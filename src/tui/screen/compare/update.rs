//! What events do to a comparison.

use crate::session::Event;

use super::state::{Lane, State};

impl State {
    /// It begins, or begins again.
    pub fn start(&mut self) {
        for lane in &mut self.lanes {
            *lane = Lane { name: std::mem::take(&mut lane.name), ..Lane::default() };
        }
        self.running = true;
        self.verdict = None;
        self.chart = None;
    }

    /// Takes in an event.
    pub fn take(&mut self, event: &Event) {
        match event {
            Event::LaneStepped { .. } => self.stepped(event),
            Event::Compared { lanes, holds, expect, chart, .. } => {
                self.chart.clone_from(chart);
                self.running = false;
                self.verdict = Some((*holds, expect.clone()));
                for (at, report) in lanes.iter().enumerate() {
                    if at == self.lanes.len() {
                        self.lanes.push(Lane { name: report.name.clone(), ..Lane::default() });
                    }
                    self.lanes[at].report = Some(report.clone());
                }
            }
            Event::Cancelled | Event::Failed { .. } => self.running = false,
            _ => {}
        }
    }
}
