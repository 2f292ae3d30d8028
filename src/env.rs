//! Every environment variable hookcat reads or sets for good, in one place.

use std::sync::LazyLock;

use jiff::tz::TimeZone;

/// The log file: `--log`.
pub const LOG: &str = "HOOKCAT_LOG";
/// The user's configuration file, instead of the one in the platform's config directory.
pub const CONFIG: &str = "HOOKCAT_CONFIG";
/// A secret or a reference to one: `--secret`.
pub const SECRET: &str = "HOOKCAT_SECRET";
/// The profile: `--profile`.
pub const PROFILE: &str = "HOOKCAT_PROFILE";
/// The address `listen` binds to: `--bind`.
pub const BIND: &str = "HOOKCAT_BIND";
/// The port of `listen`: `--port`.
pub const PORT: &str = "HOOKCAT_PORT";
/// Where `send` and `replay` send to: `--to`.
pub const TO: &str = "HOOKCAT_TO";
/// The URL of `listen`, for the command beside it.
pub const URL: &str = "HOOKCAT_URL";
/// The Unix socket of `listen`, for the command beside it.
pub const SOCKET: &str = "HOOKCAT_SOCKET";
/// The file of the certificate `listen` speaks TLS with, for the command beside it.
pub const CERTIFICATE: &str = "HOOKCAT_CERTIFICATE";
/// Set to a shell's name by its completion script, which asks what may stand at a place.
pub const COMPLETE: &str = "HOOKCAT_COMPLETE";
/// Set to anything but nothing, turns colour off (<https://no-color.org>).
pub const NO_COLOR: &str = "NO_COLOR";
/// Set to anything but `0`, turns colour on where no terminal asks for it.
pub const CLICOLOR_FORCE: &str = "CLICOLOR_FORCE";
/// The time zone, in the system's own words (POSIX).
const TZ: &str = "TZ";

/// The zone of the times that are shown: the one that is asked for, or the system's; read once.
///
/// The system's is read where it lies: to find it by its name, all the zones there are were gone
/// through, which took a third of the time of `log list`.
#[must_use]
pub fn zone() -> TimeZone {
    static ZONE: LazyLock<TimeZone> = LazyLock::new(read_zone);
    ZONE.clone()
}

fn read_zone() -> TimeZone {
    if std::env::var_os(TZ).is_none()
        && let Ok(own) = std::fs::read("/etc/localtime")
        && let Ok(zone) = TimeZone::tzif("local", &own)
    {
        return zone;
    }
    TimeZone::system()
}

/// A variable's name for an option, unless the variable is set to nothing: `NAME=` in front of a
/// command is how one turns it off.
#[must_use]
pub fn unless_empty(name: &'static str) -> Option<&'static str> {
    std::env::var_os(name)
        .is_none_or(|value| !value.is_empty())
        .then_some(name)
}
