//! What a search asks for: the arguments of GEOSEARCH and GEORADIUS.

use bytes::Bytes;

use crate::engine::args::Args;
use crate::engine::context::Context;
use crate::engine::error::{Error, SYNTAX};
use crate::engine::types::ZSet;
use crate::engine::types::geohash::{Extent, Point, Shape};

use super::number::{length, point, unit_m};

/// Which arguments a command takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// GEORADIUS: a place and a radius come first.
    Radius,
    /// GEORADIUSBYMEMBER: a member and a radius come first.
    RadiusByMember,
    /// GEORADIUS_RO, which stores nothing.
    RadiusReadOnly,
    /// GEORADIUSBYMEMBER_RO, which stores nothing.
    RadiusByMemberReadOnly,
    /// GEOSEARCH: everything is an option.
    Search,
    /// GEOSEARCHSTORE: the same, and the key to store at comes first.
    SearchStore,
}

impl Form {
    fn is_search(self) -> bool {
        matches!(self, Form::Search | Form::SearchStore)
    }
}

/// In which order places are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// The nearest first.
    Ascending,
    /// The farthest first.
    Descending,
}

/// Everything that a search asks for.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The sorted set that is searched.
    pub source: Bytes,
    center: Option<Point>,
    from_member: bool,
    from_place: bool,
    extent: Option<Extent>,
    unit_m: f64,
    /// `WITHDIST`: the distance too.
    pub with_distance: bool,
    /// `WITHHASH`: the score too.
    pub with_hash: bool,
    /// `WITHCOORD`: longitude and latitude too.
    pub with_coordinates: bool,
    /// The order, if one is asked for.
    pub sort: Option<Sort>,
    /// `COUNT`: at most so many; 0: all.
    pub count: usize,
    /// `ANY`: the first that are found will do.
    pub any: bool,
    /// Where to store what is found, instead of answering it.
    pub target: Option<Bytes>,
    /// Whether distances are stored, not the scores of places.
    pub store_distance: bool,
}

impl Request {
    /// Reads a command line, and looks up the member that is the middle. Redis looks for the sorted set first of all.
    pub fn parse(ctx: &mut Context<'_>, args: &mut Args<'_>, form: Form) -> Result<Request, Error> {
        let mut request = Request::default();
        if form == Form::SearchStore {
            request.target = Some(args.next()?.clone());
        }
        request.source = args.next()?.clone();
        let zset = ctx.read::<ZSet>(&request.source)?;
        match form {
            Form::Radius | Form::RadiusReadOnly => {
                request.center = Some(point(args)?);
                request.radius(args)?;
            }
            // Without a sorted set there is no middle, and Redis does not look at the radius.
            Form::RadiusByMember | Form::RadiusByMemberReadOnly if zset.is_none() => drop(args.take(3)?),
            Form::RadiusByMember | Form::RadiusByMemberReadOnly => {
                request.member(zset, args.next()?)?;
                request.radius(args)?;
            }
            Form::Search | Form::SearchStore => {}
        }
        while args.left() > 0 {
            request.option(zset, args, form)?;
        }
        request.check(args, form)?;
        Ok(request)
    }

    /// The shape to be searched, if there is anything to search in.
    pub fn shape(&self) -> Option<Shape> {
        Some(Shape { center: self.center?, extent: self.extent?, unit_m: self.unit_m })
    }

    /// A distance in metres, in the unit of the request.
    pub fn in_unit(&self, metres: f64) -> f64 {
        metres / self.unit_m
    }

    fn member(&mut self, zset: Option<&ZSet>, member: &[u8]) -> Result<(), Error> {
        let Some(zset) = zset else { return Ok(()) };
        let score = zset.score(member).ok_or(Error::fixed("ERR could not decode requested zset member"))?;
        self.center = Some(Point::of_score(score));
        Ok(())
    }

    fn radius(&mut self, args: &mut Args<'_>) -> Result<(), Error> {
        let radius = length(args, Error::fixed("ERR need numeric radius"))?;
        if radius < 0.0 {
            return Err(Error::fixed("ERR radius cannot be negative"));
        }
        self.unit_m = unit_m(args.next()?)?;
        self.extent = Some(Extent::Circle(radius));
        Ok(())
    }

    fn rectangle(&mut self, args: &mut Args<'_>) -> Result<(), Error> {
        let width = length(args, Error::fixed("ERR need numeric width"))?;
        let height = length(args, Error::fixed("ERR need numeric height"))?;
        if width < 0.0 || height < 0.0 {
            return Err(Error::fixed("ERR height or width cannot be negative"));
        }
        self.unit_m = unit_m(args.next()?)?;
        self.extent = Some(Extent::Box(width, height));
        Ok(())
    }

    /// One option with its arguments.
    fn option(&mut self, zset: Option<&ZSet>, args: &mut Args<'_>, form: Form) -> Result<(), Error> {
        let left = args.left() - 1;
        let (search, circle) = (form.is_search(), matches!(self.extent, Some(Extent::Circle(_))));
        let may_store = matches!(form, Form::Radius | Form::RadiusByMember);
        match args.next()?.to_ascii_uppercase().as_slice() {
            b"WITHDIST" => self.with_distance = true,
            b"WITHHASH" => self.with_hash = true,
            b"WITHCOORD" => self.with_coordinates = true,
            b"ANY" => self.any = true,
            b"ASC" => self.sort = Some(Sort::Ascending),
            b"DESC" => self.sort = Some(Sort::Descending),
            b"COUNT" if left >= 1 => {
                let count = usize::try_from(args.integer()?).ok().filter(|count| *count > 0);
                self.count = count.ok_or(Error::fixed("ERR COUNT must be > 0"))?;
            }
            b"STORE" if may_store && left >= 1 => {
                (self.target, self.store_distance) = (Some(args.next()?.clone()), false);
            }
            b"STOREDIST" if may_store && left >= 1 => {
                (self.target, self.store_distance) = (Some(args.next()?.clone()), true);
            }
            b"STOREDIST" if form == Form::SearchStore => self.store_distance = true,
            b"FROMMEMBER" if search && left >= 1 && !self.from_place => {
                self.member(zset, args.next()?)?;
                self.from_member = true;
            }
            b"FROMLONLAT" if search && left >= 2 && !self.from_member => {
                self.center = Some(point(args)?);
                self.from_place = true;
            }
            b"BYRADIUS" if search && left >= 2 && (self.extent.is_none() || circle) => self.radius(args)?,
            b"BYBOX" if search && left >= 3 && !circle => self.rectangle(args)?,
            _ => return Err(SYNTAX),
        }
        Ok(())
    }

    /// Whether the options go together.
    fn check(&self, args: &Args<'_>, form: Form) -> Result<(), Error> {
        if self.target.is_some() && (self.with_distance || self.with_hash || self.with_coordinates) {
            let who = if form == Form::SearchStore { "GEOSEARCHSTORE" } else { "STORE option in GEORADIUS" };
            return Err(Error::new(format!(
                "ERR {who} is not compatible with WITHDIST, WITHHASH and WITHCOORD options"
            )));
        }
        let name = args.argv().first().map(|name| String::from_utf8_lossy(name)).unwrap_or_default();
        if form.is_search() && !(self.from_member || self.from_place) {
            return Err(Error::new(format!("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {name}")));
        }
        if form.is_search() && self.extent.is_none() {
            return Err(Error::new(format!("ERR exactly one of BYRADIUS and BYBOX can be specified for {name}")));
        }
        if self.any && self.count == 0 {
            return Err(Error::fixed("ERR the ANY argument requires COUNT argument"));
        }
        Ok(())
    }
}
