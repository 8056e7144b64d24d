//! Tools that a test needs and a machine may lack.

/// Says that a test is left out because a tool is missing. In CI on Linux, which has them all, nothing is left out: there it
/// is a failure.
#[expect(clippy::print_stdout, reason = "a test that is left out says why")]
#[track_caller]
pub(crate) fn missing(tool: &str, install: &str) {
    let ci = cfg!(target_os = "linux") && std::env::var("CI").is_ok_and(|ci| ci == "true");
    assert!(
        !ci,
        "this test needs {tool}, which is missing here: {install}"
    );
    println!("skipped: this test needs {tool}, which is missing here: {install}");
}
