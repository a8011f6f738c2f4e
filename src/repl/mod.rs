//! The line REPL: rustyline around prompt, session and render.
