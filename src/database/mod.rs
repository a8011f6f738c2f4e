//! The system of record beside Redis: a real SQLite database of a lesson or a scenario.
