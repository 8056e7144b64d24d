//! Certificates made by openssl, which also has the last word on signatures.

use crate::support::{Workdir, missing};
use std::{fs, process::Command};

/// `None`, with the reason printed, where there is no openssl.
pub(crate) fn openssl(workdir: &Workdir, arguments: &str) -> Option<String> {
    let output = Command::new("openssl")
        .current_dir(workdir.path(""))
        .args(arguments.split(' '))
        .output();
    let Ok(output) = output else {
        missing("openssl", "install the package openssl");
        return None;
    };
    assert!(
        output.status.success(),
        "openssl {arguments}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `NAME.pem` with certificate and key, and the certificate alone as text.
pub(crate) fn certificate(workdir: &Workdir, name: &str, days: u32) -> Option<String> {
    for step in [
        format!(
            "req -new -newkey rsa:2048 -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"
        ),
        format!("x509 -req -in {name}.csr -signkey {name}.key -days {days} -out {name}.crt"),
    ] {
        openssl(workdir, &step)?;
    }
    let certificate = workdir.read(&format!("{name}.crt"));
    let both = format!("{certificate}{}", workdir.read(&format!("{name}.key")));
    workdir.write(&format!("{name}.pem"), both);
    Some(certificate)
}

/// Whether openssl finds that this key of the folder signed the message, by PS256.
pub(super) fn verifies(workdir: &Workdir, name: &str, message: &str, signature: &[u8]) -> bool {
    workdir.write("message", message);
    fs::write(workdir.path("signature"), signature).unwrap();
    let steps = [
        format!("x509 -in {name}.crt -pubkey -noout -out {name}.pub"),
        format!(
            "dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha256 -verify {name}.pub -signature signature message"
        ),
    ];
    let said = steps.map(|step| openssl(workdir, &step).unwrap_or_default());
    said[1].trim() == "Verified OK"
}
