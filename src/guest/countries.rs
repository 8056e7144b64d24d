//! The countries of ISO 3166-1, by their two letters, their three letters and their names.
//!
//! Must not guess: a name that could be two countries is not in the table.

/// The two letters, for a cell that holds them in any case.
pub(super) fn code(cell: &str) -> Option<&'static str> {
    COUNTRIES
        .iter()
        .map(|(two, ..)| *two)
        .find(|two| two.eq_ignore_ascii_case(cell))
}

/// The two letters of a country that is written in another way: three letters, or a name.
pub(super) fn by_name(cell: &str) -> Option<&'static str> {
    let name = cell.trim().trim_end_matches('.').to_lowercase();
    let name = name.strip_prefix("the ").unwrap_or(&name);
    let in_table = COUNTRIES
        .iter()
        .find(|(_, three, english)| {
            three.eq_ignore_ascii_case(name) || english.to_lowercase() == name
        })
        .map(|(two, ..)| *two);
    in_table.or_else(|| {
        OTHER_NAMES
            .iter()
            .find(|(_, names)| names.split('|').any(|known| known == name))
            .map(|(two, _)| *two)
    })
}

#[rustfmt::skip] // a table
const COUNTRIES: &[(&str, &str, &str)] = &[
    ("AD", "AND", "Andorra"), ("AE", "ARE", "United Arab Emirates"), ("AF", "AFG", "Afghanistan"), ("AG", "ATG", "Antigua and Barbuda"),
    ("AI", "AIA", "Anguilla"), ("AL", "ALB", "Albania"), ("AM", "ARM", "Armenia"), ("AO", "AGO", "Angola"), ("AQ", "ATA", "Antarctica"),
    ("AR", "ARG", "Argentina"), ("AS", "ASM", "American Samoa"), ("AT", "AUT", "Austria"), ("AU", "AUS", "Australia"), ("AW", "ABW", "Aruba"),
    ("AX", "ALA", "Åland Islands"), ("AZ", "AZE", "Azerbaijan"), ("BA", "BIH", "Bosnia and Herzegovina"), ("BB", "BRB", "Barbados"),
    ("BD", "BGD", "Bangladesh"), ("BE", "BEL", "Belgium"), ("BF", "BFA", "Burkina Faso"), ("BG", "BGR", "Bulgaria"), ("BH", "BHR", "Bahrain"),
    ("BI", "BDI", "Burundi"), ("BJ", "BEN", "Benin"), ("BL", "BLM", "Saint Barthélemy"), ("BM", "BMU", "Bermuda"), ("BN", "BRN", "Brunei"),
    ("BO", "BOL", "Bolivia"), ("BQ", "BES", "Bonaire, Sint Eustatius and Saba"), ("BR", "BRA", "Brazil"), ("BS", "BHS", "Bahamas"),
    ("BT", "BTN", "Bhutan"), ("BV", "BVT", "Bouvet Island"), ("BW", "BWA", "Botswana"), ("BY", "BLR", "Belarus"), ("BZ", "BLZ", "Belize"),
    ("CA", "CAN", "Canada"), ("CC", "CCK", "Cocos Islands"), ("CD", "COD", "Democratic Republic of the Congo"), ("CF", "CAF", "Central African Republic"),
    ("CG", "COG", "Republic of the Congo"), ("CH", "CHE", "Switzerland"), ("CI", "CIV", "Côte d'Ivoire"), ("CK", "COK", "Cook Islands"),
    ("CL", "CHL", "Chile"), ("CM", "CMR", "Cameroon"), ("CN", "CHN", "China"), ("CO", "COL", "Colombia"), ("CR", "CRI", "Costa Rica"),
    ("CU", "CUB", "Cuba"), ("CV", "CPV", "Cabo Verde"), ("CW", "CUW", "Curaçao"), ("CX", "CXR", "Christmas Island"), ("CY", "CYP", "Cyprus"),
    ("CZ", "CZE", "Czechia"), ("DE", "DEU", "Germany"), ("DJ", "DJI", "Djibouti"), ("DK", "DNK", "Denmark"), ("DM", "DMA", "Dominica"),
    ("DO", "DOM", "Dominican Republic"), ("DZ", "DZA", "Algeria"), ("EC", "ECU", "Ecuador"), ("EE", "EST", "Estonia"), ("EG", "EGY", "Egypt"),
    ("EH", "ESH", "Western Sahara"), ("ER", "ERI", "Eritrea"), ("ES", "ESP", "Spain"), ("ET", "ETH", "Ethiopia"), ("FI", "FIN", "Finland"),
    ("FJ", "FJI", "Fiji"), ("FK", "FLK", "Falkland Islands"), ("FM", "FSM", "Micronesia"), ("FO", "FRO", "Faroe Islands"), ("FR", "FRA", "France"),
    ("GA", "GAB", "Gabon"), ("GB", "GBR", "United Kingdom"), ("GD", "GRD", "Grenada"), ("GE", "GEO", "Georgia"), ("GF", "GUF", "French Guiana"),
    ("GG", "GGY", "Guernsey"), ("GH", "GHA", "Ghana"), ("GI", "GIB", "Gibraltar"), ("GL", "GRL", "Greenland"), ("GM", "GMB", "Gambia"),
    ("GN", "GIN", "Guinea"), ("GP", "GLP", "Guadeloupe"), ("GQ", "GNQ", "Equatorial Guinea"), ("GR", "GRC", "Greece"),
    ("GS", "SGS", "South Georgia and the South Sandwich Islands"), ("GT", "GTM", "Guatemala"), ("GU", "GUM", "Guam"), ("GW", "GNB", "Guinea-Bissau"),
    ("GY", "GUY", "Guyana"), ("HK", "HKG", "Hong Kong"), ("HM", "HMD", "Heard Island and McDonald Islands"), ("HN", "HND", "Honduras"),
    ("HR", "HRV", "Croatia"), ("HT", "HTI", "Haiti"), ("HU", "HUN", "Hungary"), ("ID", "IDN", "Indonesia"), ("IE", "IRL", "Ireland"),
    ("IL", "ISR", "Israel"), ("IM", "IMN", "Isle of Man"), ("IN", "IND", "India"), ("IO", "IOT", "British Indian Ocean Territory"),
    ("IQ", "IRQ", "Iraq"), ("IR", "IRN", "Iran"), ("IS", "ISL", "Iceland"), ("IT", "ITA", "Italy"), ("JE", "JEY", "Jersey"), ("JM", "JAM", "Jamaica"),
    ("JO", "JOR", "Jordan"), ("JP", "JPN", "Japan"), ("KE", "KEN", "Kenya"), ("KG", "KGZ", "Kyrgyzstan"), ("KH", "KHM", "Cambodia"),
    ("KI", "KIR", "Kiribati"), ("KM", "COM", "Comoros"), ("KN", "KNA", "Saint Kitts and Nevis"), ("KP", "PRK", "North Korea"),
    ("KR", "KOR", "South Korea"), ("KW", "KWT", "Kuwait"), ("KY", "CYM", "Cayman Islands"), ("KZ", "KAZ", "Kazakhstan"), ("LA", "LAO", "Laos"),
    ("LB", "LBN", "Lebanon"), ("LC", "LCA", "Saint Lucia"), ("LI", "LIE", "Liechtenstein"), ("LK", "LKA", "Sri Lanka"), ("LR", "LBR", "Liberia"),
    ("LS", "LSO", "Lesotho"), ("LT", "LTU", "Lithuania"), ("LU", "LUX", "Luxembourg"), ("LV", "LVA", "Latvia"), ("LY", "LBY", "Libya"),
    ("MA", "MAR", "Morocco"), ("MC", "MCO", "Monaco"), ("MD", "MDA", "Moldova"), ("ME", "MNE", "Montenegro"), ("MF", "MAF", "Saint Martin"),
    ("MG", "MDG", "Madagascar"), ("MH", "MHL", "Marshall Islands"), ("MK", "MKD", "North Macedonia"), ("ML", "MLI", "Mali"), ("MM", "MMR", "Myanmar"),
    ("MN", "MNG", "Mongolia"), ("MO", "MAC", "Macao"), ("MP", "MNP", "Northern Mariana Islands"), ("MQ", "MTQ", "Martinique"), ("MR", "MRT", "Mauritania"),
    ("MS", "MSR", "Montserrat"), ("MT", "MLT", "Malta"), ("MU", "MUS", "Mauritius"), ("MV", "MDV", "Maldives"), ("MW", "MWI", "Malawi"),
    ("MX", "MEX", "Mexico"), ("MY", "MYS", "Malaysia"), ("MZ", "MOZ", "Mozambique"), ("NA", "NAM", "Namibia"), ("NC", "NCL", "New Caledonia"),
    ("NE", "NER", "Niger"), ("NF", "NFK", "Norfolk Island"), ("NG", "NGA", "Nigeria"), ("NI", "NIC", "Nicaragua"), ("NL", "NLD", "Netherlands"),
    ("NO", "NOR", "Norway"), ("NP", "NPL", "Nepal"), ("NR", "NRU", "Nauru"), ("NU", "NIU", "Niue"), ("NZ", "NZL", "New Zealand"), ("OM", "OMN", "Oman"),
    ("PA", "PAN", "Panama"), ("PE", "PER", "Peru"), ("PF", "PYF", "French Polynesia"), ("PG", "PNG", "Papua New Guinea"), ("PH", "PHL", "Philippines"),
    ("PK", "PAK", "Pakistan"), ("PL", "POL", "Poland"), ("PM", "SPM", "Saint Pierre and Miquelon"), ("PN", "PCN", "Pitcairn"), ("PR", "PRI", "Puerto Rico"),
    ("PS", "PSE", "Palestine"), ("PT", "PRT", "Portugal"), ("PW", "PLW", "Palau"), ("PY", "PRY", "Paraguay"), ("QA", "QAT", "Qatar"), ("RE", "REU", "Réunion"),
    ("RO", "ROU", "Romania"), ("RS", "SRB", "Serbia"), ("RU", "RUS", "Russia"), ("RW", "RWA", "Rwanda"), ("SA", "SAU", "Saudi Arabia"),
    ("SB", "SLB", "Solomon Islands"), ("SC", "SYC", "Seychelles"), ("SD", "SDN", "Sudan"), ("SE", "SWE", "Sweden"), ("SG", "SGP", "Singapore"),
    ("SH", "SHN", "Saint Helena, Ascension and Tristan da Cunha"), ("SI", "SVN", "Slovenia"), ("SJ", "SJM", "Svalbard and Jan Mayen"), ("SK", "SVK", "Slovakia"),
    ("SL", "SLE", "Sierra Leone"), ("SM", "SMR", "San Marino"), ("SN", "SEN", "Senegal"), ("SO", "SOM", "Somalia"), ("SR", "SUR", "Suriname"),
    ("SS", "SSD", "South Sudan"), ("ST", "STP", "Sao Tome and Principe"), ("SV", "SLV", "El Salvador"), ("SX", "SXM", "Sint Maarten"), ("SY", "SYR", "Syria"),
    ("SZ", "SWZ", "Eswatini"), ("TC", "TCA", "Turks and Caicos Islands"), ("TD", "TCD", "Chad"), ("TF", "ATF", "French Southern Territories"), ("TG", "TGO", "Togo"),
    ("TH", "THA", "Thailand"), ("TJ", "TJK", "Tajikistan"), ("TK", "TKL", "Tokelau"), ("TL", "TLS", "Timor-Leste"), ("TM", "TKM", "Turkmenistan"),
    ("TN", "TUN", "Tunisia"), ("TO", "TON", "Tonga"), ("TR", "TUR", "Turkey"), ("TT", "TTO", "Trinidad and Tobago"), ("TV", "TUV", "Tuvalu"), ("TW", "TWN", "Taiwan"),
    ("TZ", "TZA", "Tanzania"), ("UA", "UKR", "Ukraine"), ("UG", "UGA", "Uganda"), ("UM", "UMI", "United States Minor Outlying Islands"), ("US", "USA", "United States"),
    ("UY", "URY", "Uruguay"), ("UZ", "UZB", "Uzbekistan"), ("VA", "VAT", "Vatican City"), ("VC", "VCT", "Saint Vincent and the Grenadines"), ("VE", "VEN", "Venezuela"),
    ("VG", "VGB", "British Virgin Islands"), ("VI", "VIR", "U.S. Virgin Islands"), ("VN", "VNM", "Vietnam"), ("VU", "VUT", "Vanuatu"), ("WF", "WLF", "Wallis and Futuna"),
    ("WS", "WSM", "Samoa"), ("XK", "XKX", "Kosovo"), ("YE", "YEM", "Yemen"), ("YT", "MYT", "Mayotte"), ("ZA", "ZAF", "South Africa"), ("ZM", "ZMB", "Zambia"), ("ZW", "ZWE", "Zimbabwe"),
];

/// Names in other languages, older names and short forms, in lower case.
#[rustfmt::skip] // a table
const OTHER_NAMES: &[(&str, &str)] = &[
    ("AE", "uae|vereinigte arabische emirate|émirats arabes unis|emiratos árabes unidos"),
    ("AT", "österreich|oesterreich|autriche|oostenrijk|rakousko|österrike|østrig"),
    ("AU", "australien|australie"),
    ("BE", "belgien|belgique|belgië|bélgica|belgio|belgia"),
    ("BG", "bulgarien|bulgarie"),
    ("BR", "brasil|brasilien|brésil|brasile"),
    ("CA", "kanada"),
    ("CH", "schweiz|suisse|svizzera|suiza|zwitserland|suíça|švýcarsko|szwajcaria"),
    ("CI", "ivory coast|cote d'ivoire|elfenbeinküste"),
    ("CN", "people's republic of china|中国|chine|cina"),
    ("CV", "cape verde"),
    ("CZ", "czech republic|tschechien|tschechische republik|česko|česká republika|tchéquie|czechy|tsjechië"),
    ("DE", "deutschland|allemagne|alemania|germania|alemanha|duitsland|niemcy|německo|tyskland|saksa|federal republic of germany|brd"),
    ("DK", "dänemark|danmark|danemark|dinamarca|danimarca|denemarken|dania"),
    ("EE", "estland|eesti|estonie"),
    ("ES", "spanien|españa|espagne|spagna|espanha|spanje|hiszpania|španělsko"),
    ("FI", "finnland|suomi|finlande|finlandia"),
    ("FR", "frankreich|francia|frança|frankrijk|francja|francie|frankrike|frankrig"),
    ("GB", "uk|u.k|great britain|britain|england|scotland|wales|northern ireland|united kingdom of great britain and northern ireland|großbritannien|grossbritannien|vereinigtes königreich|royaume-uni|reino unido|regno unito|verenigd koninkrijk"),
    ("GR", "el|hellas|griechenland|grèce|grecia|griekenland|ελλάδα"),
    ("HK", "hongkong"),
    ("HR", "kroatien|hrvatska|croatie|croacia"),
    ("HU", "ungarn|magyarország|hongrie|hungría|węgry"),
    ("IE", "republic of ireland|irland|irlande|irlanda|ierland|éire"),
    ("IN", "indien|inde|भारत"),
    ("IT", "italien|italia|italie|itália|włochy|itálie"),
    ("JP", "日本|japon|giappone"),
    ("KR", "republic of korea|südkorea|corée du sud|대한민국|한국"),
    ("LT", "litauen|lietuva|lituanie"),
    ("LU", "luxemburg|luxemburgo"),
    ("LV", "lettland|latvija|lettonie"),
    ("MX", "méxico|mexiko|mexique"),
    ("NL", "holland|niederlande|nederland|pays-bas|países bajos|paesi bassi|holandia|nizozemsko"),
    ("NO", "norwegen|norge|norvège|noruega|norvegia|noorwegen"),
    ("NZ", "neuseeland"),
    ("PL", "polen|polska|pologne|polonia|polsko"),
    ("PT", "portogallo|portugalsko"),
    ("RO", "rumänien|românia|roumanie"),
    ("RS", "serbien|srbija|serbie"),
    ("RU", "russian federation|russland|russie|rusia|россия"),
    ("SE", "schweden|sverige|suède|suecia|svezia|zweden|szwecja"),
    ("SG", "singapur|singapour"),
    ("SI", "slowenien|slovenija|slovénie"),
    ("SK", "slowakei|slovak republic|slovensko|slovaquie"),
    ("TR", "türkiye|türkei|turkei|turquie|turquía"),
    ("TW", "台灣|臺灣"),
    ("UA", "ukraina|україна|ucrania"),
    ("US", "america|united states of america|u.s|u.s.a|vereinigte staaten|états-unis|estados unidos|stati uniti|verenigde staten"),
    ("VN", "viet nam"),
    ("ZA", "südafrika|afrique du sud"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_stands_once_and_every_name_means_one_country() {
        let mut names: Vec<String> = Vec::new();
        for (two, three, english) in COUNTRIES {
            assert!(two.len() == 2 && three.len() == 3, "{two}");
            names.extend([
                (*three).to_lowercase(),
                english.to_lowercase(),
                two.to_lowercase(),
            ]);
        }
        assert_eq!(COUNTRIES.len(), 250);
        for (two, others) in OTHER_NAMES {
            assert!(code(two).is_some(), "{two}");
            names.extend(others.split('|').map(str::to_owned));
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn names_and_three_letters_are_certain_only_where_one_country_is_meant() {
        for (cell, two) in [
            ("Germany", "DE"),
            ("deutschland", "DE"),
            ("GBR", "GB"),
            ("UK", "GB"),
            ("U.S.A.", "US"),
            ("The Netherlands", "NL"),
            ("South Korea", "KR"),
        ] {
            assert_eq!(by_name(cell), Some(two), "{cell}");
        }
        for cell in ["Korea", "Congo", "Europe", "Bavaria", "ZZ"] {
            assert_eq!(by_name(cell), None, "{cell}");
        }
        assert_eq!(code("de"), Some("DE"));
    }
}
