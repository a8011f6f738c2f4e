//! Places on the earth as scores of a sorted set: 52 bits in which longitude and latitude alternate, so that what is
//! near lies in few ranges of scores.
//!
//! Every formula does its steps in Redis's order, so that scores and distances are equal to the last bit.

use std::f64::consts::PI;

const MOST_LONGITUDE: f64 = 180.0;
/// Where the map projection (EPSG:3857) ends.
const MOST_LATITUDE: f64 = 85.051_128_78;
/// Bits of each coordinate in a score.
const FINEST: u32 = 26;
const EARTH_RADIUS_M: f64 = 6_372_797.560_856;
/// Half of the map's width, in metres.
const MERCATOR_MOST_M: f64 = 20_037_726.37;
const EVEN_BITS: u64 = 0x5555_5555_5555_5555;
const ODD_BITS: u64 = EVEN_BITS << 1;

fn radians(degrees: f64) -> f64 {
    degrees * (PI / 180.0)
}

fn degrees(radians: f64) -> f64 {
    radians / (PI / 180.0)
}

/// A place, in degrees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// East of Greenwich; negative: west.
    pub longitude: f64,
    /// North of the equator; negative: south.
    pub latitude: f64,
}

impl Point {
    /// A place, if it is on the map: longitudes to 180 and latitudes to about 85 degrees.
    pub fn new(longitude: f64, latitude: f64) -> Option<Point> {
        let on_map = longitude.abs() <= MOST_LONGITUDE && latitude.abs() <= MOST_LATITUDE;
        on_map.then_some(Point { longitude, latitude })
    }

    /// Its score in a sorted set.
    pub fn score(self) -> u64 {
        Cell::at(self, FINEST, MOST_LATITUDE).bits
    }

    /// The place that a score stands for: the middle of its cell.
    pub fn of_score(score: f64) -> Point {
        let area = Cell { bits: unsigned(score), step: FINEST }.area();
        let middle = |(min, max): (f64, f64), most: f64| ((min + max) / 2.0).clamp(-most, most);
        Point { longitude: middle(area.longitude, MOST_LONGITUDE), latitude: middle(area.latitude, MOST_LATITUDE) }
    }

    /// Its geohash as others write them: 11 letters and digits, of which the last is always 0.
    pub fn geohash(self) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
        // Elsewhere latitudes go up to the pole.
        let bits = Cell::at(self, FINEST, 90.0).bits;
        let letter = |n: u32| char::from(ALPHABET[(bits >> (52 - 5 * n) & 0x1f) as usize]);
        (1..=10).map(letter).chain(['0']).collect()
    }

    /// The distance to another place on a sphere (haversine), in metres.
    pub fn distance(self, other: Point) -> f64 {
        let v = ((radians(other.longitude) - radians(self.longitude)) / 2.0).sin();
        if v == 0.0 {
            return self.distance_of_latitudes(other);
        }
        let (from, to) = (radians(self.latitude), radians(other.latitude));
        let u = ((to - from) / 2.0).sin();
        let a = u * u + from.cos() * to.cos() * v * v;
        2.0 * EARTH_RADIUS_M * a.sqrt().asin()
    }

    fn distance_of_latitudes(self, other: Point) -> f64 {
        EARTH_RADIUS_M * (radians(other.latitude) - radians(self.latitude)).abs()
    }
}

/// A double as an unsigned number, where it is out of range as the processors of most servers have it.
fn unsigned(score: f64) -> u64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    match score {
        s if s < -LIMIT => 1 << 63,
        s if s < LIMIT => s as i64 as u64,
        s if s < 2.0 * LIMIT => s as u64,
        _ => 0,
    }
}

/// A cell of the grid that has `step` bits for each coordinate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    bits: u64,
    step: u32,
}

/// What a cell covers: from and to.
#[derive(Clone, Copy, Debug)]
struct Area {
    longitude: (f64, f64),
    latitude: (f64, f64),
}

impl Cell {
    /// The cell around a point, on a map that reaches up to a latitude.
    fn at(point: Point, step: u32, most_latitude: f64) -> Cell {
        let place = |at: f64, most: f64| ((at + most) / (most + most) * (1u64 << step) as f64) as u32;
        let bits = spread(place(point.latitude, most_latitude)) | spread(place(point.longitude, MOST_LONGITUDE)) << 1;
        Cell { bits, step }
    }

    fn area(self) -> Area {
        let cells = (1u64 << self.step) as f64;
        let edge = |n: u32, most: f64| -most + (f64::from(n) / cells) * (most + most);
        let edges = |n: u32, most: f64| (edge(n, most), edge(n.wrapping_add(1), most));
        Area {
            longitude: edges(gather(self.bits >> 1), MOST_LONGITUDE),
            latitude: edges(gather(self.bits), MOST_LATITUDE),
        }
    }

    /// The neighbour so many cells to the east and to the north (-1, 0 or 1); the grid is round in both directions.
    fn neighbour(self, east: i32, north: i32) -> Cell {
        let unused = 64 - 2 * self.step;
        let (longitude, latitude) = (ODD_BITS >> unused, EVEN_BITS >> unused);
        // A carry runs through the bits of the other coordinate where these are all set.
        let shift = |own: u64, mask: u64, other: u64, by: i32| match by {
            0 => own,
            1 => own.wrapping_add(other + 1) & mask,
            _ => (own | other).wrapping_sub(other + 1) & mask,
        };
        let x = shift(self.bits & ODD_BITS, longitude, latitude, east);
        let y = shift(self.bits & EVEN_BITS, latitude, longitude, north);
        Cell { bits: x | y, ..self }
    }

    /// The scores that lie in it: from the first one up to, but not including, the second.
    fn scores(self) -> (f64, f64) {
        let aligned = |bits: u64| (bits << (2 * (FINEST - self.step))) as f64;
        (aligned(self.bits), aligned(self.bits + 1))
    }
}

/// Puts a zero above each bit.
fn spread(n: u32) -> u64 {
    [(16, 0x0000_ffff_0000_ffff), (8, 0x00ff_00ff_00ff_00ff), (4, 0x0f0f_0f0f_0f0f_0f0f), (2, 0x3333_3333_3333_3333)]
        .into_iter()
        .chain([(1, EVEN_BITS)])
        .fold(u64::from(n), |all, (shift, mask)| (all | all << shift) & mask)
}

/// Takes every other bit, from the lowest on.
fn gather(bits: u64) -> u32 {
    [(1, 0x3333_3333_3333_3333), (2, 0x0f0f_0f0f_0f0f_0f0f), (4, 0x00ff_00ff_00ff_00ff), (8, 0x0000_ffff_0000_ffff)]
        .into_iter()
        .chain([(16, 0xffff_ffff)])
        .fold(bits & EVEN_BITS, |all, (shift, mask)| (all | all >> shift) & mask) as u32
}

/// What is searched, in a unit of length.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extent {
    /// Everything within a radius.
    Circle(f64),
    /// A box of this width and height.
    Box(f64, f64),
}

/// Where is searched.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Its middle.
    pub center: Point,
    /// Its size.
    pub extent: Extent,
    /// How many metres its unit has.
    pub unit_m: f64,
}

impl Shape {
    /// The distance of a point from the middle in metres, if it is inside.
    pub fn distance_within(&self, point: Point) -> Option<f64> {
        // Not "at most": to Redis, what is no number (the distance of some antipodes) is not beyond anything.
        let beyond = |distance: f64, most: f64| distance > most;
        let outside = match self.extent {
            Extent::Circle(radius) => beyond(self.center.distance(point), radius * self.unit_m),
            Extent::Box(width, height) => {
                let level = Point { longitude: self.center.longitude, latitude: point.latitude };
                beyond(point.distance_of_latitudes(self.center), height * self.unit_m / 2.0)
                    || beyond(point.distance(level), width * self.unit_m / 2.0)
            }
        };
        (!outside).then(|| self.center.distance(point))
    }

    /// The ranges of scores in which everything within it lies, in Redis's order: the middle, then its neighbours in
    /// the north, south, east and west, then those in the corners. Those that it does not reach are left out.
    pub fn score_ranges(&self) -> Vec<(f64, f64)> {
        let bounds = self.bounds();
        let mut step = self.step();
        let mut cell = Cell::at(self.center, step, MOST_LATITUDE);
        // Near a border of its cell, a shape may reach beyond the next one: then larger cells are needed.
        let reach = |east, north| cell.neighbour(east, north).area();
        let too_fine = reach(0, 1).latitude.1 < bounds.latitude.1
            || reach(0, -1).latitude.0 > bounds.latitude.0
            || reach(1, 0).longitude.1 < bounds.longitude.1
            || reach(-1, 0).longitude.0 > bounds.longitude.0;
        if step > 1 && too_fine {
            step -= 1;
            cell = Cell::at(self.center, step, MOST_LATITUDE);
        }
        let area = cell.area();
        let useless = |east: i32, north: i32| {
            step >= 2
                && ((north < 0 && area.latitude.0 < bounds.latitude.0)
                    || (north > 0 && area.latitude.1 > bounds.latitude.1)
                    || (east < 0 && area.longitude.0 < bounds.longitude.0)
                    || (east > 0 && area.longitude.1 > bounds.longitude.1))
        };
        let around = [(0, 1), (0, -1), (1, 0), (-1, 0), (1, 1), (-1, 1), (1, -1), (-1, -1)];
        let mut cells = vec![cell];
        for (east, north) in around.into_iter().filter(|(east, north)| !useless(*east, *north)) {
            let next = cell.neighbour(east, north);
            // In a very coarse grid, the neighbours on both sides are the same cell.
            if cells.len() == 1 || cells.last() != Some(&next) {
                cells.push(next);
            }
        }
        cells.into_iter().map(Cell::scores).collect()
    }

    /// The box around it, roughly.
    fn bounds(&self) -> Area {
        let (width, height) = match self.extent {
            Extent::Circle(radius) => (self.unit_m * radius, self.unit_m * radius),
            Extent::Box(width, height) => (self.unit_m * (width / 2.0), self.unit_m * (height / 2.0)),
        };
        let Point { longitude, latitude } = self.center;
        let up = degrees(height / EARTH_RADIUS_M);
        // The nearer to a pole, the more degrees a width has: the edge that is nearer to its pole decides.
        let edge = if latitude < 0.0 { latitude - up } else { latitude + up };
        let aside = degrees(width / EARTH_RADIUS_M / radians(edge).cos());
        Area { longitude: (longitude - aside, longitude + aside), latitude: (latitude - up, latitude + up) }
    }

    /// How fine a grid may be whose cell and its eight neighbours cover the shape.
    fn step(&self) -> u32 {
        let radius = match self.extent {
            Extent::Circle(radius) => radius,
            Extent::Box(width, height) => ((width / 2.0) * (width / 2.0) + (height / 2.0) * (height / 2.0)).sqrt(),
        };
        let mut radius = radius * self.unit_m;
        if radius == 0.0 {
            return FINEST;
        }
        let mut step = 1i32;
        while radius < MERCATOR_MOST_M {
            radius *= 2.0;
            step += 1;
        }
        // Cells are narrower towards the poles.
        let latitude = self.center.latitude.abs();
        step -= 2 + i32::from(latitude > 66.0) + i32::from(latitude > 80.0);
        step.clamp(1, FINEST as i32).unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anywhere(rng: &mut fastrand::Rng) -> Point {
        let longitude = rng.f64() * 2.0 * MOST_LONGITUDE - MOST_LONGITUDE;
        let latitude = rng.f64() * 2.0 * MOST_LATITUDE - MOST_LATITUDE;
        Point::new(longitude, latitude).expect("on the map")
    }

    #[test]
    fn a_score_keeps_a_place_to_less_than_a_metre() {
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..10_000 {
            let point = anywhere(&mut rng);
            let found = Point::of_score(point.score() as f64);
            assert!(point.distance(found) < 1.0, "{point:?} {found:?}");
            assert_eq!(found.score(), point.score());
        }
    }

    #[test]
    fn well_known_places_have_their_geohashes() {
        let palermo = Point::new(13.361389, 38.115556).expect("on the map");
        let catania = Point::new(15.087269, 37.502669).expect("on the map");
        assert_eq!(palermo.score(), 3_479_099_956_230_698);
        assert_eq!(Point::of_score(palermo.score() as f64).geohash(), "sqc8b49rny0");
        assert_eq!(Point::of_score(catania.score() as f64).geohash(), "sqdtr74hyu0");
        assert_eq!(Point::new(181.0, 0.0), None);
        assert_eq!(Point::new(0.0, 86.0), None);
        assert_eq!(Point::new(f64::NAN, 0.0), None);
    }

    #[test]
    fn whatever_is_inside_a_small_shape_lies_in_its_ranges() {
        let mut rng = fastrand::Rng::with_seed(2);
        for _ in 0..3_000 {
            let center = anywhere(&mut rng);
            // Near the antimeridian and the poles Redis itself misses places.
            if center.longitude.abs() > 170.0 || center.latitude.abs() > 75.0 {
                continue;
            }
            let size = 10f64.powf(rng.f64() * 5.0);
            let extent = if rng.bool() { Extent::Circle(size) } else { Extent::Box(size, rng.f64() * size) };
            let shape = Shape { center, extent, unit_m: 1.0 };
            let ranges = shape.score_ranges();
            for _ in 0..20 {
                let near = |at: f64, rng: &mut fastrand::Rng| at + (rng.f64() - 0.5) * size / 50_000.0;
                let (longitude, latitude) = (near(center.longitude, &mut rng), near(center.latitude, &mut rng));
                let Some(point) = Point::new(longitude, latitude) else { continue };
                let score = point.score() as f64;
                if shape.distance_within(Point::of_score(score)).is_some() {
                    assert!(ranges.iter().any(|(from, to)| (*from..*to).contains(&score)), "{shape:?} {point:?}");
                }
            }
        }
    }

    #[test]
    fn no_number_breaks_it() {
        for number in [0.0, -1.0, 1e300, f64::INFINITY, f64::NEG_INFINITY, 5e-324, 4_503_599_627_370_496.0] {
            let center = Point::of_score(number);
            for extent in [Extent::Circle(number.abs()), Extent::Box(number.abs(), 0.0)] {
                let shape = Shape { center, extent, unit_m: 1609.34 };
                assert!(!shape.score_ranges().is_empty());
                shape.distance_within(Point::of_score(1.0));
            }
        }
    }
}
