//! The chart of a comparison: numbers of each lane, as bars beside each other.

use crate::content::{Diagnostics, Node};
use crate::program::{Datum, Expr, known_name, read_expr};

use super::expect::{Measured, check_fields};
use super::model::{Chart, Lane};
use super::shape::CHART;
use super::words::paths;

/// A chart with its numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Charted {
    /// What it shows.
    pub title: String,
    /// The unit of its numbers; may be empty.
    pub unit: String,
    /// The names of the bars that each lane has.
    pub names: Vec<String>,
    /// Each lane's name and its numbers, one for each bar; `None` where there is no number.
    pub lanes: Vec<(String, Vec<Option<f64>>)>,
}

impl Chart {
    /// Reads a chart of these lanes.
    pub(super) fn read(node: &Node<'_>, lanes: &[Lane], diagnostics: &mut Diagnostics) -> Option<Chart> {
        let mut fields = node.record(&CHART, diagnostics)?;
        let mut text = |key| fields.optional(key).and_then(|node| node.filled_str(diagnostics)).map(str::to_string);
        let (title, unit) = (text("title"), text("unit"));
        let map = fields.required("bars").and_then(|node| node.map(diagnostics));
        let bars: Vec<Option<(String, Expr)>> = map
            .map(|mut map| map.entries())
            .unwrap_or_default()
            .iter()
            .map(|entry| Some((entry.name.to_string(), read_bar(&entry.value, lanes, diagnostics)?)))
            .collect();
        fields.finish(diagnostics);
        Some(Chart { title: title?, unit: unit.unwrap_or_default(), bars: bars.into_iter().collect::<Option<_>>()? })
    }

    /// The chart of what was measured. `names` are the lanes', `target` is the kind of target.
    pub fn of(&self, names: &[String], measured: &[Measured], target: &str) -> Charted {
        let number = |expr: &Expr, lane: &Datum| {
            let scope = |name: &str| match name {
                "lane" => Some(lane.clone()),
                "target" => Some(Datum::text(target)),
                _ => None,
            };
            match expr.eval(&scope) {
                Ok(Datum::Int(n)) => Some(n as f64),
                Ok(Datum::Float(n)) if n.is_finite() => Some(n),
                _ => None,
            }
        };
        let lanes = names.iter().zip(measured).map(|(name, measured)| {
            let lane = measured.datum();
            (name.clone(), self.bars.iter().map(|(_, expr)| number(expr, &lane)).collect())
        });
        Charted {
            title: self.title.clone(),
            unit: self.unit.clone(),
            names: self.bars.iter().map(|(name, _)| name.clone()).collect(),
            lanes: lanes.collect(),
        }
    }
}

fn read_bar(node: &Node<'_>, lanes: &[Lane], diagnostics: &mut Diagnostics) -> Option<Expr> {
    let expr = read_expr(node, diagnostics)?;
    let source = expr.source().to_string();
    let known = ["lane", "target"].map(String::from);
    for path in paths(&source).iter().filter(|path| expr.names().any(|name| name == path.name)) {
        known_name(path.name, node.within(path.start, path.start + path.name.len()), &known, "name", diagnostics);
        if let ("lane", Some(lane)) = (path.name, lanes.first()) {
            check_fields(node, path, lane, diagnostics);
        }
    }
    Some(expr)
}

#[cfg(test)]
mod tests {
    use super::super::model::{Action, Compare};
    use super::super::read;
    use super::*;
    use crate::content::{Library, Source};

    fn compare(bars: &str) -> Result<Compare, Vec<String>> {
        let mut item = Library::built_in().lessons().next().unwrap().clone();
        let text = format!(
            "title: a\nsummary: b\nsteps:\n  - title: c\n    compare:\n      lanes: [{{name: d, steps: [GET a], observe: {{n: GET a}}}}]\n      chart: {{title: e, unit: ms, bars: {bars}}}\n"
        );
        item.source = Source::new("a.yaml", text.into()).unwrap().into();
        let (lesson, diagnostics) = read(&item);
        match lesson.map(|mut lesson| lesson.steps.remove(0).action) {
            Some(Action::Compare(compare)) => Ok(compare),
            _ => Err(diagnostics.lines()),
        }
    }

    #[test]
    fn a_chart_shows_numbers_and_leaves_out_what_is_none() {
        let chart =
            compare("{twice: lane.total * 2, n: lane.observed.n|int, s: lane.observed.n}").unwrap().chart.unwrap();
        let measured = Measured { total_ms: 1.5, observed: vec![("n".into(), "3".into())], ..Measured::default() };
        let charted = chart.of(&["d".into()], &[measured], "bundled");
        assert_eq!((charted.title.as_str(), charted.unit.as_str()), ("e", "ms"));
        assert_eq!(charted.names, ["twice", "n", "s"]);
        assert_eq!(charted.lanes, [("d".to_string(), vec![Some(3.0), Some(3.0), None])]);
    }

    #[test]
    fn a_chart_reads_what_lanes_have() {
        let told = compare("{a: lane.totl, b: lane.observed.m, c: lanes}").unwrap_err();
        assert!(told[0].contains("there is no measure `totl` (did you mean `total`?)"), "{told:?}");
        assert!(told[1].contains("there is no observed name `m` (the names here are n)"), "{told:?}");
        assert!(told[2].contains("nothing here is called `lanes` (did you mean `lane`?)"), "{told:?}");
        assert_eq!(told.len(), 3);
    }
}
