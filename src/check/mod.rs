//! Conformance on the wire: the cases of [`core::check`](crate::core::check) sent to an endpoint.
//!
//! | room | what it owns |
//! |---|---|
//! | [`pace`] | how fast requests go to an endpoint far away |
//! | [`observe`] | what took effect, as the user's own command or URL tells |
//! | [`run`] | one case after the other, recorded |

pub mod observe;
pub mod pace;
pub mod run;
