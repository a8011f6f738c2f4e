//! What helps someone who types a command: tokens, completion, hints, did-you-mean, the reference card of a command.
