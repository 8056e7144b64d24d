//! Which addresses can be invited (Microsoft Graph: invitation resource type, `invitedUserEmailAddress`).

/// The characters that the documentation forbids. The apostrophe is allowed; the plus sign is not.
const FORBIDDEN: &str = "~!#$%^&*()+=[]{}\\/|;:\"<>?,";

pub(super) fn is_valid_address(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else {
        return false;
    };
    address.is_ascii()
        && address.len() <= 254
        && (1..=64).contains(&local.len())
        && local
            .chars()
            .all(|c| c.is_ascii_graphic() && !FORBIDDEN.contains(c))
        && !local.starts_with(['.', '-'])
        && !local.ends_with(['.', '-'])
        && !local.contains("..")
        && is_valid_domain(domain)
}

fn is_valid_domain(domain: &str) -> bool {
    domain.contains('.')
        && domain.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documented_rules() {
        for good in [
            "a@b.example",
            "o'brien@x.org",
            "_a_@x.org",
            "first.last-x@sub.x.org",
            "a@xn--bcher-kva.example",
        ] {
            assert!(is_valid_address(good), "{good}");
        }
        for bad in [
            "a+b@x.org",
            "a",
            "@x.org",
            "a@",
            "a@x",
            "a@b@x.org",
            ".a@x.org",
            "a-@x.org",
            "a..b@x.org",
            "a b@x.org",
            " a@x.org",
            "ä@x.org",
            "a@ö.org",
            "a@x..org",
            "a@-x.org",
            "a#b@x.org",
        ] {
            assert!(!is_valid_address(bad), "{bad}");
        }
        assert!(!is_valid_address(&format!("{}@x.org", "a".repeat(65))));
    }
}
