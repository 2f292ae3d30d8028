use super::Builtin;

pub(super) static BUILTIN: &[Builtin] = &[];
