//! The binary: see the library's tour.

fn main() {}
