//! The step language that lessons and scenarios share: model, expressions, registers, and an interpreter that takes
//! one step at a time. It never talks to a server: whoever drives a [`Machine`] carries out its [`Deed`]s.

mod datum;

mod deed;

mod tokens;

mod bounded;

mod expr;

mod template;

mod step;

mod check;

mod shape;

mod read;

mod code;

mod machine;

pub use code::Program;
pub use datum::{Datum, answer, of_rows};
pub use deed::{Deed, command_line};
pub use expr::{Expr, ExprError, Scope};
pub use machine::{Fault, Machine, Next};
pub use read::{known_name, read_command, read_expr, read_literal, read_steps};
pub use shape::{COMMAND, STEP};
pub use step::{Act, Action, Step, StepKind, registers_of};
pub use template::{Template, TemplateError, Word};
