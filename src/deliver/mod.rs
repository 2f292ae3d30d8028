//! The HTTP client: one attempt at an endpoint, attempts on a provider's policy, and load.

mod attempt;
pub mod load;
mod retries;
mod target;

pub use self::attempt::{Client, ClientError, ClientOptions, Trust, is_of_the_connection};
pub use self::retries::{Pace, Progress, attempts};
pub use self::target::{TargetError, endpoint, host, join, masked};
