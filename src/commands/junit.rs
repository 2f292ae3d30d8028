//! `--junit FILE`: a test report is written whole or not at all.

use std::path::Path;

use super::output::{Access, replace};
use crate::error::CommandError;
use crate::show::junit::{Suite, report};

/// Writes a report. Folders on the way are made; what is there is replaced in one step, so that
/// nobody reads half a report.
///
/// # Errors
/// An unexpected failure where it cannot be written.
pub(super) fn write(path: &Path, suites: &[Suite]) -> Result<(), CommandError> {
    write_whole(path, &report(suites))
}

/// Writes any report so.
///
/// # Errors
/// As [`write`].
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    replace(path, bytes, Access::Usual).map_err(|error| {
        CommandError::failure(format!("cannot write `{}`", path.display())).because(error)
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_report_replaces_another_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("reports/x.xml");
        for _ in 0..2 {
            write(&path, &[]).expect("writes");
        }
        let names = |folder: &Path| -> Vec<_> {
            let entries = fs::read_dir(folder).expect("reads");
            entries
                .map(|own| own.expect("an entry").file_name())
                .collect()
        };
        assert_eq!(names(path.parent().expect("a folder")), ["x.xml"]);
        assert!(
            fs::read(&path)
                .expect("reads")
                .ends_with(b"</testsuites>\n")
        );

        for bad in [folder.path(), &path.join("below-a-file.xml")] {
            assert!(write(bad, &[]).is_err(), "{}", bad.display());
        }
        assert_eq!(names(folder.path()), ["reports"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_what_it_leads_to_is_replaced() {
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("a.xml"), folder.path().join("b.xml"));
        fs::write(&file, "old").expect("writes");
        std::os::unix::fs::symlink(&file, &link).expect("links");
        write(&link, &[]).expect("writes");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_ne!(fs::read(&file).expect("reads"), b"old");
    }
}
