//! LOLWUT: a picture for those who ask for one.

use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, SQRT_2};

use crate::resp::Value;

use super::super::super::args::Args;
use super::super::super::context::Context;
use super::super::super::error::{Error, NOT_INTEGER};
use super::super::super::outcome::{Answer, reply};
use super::super::super::settings::REDIS_VERSION;
use super::super::super::types::parse_integer;

/// LOLWUT without a version tells the version alone, as Redis 7.0 does; versions 5 and 6 draw.
pub fn lolwut(ctx: &mut Context<'_>, mut args: Args<'_>) -> Answer {
    let version = if args.left() >= 2 && args.keyword("VERSION") { args.integer()? } else { 0 };
    let rng = &mut ctx.state.rng;
    let picture = match version {
        5 => {
            let columns = size(&mut args, 66, 1000)?;
            let (across, down) = (size(&mut args, 8, 200)?, size(&mut args, 12, 200)?);
            let picture = squares(rng, columns, across, down);
            format!("{picture}\nSquares that lose their order, after Georg Nees, Schotter, 1968. ")
        }
        6 => {
            let (columns, rows) = (size(&mut args, 80, 1000)?, size(&mut args, 20, 1000)?);
            format!("{}\nA city at night, after games of 8 bits. ", city(rng, columns, rows))
        }
        _ => String::new(),
    };
    let text = format!("{picture}Redis ver. {REDIS_VERSION}\n").into();
    reply::value(Value::Verbatim { format: *b"txt", text })
}

/// The next argument as a size, at least 1.
fn size(args: &mut Args<'_>, usual: usize, most: usize) -> Result<usize, Error> {
    let Some(argument) = args.peek() else { return Ok(usual) };
    args.next()?;
    let number = parse_integer(argument).ok_or(NOT_INTEGER)?;
    Ok(usize::try_from(number).unwrap_or(1).clamp(1, most))
}

/// Dots, or shades of grey.
struct Canvas {
    width: usize,
    height: usize,
    dots: Vec<u8>,
}

impl Canvas {
    fn new(width: usize, height: usize, shade: u8) -> Canvas {
        Canvas { width, height, dots: vec![shade; width * height] }
    }

    /// Sets a dot; nothing happens outside of the canvas.
    fn set(&mut self, x: i64, y: i64, shade: u8) {
        let place =
            (usize::try_from(x).ok().zip(usize::try_from(y).ok())).filter(|(x, y)| *x < self.width && *y < self.height);
        if let Some((x, y)) = place {
            self.dots[y * self.width + x] = shade;
        }
    }

    fn get(&self, x: usize, y: usize) -> u8 {
        if x < self.width && y < self.height { self.dots[y * self.width + x] } else { 0 }
    }

    fn line(&mut self, from: (f64, f64), to: (f64, f64)) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()).ceil().max(1.0);
        for step in 0..=steps as u32 {
            let part = f64::from(step) / steps;
            let between = |a: f64, b: f64| (a + (b - a) * part).round() as i64;
            self.set(between(from.0, to.0), between(from.1, to.1), 1);
        }
    }

    /// The dots as Braille, 2 by 4 in a character.
    fn braille(&self) -> String {
        let dots = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)];
        let cell = |x: usize, y: usize| {
            let bits =
                dots.iter().enumerate().map(|(bit, (right, down))| u32::from(self.get(x + right, y + down)) << bit);
            char::from_u32(0x2800 + bits.sum::<u32>()).unwrap_or(' ')
        };
        let row = |y: usize| (0..self.width).step_by(2).map(|x| cell(x, y)).collect::<String>();
        (0..self.height).step_by(4).map(row).collect::<Vec<_>>().join("\n")
    }

    /// The shades as coloured spaces, black to white.
    fn shades(&self) -> String {
        let colour = |shade: u8| ["0;30;40", "0;90;100", "0;37;47", "0;97;107"][usize::from(shade.min(3))];
        let cell = |x: usize, y: usize| format!("\x1b[{}m \x1b[0m", colour(self.get(x, y)));
        let row = |y: usize| (0..self.width).map(|x| cell(x, y)).collect::<String>();
        (0..self.height).map(row).collect::<Vec<_>>().join("\n")
    }
}

/// Rows of squares: the farther down, the more each is turned and moved.
fn squares(rng: &mut fastrand::Rng, columns: usize, across: usize, down: usize) -> String {
    let width = columns * 2;
    let margin = if width > 4 { 2.0 } else { 0.0 };
    let side = (width as f64 - 2.0 * margin) / across as f64;
    let mut canvas = Canvas::new(width, (side * down as f64 + 2.0 * margin) as usize, 0);
    for (row, column) in (0..down).flat_map(|row| (0..across).map(move |column| (row, column))) {
        let disorder = if row > 1 { row as f64 / down as f64 } else { 0.0 };
        let mut chance = || (rng.f64() * 2.0 - 1.0) * disorder;
        let (turn, right, lower) = (chance(), chance() * side / 3.0, chance() * side / 3.0);
        let x = (column as f64 + 0.5) * side + margin + right;
        let y = (row as f64 + 0.5) * side + margin + lower;
        let corner = |n: u32| {
            let angle = FRAC_PI_4 + turn + f64::from(n) * FRAC_PI_2;
            (x + angle.sin() * side / SQRT_2, y + angle.cos() * side / SQRT_2)
        };
        (0..4).for_each(|n| canvas.line(corner(n), corner(n + 1)));
    }
    canvas.braille()
}

/// Houses in front of houses; those in front are black and have windows.
fn city(rng: &mut fastrand::Rng, columns: usize, rows: usize) -> String {
    let mut canvas = Canvas::new(columns, rows, 3);
    let (columns, rows) = (columns as i64, rows as i64);
    for shade in [2u8, 1, 0] {
        let mut left = -10;
        while left < columns {
            left += rng.i64(0..8);
            let width = 6 + rng.i64(0..12);
            let height = rows / if shade == 0 { 3 } else { 2 } + rng.i64(0..=rows / 2);
            let top = rows - height;
            for (x, y) in (left..left + width).flat_map(|x| (top..rows).map(move |y| (x, y))) {
                let inside = x > left + 1 && x < left + width - 2 && y > top + 1 && y < rows - 2;
                let window = shade == 0 && inside && (x - left) / 2 % 2 == 1 && (y - top) % 2 == 0;
                canvas.set(x, y, if window { 1 + rng.u8(..2) } else { shade });
            }
            left += if shade == 2 { width / 2 } else { width + 3 };
        }
    }
    canvas.shades()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_have_the_size_that_is_asked_for() {
        let mut rng = fastrand::Rng::with_seed(1);
        let picture = squares(&mut rng, 66, 8, 12);
        assert!(picture.lines().all(|line| line.chars().count() == 66));
        assert_eq!(picture.lines().count(), 49);
        assert_eq!(city(&mut rng, 80, 20).lines().count(), 20);
        for size in [1, 2, 200] {
            assert!(!squares(&mut rng, size, 200, 200).is_empty() || size == 1);
            assert_eq!(city(&mut rng, size, size).lines().count(), size);
        }
    }
}
