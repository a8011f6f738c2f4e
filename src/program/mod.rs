//! The step language that lessons and scenarios share: model, expressions, registers, an interpreter one step at a time.
