//! README.md and docs/: every command is run, every screen compared, every table says what the code says, and no link
//! is dead.

mod facts; // exit codes, outcomes, settings, flags, codes, permissions
mod first_command; // the first command of the README: every invited row has a link
mod links; // files and anchors
#[cfg_attr(
    not(unix),
    expect(dead_code, reason = "the blocks are run by a Unix shell")
)]
mod markdown; // a page, as far as it is read here
#[cfg_attr(
    not(unix),
    expect(dead_code, reason = "screens are compared where they are made")
)]
mod same; // which differences between two screens do not count
#[cfg(unix)]
mod screens; // the blocks of a page, run by a shell

use crate::house::package;

/// A test for each page, so that they run side by side.
macro_rules! pages {
    ($($test:ident = $page:literal,)+) => {
        #[cfg(unix)]
        mod every_command_runs_and_shows_what_the_page_shows {
            $(
                #[test]
                fn $test() {
                    let package = super::package();
                    super::screens::run(&package, &super::markdown::Page::read(&package, $page));
                }
            )+
        }

        #[test]
        fn no_page_is_forgotten() {
            assert_eq!(markdown::pages(&package()), [$($page),+]);
        }
    };
}

pages! {
    readme = "README.md",
    docs_index = "docs/README.md",
    after_the_invitation = "docs/after-the-invitation.md",
    data_protection = "docs/data-protection.md",
    files = "docs/files.md",
    install = "docs/install.md",
    logs = "docs/logs.md",
    nightly = "docs/nightly.md",
    own_mail = "docs/own-mail.md",
    security_and_privacy = "docs/security-and-privacy.md",
    shared_links = "docs/shared-links.md",
    sheets = "docs/sheets.md",
    troubleshooting = "docs/troubleshooting.md",
}
