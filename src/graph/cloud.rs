//! What a national cloud lacks of the invitation API (Graph: schemas of the clouds).
//!
//! The hosts are settings; here a cloud is recognised by the host of its Graph.

use super::base_url::BaseUrl;

/// The parts of the API that differ between clouds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Abilities {
    /// Whether there are invitations at all.
    pub invitations: bool,
    /// Whether an invitation may name sponsors. If not, they are added afterwards.
    pub sponsors_in_invitations: bool,
    /// Whether a redemption can be reset.
    pub reset_redemption: bool,
}

impl Abilities {
    /// What both can do.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            invitations: self.invitations && other.invitations,
            sponsors_in_invitations: self.sponsors_in_invitations && other.sponsors_in_invitations,
            reset_redemption: self.reset_redemption && other.reset_redemption,
        }
    }
}

pub(crate) const ALL: Abilities = Abilities {
    invitations: true,
    sponsors_in_invitations: true,
    reset_redemption: true,
};
const NO_SPONSORS: Abilities = Abilities {
    sponsors_in_invitations: false,
    ..ALL
};
const NO_INVITATIONS: Abilities = Abilities {
    invitations: false,
    sponsors_in_invitations: false,
    reset_redemption: false,
};

const NO_SPONSORS_NO_RESETS: Abilities = Abilities {
    reset_redemption: false,
    ..NO_SPONSORS
};

/// By the ending of the host: US Government and its two closed clouds (USNat, USSec), China, and the sovereign clouds of
/// France, Germany and Singapore.
const LACKING: [(&str, Abilities); 7] = [
    ("graph.eaglex.ic.gov", NO_SPONSORS_NO_RESETS),
    ("graph.microsoft.scloud", NO_SPONSORS_NO_RESETS),
    ("graph.microsoft.us", NO_SPONSORS),
    ("microsoftgraph.chinacloudapi.cn", NO_SPONSORS),
    (".sovcloud.fr", NO_SPONSORS),
    (".sovcloud.de", NO_SPONSORS),
    (".sovcloud.sg", NO_INVITATIONS),
];

/// Any other host is assumed to be able to do everything; its answers show if not.
pub(crate) fn abilities(graph: &BaseUrl) -> Abilities {
    let host = graph.domain().unwrap_or_default();
    LACKING
        .iter()
        .find(|(ending, _)| host.ends_with(ending))
        .map_or(ALL, |(_, abilities)| *abilities)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clouds_that_take_no_sponsors_are_known_by_their_host() {
        for (url, sponsors, invitations) in [
            ("https://graph.microsoft.com", true, true),
            ("https://GRAPH.microsoft.us", false, true),
            ("https://dod-graph.microsoft.us", false, true),
            ("https://microsoftgraph.chinacloudapi.cn", false, true),
            ("https://graph.svc.sovcloud.sg", false, false),
            ("http://127.0.0.1:8080", true, true),
        ] {
            assert!(abilities(&BaseUrl::graph(url).unwrap()).reset_redemption == invitations);
            let abilities = abilities(&BaseUrl::graph(url).unwrap());
            assert_eq!(
                (abilities.sponsors_in_invitations, abilities.invitations),
                (sponsors, invitations),
                "{url}"
            );
        }
        for closed in [
            "https://graph.eaglex.ic.gov",
            "https://graph.microsoft.scloud",
        ] {
            let abilities = abilities(&BaseUrl::graph(closed).unwrap());
            assert!(abilities.invitations && !abilities.reset_redemption);
        }
    }
}
