//! What a run showed as a document to hand in: Markdown, HTML, SVG. Each holds all that it needs, and nothing that a
//! server or a file said means anything to the form.

mod part;

mod bars;

mod html;
mod markdown;
mod svg;

pub use html::paper_html;
pub use markdown::paper_markdown;
pub use part::Paper;
pub use svg::paper_svg;
