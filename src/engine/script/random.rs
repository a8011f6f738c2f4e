//! `math.random`: the numbers that Redis gives, whose generator goes on from script to script.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use mlua::{Lua, MultiValue, Result, Table, Value};

use super::raise;

/// The generator of `lrand48`, which Redis brings along so that it is the same everywhere.
#[derive(Clone, Debug, Default)]
pub struct Generator(Arc<AtomicU64>);

impl Generator {
    /// How it stands on a server that was just started.
    pub const FRESH: u64 = 0x1234_abcd_330e;

    /// Lets it go on from here.
    pub fn set(&self, stand: u64) {
        self.0.store(stand, Ordering::Relaxed);
    }

    /// How it stands.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Starts it with a seed.
    pub fn seed(&self, seed: i32) {
        self.0.store((u64::from(seed as u32) << 16) | 0x330e, Ordering::Relaxed);
    }

    fn draw(&self) -> f64 {
        const MOST: u64 = 0x7fff_ffff;
        let next = self.0.load(Ordering::Relaxed).wrapping_mul(0x5_deec_e66d).wrapping_add(0xb) & 0xffff_ffff_ffff;
        self.0.store(next, Ordering::Relaxed);
        ((next >> 17) % MOST) as f64 / MOST as f64
    }
}

/// Puts `random` and `randomseed` into `math`.
pub fn install(lua: &Lua, math: &Table, generator: &Generator) -> Result<()> {
    let (draws, seeds) = (generator.clone(), generator.clone());
    math.raw_set("random", lua.create_function(move |lua, args: MultiValue| random(lua, &args, &draws))?)?;
    let seed = move |lua: &Lua, args: MultiValue| {
        seeds.seed(integer(lua, &args, 0)? as i32);
        Ok(())
    };
    math.raw_set("randomseed", lua.create_function(seed)?)
}

fn integer(lua: &Lua, args: &MultiValue, index: usize) -> Result<f64> {
    let number = args.get(index).and_then(|value| lua.coerce_number(value.clone()).ok().flatten());
    number.map(f64::trunc).ok_or_else(|| {
        let found = args.get(index).map_or("no value", Value::type_name);
        raise::argument(lua, index + 1, &format!("number expected, got {found}"))
    })
}

fn random(lua: &Lua, args: &MultiValue, generator: &Generator) -> Result<f64> {
    let drawn = generator.draw();
    match args.len() {
        0 => Ok(drawn),
        1 => {
            let most = integer(lua, args, 0)?;
            if most < 1.0 {
                return Err(raise::argument(lua, 1, "interval is empty"));
            }
            Ok((drawn * most).floor() + 1.0)
        }
        2 => {
            let (least, most) = (integer(lua, args, 0)?, integer(lua, args, 1)?);
            if least > most {
                return Err(raise::argument(lua, 2, "interval is empty"));
            }
            Ok((drawn * (most - least + 1.0)).floor() + least)
        }
        _ => Err(raise::text(lua, "wrong number of arguments")),
    }
}
