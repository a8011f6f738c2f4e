//! The screens: state, update and view of each, widgets, theme, keymap.
