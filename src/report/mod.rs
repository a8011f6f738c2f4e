//! Text and JSON from the same events that screens show.
