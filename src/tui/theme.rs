//! What a tone looks like. Only the sixteen colours of the terminal's own palette: they fit light and dark, and every
//! terminal has them. Without colours, weight and underlining carry the meaning; signs (✓ ✗ ▸) always do.

use ratatui::style::{Color, Modifier, Style};

use crate::render::Tone;

/// How much colour the terminal is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colours {
    /// The sixteen of the palette.
    #[default]
    Sixteen,
    /// None: `NO_COLOR`, or a terminal that has none.
    None,
}

impl Colours {
    /// What the environment asks for: `NO_COLOR` (not empty) and `TERM=dumb` mean none.
    pub fn from_environment() -> Colours {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb" || term == "vt100" || term == "vt220");
        if set("NO_COLOR") || dumb { Colours::None } else { Colours::Sixteen }
    }
}

/// Styles by tone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    colours: Colours,
}

/// One hue for each client; red and green are taken by what fails and holds, cyan by the focus.
const CLIENTS: [Color; 6] =
    [Color::LightBlue, Color::LightMagenta, Color::LightYellow, Color::LightCyan, Color::Magenta, Color::Yellow];

impl Theme {
    /// A theme of so many colours.
    pub fn new(colours: Colours) -> Theme {
        Theme { colours }
    }

    /// The style of a tone.
    pub fn style(&self, tone: Tone) -> Style {
        let plain = Style::new();
        match self.colours {
            Colours::Sixteen => plain.patch(coloured(tone)),
            Colours::None => plain.add_modifier(weight(tone)),
        }
    }

    /// What is selected.
    pub fn selected(&self) -> Style {
        match self.colours {
            Colours::Sixteen => Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD),
            Colours::None => Style::new().add_modifier(Modifier::REVERSED),
        }
    }

    /// A banner that must not be missed.
    pub fn banner(&self) -> Style {
        match self.colours {
            Colours::Sixteen => Style::new().fg(Color::Yellow).add_modifier(Modifier::REVERSED),
            Colours::None => Style::new().add_modifier(Modifier::REVERSED | Modifier::BOLD),
        }
    }
}

fn coloured(tone: Tone) -> Style {
    let style = Style::new().add_modifier(weight(tone));
    match tone {
        Tone::Plain | Tone::Dim | Tone::Strong | Tone::Italic | Tone::Nil | Tone::Comment => style,
        Tone::Heading | Tone::Accent | Tone::Command => style.fg(Color::Cyan),
        Tone::Code => style.fg(Color::Yellow),
        Tone::Keyword => style.fg(Color::Blue),
        Tone::Key => style.fg(Color::Yellow),
        Tone::Str => style.fg(Color::Green),
        Tone::Number => style.fg(Color::Magenta),
        Tone::Good => style.fg(Color::Green),
        Tone::Bad => style.fg(Color::Red),
        Tone::Warning => style.fg(Color::Yellow),
        Tone::Client(at) => style.fg(CLIENTS[usize::from(at) % CLIENTS.len()]),
    }
}

fn weight(tone: Tone) -> Modifier {
    match tone {
        Tone::Dim | Tone::Nil => Modifier::DIM,
        Tone::Comment => Modifier::DIM.union(Modifier::ITALIC),
        Tone::Strong | Tone::Heading | Tone::Bad | Tone::Warning | Tone::Client(_) => Modifier::BOLD,
        Tone::Italic => Modifier::ITALIC,
        _ => Modifier::empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colours_there_are_none() {
        let theme = Theme::new(Colours::None);
        let tones = [Tone::Good, Tone::Bad, Tone::Accent, Tone::Client(3), Tone::Str];
        assert!(tones.iter().all(|tone| theme.style(*tone).fg.is_none() && theme.style(*tone).bg.is_none()));
        assert_eq!(Theme::new(Colours::Sixteen).style(Tone::Bad).fg, Some(Color::Red));
    }
}
