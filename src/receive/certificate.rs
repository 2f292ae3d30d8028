//! The certificate `listen` makes for this machine, kept so that it need be trusted only once.
//!
//! It vouches for itself and for nothing else: it is no authority, so whoever trusts it trusts
//! `localhost` and the address that was bound, whatever becomes of its key.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rcgen::{CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair};
use thiserror::Error;
use x509_cert::Certificate;
use x509_cert::der::DecodePem;

/// How long it holds: the most that Apple's systems take.
const DAYS: i32 = 825;
/// One that ends sooner is made anew.
const LEFT: i32 = 14;

/// Files written by this process so far.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// A certificate of this machine's.
#[derive(Debug)]
pub struct Kept {
    /// The file to trust.
    pub path: PathBuf,
    /// The certificate in PEM.
    pub certificate: String,
    /// The key in PEM.
    pub key: String,
}

/// Why there is no certificate.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// It cannot be made.
    #[error("cannot make a certificate")]
    NotMade(#[from] rcgen::Error),
    /// It cannot be kept.
    #[error("cannot keep a certificate in `{0}`")]
    NotKept(PathBuf, #[source] io::Error),
}

/// The certificate for `localhost`, 127.0.0.1, `::1` and the address bound to: the one kept in this
/// folder, or a new one where there is none or it ends soon.
///
/// # Errors
/// [`CertificateError`]
pub fn kept(folder: &Path, bind: IpAddr, now: Timestamp) -> Result<Kept, CertificateError> {
    let own = !bind.is_loopback() && !bind.is_unspecified();
    let name = if own {
        // A colon is no letter of a file name everywhere.
        bind.to_string().replace(':', "-")
    } else {
        "localhost".to_owned()
    };
    let path = folder.join(format!("{name}.pem"));
    let both = folder.join(format!("{name}.key.pem"));
    let not_kept = |error| CertificateError::NotKept(both.clone(), error);
    let today = now.to_zoned(TimeZone::UTC).date();
    let found = read(&both).map_err(not_kept)?;
    let stale = found.is_some();
    let fresh = found.filter(|(certificate, _)| is_fresh(certificate, now));
    let (certificate, key) = if let Some(fresh) = fresh {
        fresh
    } else {
        let made = make(own.then_some(bind), today)?;
        keep(&both, &format!("{}{}", made.1, made.0), stale).map_err(not_kept)?;
        // Another that starts at the same time may have been first: its own is the one.
        read(&both).map_err(not_kept)?.unwrap_or(made)
    };
    // What is to be trusted is a file without the key.
    if fs::read_to_string(&path).ok().as_deref() != Some(&certificate) {
        keep(&path, &certificate, true)
            .map_err(|error| CertificateError::NotKept(path.clone(), error))?;
    }
    Ok(Kept {
        path,
        certificate,
        key,
    })
}

fn make(own: Option<IpAddr>, today: Date) -> Result<(String, String), rcgen::Error> {
    let day = |days: i32| {
        let date = today.saturating_add(jiff::Span::new().days(days));
        // A month and a day are never negative.
        rcgen::date_time_ymd(
            i32::from(date.year()),
            date.month().unsigned_abs(),
            date.day().unsigned_abs(),
        )
    };
    let mut names = vec![
        "localhost".to_owned(),
        Ipv4Addr::LOCALHOST.to_string(),
        Ipv6Addr::LOCALHOST.to_string(),
    ];
    names.extend(own.map(|ip| ip.to_string()));
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = DistinguishedName::new();
    (params.distinguished_name).push(DnType::CommonName, "hookcat listen");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Clocks differ, and time zones.
    params.not_before = day(-1);
    params.not_after = day(DAYS - 1);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok((certificate.pem(), key.serialize_pem()))
}

/// Certificate and key of a file that holds both; nothing where it is not there, or something else.
fn read(path: &Path) -> io::Result<Option<(String, String)>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let start = text.find("-----BEGIN CERTIFICATE-----");
    Ok(start.map(|at| (text[at..].to_owned(), text[..at].to_owned())))
}

fn is_fresh(certificate: &str, now: Timestamp) -> bool {
    Certificate::from_pem(certificate).is_ok_and(|own| {
        let ends = own.tbs_certificate.validity.not_after.to_unix_duration();
        let wanted = now.as_second() + i64::from(LEFT) * 24 * 3600;
        i64::try_from(ends.as_secs()).is_ok_and(|ends| ends > wanted)
    })
}

/// Writes a file of this user's alone, whole or not at all. One that is there stays, unless it is to
/// be replaced.
fn keep(path: &Path, text: &str, replace: bool) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        create_private(folder)?;
    }
    let mut beside = path.as_os_str().to_owned();
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    beside.push(format!(".{}-{count}", std::process::id()));
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options.open(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    let kept = written.and_then(|()| {
        if replace {
            return fs::rename(&beside, path);
        }
        match fs::hard_link(&beside, path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            // Not every file system has links.
            Err(_) => fs::rename(&beside, path),
            Ok(()) => Ok(()),
        }
    });
    let _ = fs::remove_file(&beside);
    kept
}

fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::receive::tls::Tls;

    const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn it_stays_the_same_until_it_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("tls");
        let get = |bind: IpAddr, now: &str| kept(&folder, bind, at(now)).expect("a certificate");
        let first = get(LOCAL, "2026-01-01T00:00:00Z");
        assert_eq!(first.path, folder.join("localhost.pem"));
        let told = fs::read_to_string(&first.path).expect("is there");
        assert_eq!(told, first.certificate);
        assert!(!told.contains("PRIVATE"));
        Tls::new(first.certificate.as_bytes(), first.key.as_bytes()).expect("of use");
        // Every address of this machine alone has the same.
        for bind in ["::1", "0.0.0.0", "127.0.0.2"] {
            let again = get(bind.parse().expect("an address"), "2028-03-01T00:00:00Z");
            assert_eq!(again.certificate, first.certificate, "{bind}");
        }
        let anew = get(LOCAL, "2028-04-01T00:00:00Z");
        assert_ne!(anew.certificate, first.certificate);
        let told = fs::read_to_string(&first.path).expect("is there");
        assert_eq!(told, anew.certificate);
        let other = get(
            "192.0.2.7".parse().expect("an address"),
            "2028-04-01T00:00:00Z",
        );
        assert_eq!(other.path, folder.join("192.0.2.7.pem"));
        assert_ne!(other.certificate, anew.certificate);
        let files = fs::read_dir(&folder).expect("reads").count();
        assert_eq!(files, 4, "something is left over");
    }

    #[cfg(unix)]
    #[test]
    fn it_is_this_users_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let folder = folder.path().join("tls");
        kept(&folder, LOCAL, Timestamp::UNIX_EPOCH).expect("a certificate");
        let mode = |path: &Path| {
            let metadata = fs::metadata(path).expect("is there");
            metadata.permissions().mode() & 0o777
        };
        assert_eq!(mode(&folder), 0o700);
        for entry in fs::read_dir(&folder).expect("reads") {
            assert_eq!(mode(&entry.expect("an entry").path()), 0o600);
        }
    }

    #[test]
    fn those_that_start_at_once_have_the_same() {
        let folder = tempfile::tempdir().expect("a folder");
        let start = std::sync::Barrier::new(4);
        let got: Vec<String> = std::thread::scope(|scope| {
            let get = || {
                start.wait();
                let own = kept(folder.path(), LOCAL, at("2026-01-01T00:00:00Z"));
                own.expect("a certificate").certificate
            };
            let running: Vec<_> = (0..4).map(|_| scope.spawn(get)).collect();
            running
                .into_iter()
                .map(|own| own.join().expect("no panic"))
                .collect()
        });
        assert!(got.iter().all(|own| *own == got[0]));
    }
}
