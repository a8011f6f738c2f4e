//! The race lab: scenario, world, schedule, strategies, exploring, counting, counterexamples.

mod view;

mod scenario;

mod server;
mod store;

mod part;

mod world;

mod judge;

mod shape;

mod read;

mod path;

mod contrast;

mod locks;

mod sentence;

mod number;

mod count;

mod symmetry;

mod aside;

mod atlas;

mod layer;

mod explore;

mod strategy;

mod sample;

mod peek;

mod timeline;

mod sides;

mod document;

pub use document::explored;
pub use explore::{Limits, Progress, explore};
pub use judge::{Ending, Observed, conclude, faults, judge, observe};
pub use part::{Choice, ClientState, START, Shared, Status, Taken};
pub use path::{label, parse_replay, play, refusal, replay_text};
pub use read::read;
pub use sample::sample;
pub use scenario::{Expect, Look, Member, Mishap, MishapKind, NUMBER_OF_CLIENTS, Scenario, Store, Variant};
pub use shape::SCENARIO;
pub use sides::Sides;
pub use strategy::{Hand, Random, Replay, RoundRobin, Strategy, walk};
pub use timeline::Timeline;
pub use view::{
    ClientView, Contrast, ContrastView, Counterexample, Dirty, KeyLine, Outcome, RaceView, Side, StepTaken,
    VariantReport, Watch,
};
pub use world::{Stage, World};
