//! The names of columns in many languages, and the fields that they mean.
//!
//! Must not decide between two columns; `understand` does.

use super::Field;
use std::{borrow::Cow, collections::HashMap, sync::OnceLock};

/// What a header name means by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    Field(Field),
    /// "Name", "Nom", "Naam": the whole name, unless first or last names have a column of their own.
    BareName,
    /// Words that somebody wrote for themselves; never mailed.
    Note,
}

/// A name without what people vary: case, accents, spaces and punctuation.
pub(crate) fn normalise(name: &str) -> String {
    name.chars()
        .flat_map(char::to_lowercase)
        .fold(String::new(), |mut folded, c| {
            match c {
                'ß' => folded.push_str("ss"),
                'æ' => folded.push_str("ae"),
                'œ' => folded.push_str("oe"),
                _ if c.is_alphanumeric() || is_mark_of_a_script(c) => folded.push(base_letter(c)),
                _ => {}
            }
            folded
        })
}

/// Vowel signs are not alphanumeric in every script, but without them a word is another word.
fn is_mark_of_a_script(c: char) -> bool {
    matches!(c, '\u{0900}'..='\u{0DFF}' | '\u{0E00}'..='\u{0E7F}' | '\u{30FC}')
}

fn base_letter(c: char) -> char {
    match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'ď' | 'đ' => 'd',
        'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => 'i',
        'ł' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'š' | 'ş' | 'ș' => 's',
        'ť' | 'ţ' | 'ț' => 't',
        'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

/// The portal's bulk template is translated, but not its names in brackets.
pub(super) fn portal_name(name: &str) -> Option<Field> {
    let (_, rest) = name.split_once('[')?;
    let (inner, after) = rest.split_once(']')?;
    if after.contains('[') {
        return None;
    }
    match inner.trim().to_ascii_lowercase().as_str() {
        "inviteeemail" => Some(Field::Email),
        "inviteredirecturl" => Some(Field::RedirectUrl),
        "sendemail" => Some(Field::Send),
        "customizedmessagebody" => Some(Field::Message),
        "inviteename" => Some(Field::DisplayName),
        _ => None,
    }
}

/// The meaning of a header name, if it has one that is known.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    if let Some(field) = portal_name(name) {
        return Some(Meaning::Field(field));
    }
    let name = normalise(name);
    let name = name.strip_suffix("required").unwrap_or(&name);
    index().get(name).copied()
}

/// The field that a column means by its name alone.
pub(crate) fn field_named(name: &str) -> Option<Field> {
    match meaning(name)? {
        Meaning::Field(field) => Some(field),
        Meaning::BareName | Meaning::Note => None,
    }
}

/// Every name with its meaning, put together once.
fn index() -> &'static HashMap<Cow<'static, str>, Meaning> {
    static INDEX: OnceLock<HashMap<Cow<'static, str>, Meaning>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let aliases = ALIASES
            .iter()
            .flat_map(|(meaning, names)| names.iter().map(|name| (Cow::Borrowed(*name), *meaning)));
        let words = Field::ALL
            .iter()
            .map(|field| (Cow::Owned(normalise(field.word())), Meaning::Field(*field)));
        aliases.chain(words).collect()
    })
}

/// Words that say guest, attendee, invitee, participant or external, by their beginnings. A host is none of them.
const GUEST_WORDS: [&str; 24] = [
    "guest",
    "attendee",
    "invitee",
    "participant",
    "external",
    "gast",
    "gaste",
    "gaesten",
    "teilnehm",
    "eingeladen",
    "extern",
    "participante",
    "invit",
    "convid",
    "asistente",
    "partecipant",
    "ospit",
    "estern",
    "deelnem",
    "genodigd",
    "uczestnik",
    "deltag",
    "osallistuj",
    "vieras",
];
const HOST_WORDS: [&str; 6] = [
    "gastgeber",
    "gastheer",
    "invitedby",
    "inviter",
    "inviteur",
    "invitante",
];

/// Whether the name of a column says that it is about guests.
pub(super) fn says_guest(name: &str) -> bool {
    let normal = normalise(name);
    // The sign-in name of a participant is no address of theirs: for guests it ends in the name of the other tenant.
    let sign_in = ["upn", "principalname"];
    if HOST_WORDS
        .iter()
        .chain(&sign_in)
        .any(|word| normal.contains(word))
    {
        return false;
    }
    name.split(|c: char| !c.is_alphanumeric())
        .map(normalise)
        .any(|word| GUEST_WORDS.iter().any(|known| word.starts_with(known)))
        || ["ゲスト", "参加者", "来宾", "参与者"]
            .iter()
            .any(|known| name.contains(known))
}

/// Every known name of a field, for finding the nearest one to a name that is not known.
pub(super) fn known(field: Field) -> impl Iterator<Item = &'static str> {
    ALIASES
        .iter()
        .filter(move |(meaning, _)| *meaning == Meaning::Field(field))
        .flat_map(|(_, names)| names.iter().copied())
}

const fn field(field: Field) -> Meaning {
    Meaning::Field(field)
}

/// Normalised names. English first, then by how often such sheets are seen in Europe and beyond.
#[rustfmt::skip]
const ALIASES: &[(Meaning, &[&str])] = &[
    (field(Field::Email), &[
        "email", "emails", "mail", "emailaddress", "emailaddresses", "mailaddress", "emailaddr", "emailid", "emailaddresstoinvite",
        "inviteeemail", "inviteemail", "inviteduseremailaddress", "inviteduseremail", "guestemail", "guestemailaddress",
        "useremail", "useremailaddress", "externalemail", "externalemailaddress", "contactemail", "workemail", "businessemail",
        "primaryemail", "email1value", "email1address", "primarysmtpaddress", "smtpaddress", "emailwork", "recipient", "invitee",
        "emailadresse", "mailadresse", "emailadressen", "emailanschrift", "emaildienstlich", "emailgeschaeftlich", "emailgeschaftlich",
        "adresseemail", "adressemail", "courriel", "adressecourriel", "adresseelectronique", "courrierelectronique", "adressedemessagerie",
        "correo", "correoelectronico", "direcciondecorreo", "direcciondecorreoelectronico", "direccioncorreo", "direccioncorreoelectronico", "correodeltrabajo", "correoelectronicodeltrabajo",
        "indirizzoemail", "indirizzomail", "indirizzodipostaelettronica", "postaelettronica", "emailadres", "mailadres", "emailadressenvangasten",
        "enderecodeemail", "enderecoemail", "correioeletronico", "correioeletronicodoconvidado", "enderecodecorreioeletronico",
        "epost", "epostadress", "epostadresse", "mejl", "mejladress", "sahkoposti", "sahkopostiosoite",
        "adresemail", "adresemailowy", "emailovaadresa", "emailcim", "eposta", "epostaadresi", "emailadresa", "netfang",
        "адресэлектроннойпочты", "электроннаяпочта", "элпочта", "почта", "емейл", "имейл", "електроннапошта", "ηλεκτρονικοταχυδρομειο",
        "メール", "メールアドレス", "eメール", "电子邮件", "电子邮件地址", "电子邮箱", "邮箱", "電子郵件", "電子郵件地址", "이메일", "이메일주소", "전자메일", "البريدالإلكتروني", "דואראלקטרוני", "อีเมล",
    ]),
    (field(Field::DisplayName), &[
        "displayname", "fullname", "inviteduserdisplayname", "inviteddisplayname", "inviteename", "nameofinvitee", "guestname", "guestdisplayname",
        "completename", "personname", "contactname",
        "anzeigename", "vollstandigername", "vollername", "ganzername", "namevollstandig", "vorundnachname", "vornamenachname", "vornameundnachname",
        "nomcomplet", "nomaffiche", "nomdaffichage", "prenomnom", "nometprenom", "prenometnom",
        "nombrecompleto", "nombreparamostrar", "nombremostrado", "nombreyapellidos", "nombreyapellido",
        "nomecompleto", "nomevisualizzato", "nominativo", "nomeecognome", "nomecognome", "cognomeenome", "nomedeexibicao", "nomeparaexibicao",
        "weergavenaam", "volledigenaam", "visningsnamn", "fullstandigtnamn", "visningsnavn", "fuldenavn", "fulltnavn", "nayttonimi", "kokonimi",
        "nazwawyswietlana", "imieinazwisko", "celejmeno", "jmenoaprijmeni", "zobrazovanejmeno", "teljesnev", "adsoyad", "adisoyadi", "gorunenad", "fio",
        "фио", "полноеимя", "отображаемоеимя", "表示名", "氏名", "显示名称", "姓名", "顯示名稱", "표시이름", "성명",
    ]),
    (Meaning::BareName, &[
        "name", "names", "nom", "nome", "nombre", "naam", "namn", "navn", "nimi", "nazwa", "jmeno", "nev", "ad", "имя", "名前", "名称", "이름", "teilnehmer", "gast",
        "guest", "person", "participant",
    ]),
    (field(Field::FirstName), &[
        "firstname", "givenname", "forename", "first", "christianname", "vorname", "vornamen", "rufname", "prenom", "prenoms", "primernombre", "nombredepila",
        "primonome", "nomeproprio", "primeironome", "voornaam", "roepnaam", "fornamn", "fornavn", "etunimi", "imie", "imiona", "krestnijmeno", "krestni", "keresztnev",
        "utonev", "adi", "isim", "名", "名字", "이름성제외",
    ]),
    (field(Field::LastName), &[
        "lastname", "surname", "familyname", "last", "nachname", "familienname", "zuname", "nomdefamille", "apellido", "apellidos", "primerapellido", "cognome",
        "sobrenome", "apelido", "ultimonome", "achternaam", "familienaam", "efternamn", "efternavn", "etternavn", "sukunimi", "nazwisko", "prijmeni", "vezeteknev",
        "csaladnev", "soyad", "soyadi", "фамилия", "прізвище", "姓", "名字姓", "성",
    ]),
    (field(Field::RedirectUrl), &[
        "redirecturl", "redirecturi", "redirectionurl", "redirectionuri", "inviteredirecturl", "redirect", "redirectto", "landingpage", "landingurl", "landing", "landingpageurl", "landingseite", "weiterleitung",
        "weiterleitungsurl", "umleitungsurl", "umleitung", "urlderedirection", "redirection", "urlderedireccion", "urldireindirizzamento", "omleidingsurl", "urlderedirecionamento",
    ]),
    (field(Field::Send), &[
        "send", "sendemail", "sendmail", "sendinvitation", "sendinvite", "sendinvitationmessage", "sendinvitationmessagetrueorfalse", "sendmessage", "sendinvitationemail",
        "mailsenden", "emailsenden", "einladungsenden", "einladungversenden", "versenden", "senden", "einladungsmailsenden", "envoyer", "envoyerinvitation", "envoyerlemail", "enviar",
        "enviarinvitacion", "enviarcorreo", "invia", "inviaemail", "inviainvito", "verzenden", "uitnodigingverzenden", "enviarconvite", "skicka", "skickainbjudan",
    ]),
    (field(Field::Message), &[
        "message", "custommessage", "customizedmessage", "customizedmessagebody", "customizedinvitationmessage", "messagebody", "invitationmessage", "invitationtext", "welcomemessage",
        "personalmessage", "messagetext", "mailtext", "emailtext",
        "nachricht", "nachrichtentext", "einladungstext", "personlichenachricht", "begrussung", "willkommensnachricht", "messagepersonnalise", "messagedinvitation", "messagedebienvenue",
        "mensaje", "mensajepersonalizado", "mensajedeinvitacion", "messaggio", "messaggiopersonalizzato", "bericht", "persoonlijkbericht", "mensagem", "mensagempersonalizada", "meddelande", "meddelelse",
        "viesti", "wiadomosc", "zprava", "uzenet", "mesaj", "сообщение", "メッセージ", "消息", "訊息", "메시지",
    ]),
    (field(Field::Language), &[
        "language", "lang", "locale", "culture", "messagelanguage", "preferredlanguage", "invitationlanguage", "sprache", "nachrichtensprache", "korrespondenzsprache", "langue", "langage",
        "idioma", "lengua", "lingua", "taal", "sprak", "sprog", "kieli", "jezyk", "jazyk", "nyelv", "dil", "язык", "言語", "语言", "語言", "언어",
    ]),
    (field(Field::Cc), &[
        "cc", "ccrecipient", "ccrecipients", "ccemail", "copyto", "carboncopy", "kopie", "kopiean", "copie", "copiea", "encopie", "copia", "concopiaa", "kopia", "kopio",
    ]),
    (field(Field::Sponsors), &[
        "sponsors", "sponsor", "inviteduserssponsors", "invitedusersponsors", "sponsoremail", "sponsorupn", "requester", "requestor", "requestedby", "hostemployee", "internalsponsor",
        "burge", "ansprechpartner", "verantwortlicher", "verantwortlich", "gastgeber", "antragsteller", "parrain", "parrains", "commanditaire", "patrocinador", "patrocinadores", "responsable",
        "referente", "sponsornaam", "aanvrager", "contactpersoon", "sponsorer",
    ]),
    (field(Field::Company), &[
        "company", "companyname", "organization", "organisation", "organizationname", "organisationname", "firm", "employer",
        "firma", "unternehmen", "firmenname", "gesellschaft", "organisationsname", "societe", "entreprise", "raisonsociale", "empresa", "compania", "nombredelaempresa", "organizacion", "azienda",
        "societa", "ditta", "ragionesociale", "bedrijf", "bedrijfsnaam", "organisatie", "nomedaempresa", "organizacao", "foretag", "foretagsnamn", "virksomhed", "virksomhet", "yritys", "firmanazwa", "organizacja",
        "spolecnost", "ceg", "cegnev", "sirket", "компания", "организация", "会社", "会社名", "公司", "公司名称", "회사",
    ]),
    (field(Field::Department), &[
        "department", "dept", "division", "orgunit", "abteilung", "bereich", "service", "departement", "departamento", "reparto", "dipartimento", "afdeling", "avdelning", "avdeling", "osasto",
        "dzial", "oddeleni", "osztaly", "departman", "отдел", "部署", "部门", "部門", "부서",
    ]),
    (field(Field::JobTitle), &[
        "jobtitle", "position", "jobrole", "jobposition", "stellenbezeichnung", "funktion", "berufsbezeichnung", "poste", "fonction", "intituledeposte", "titredeposte", "cargo", "puesto",
        "titulodelpuesto", "qualifica", "posizione", "mansione", "functie", "functietitel", "funcao", "befattning", "stilling", "tehtavanimike", "stanowisko", "pozice", "beosztas", "unvan", "должность",
        "jobtitel", "jobbezeichnung", "positionsbezeichnung", "intituleduposte", "titreduposte", "puestodetrabajo", "nombredelpuesto", "titulodocargo", "functienaam", "functiebenaming",
        "jobbtitel", "yrkestitel", "stillingsbetegnelse", "stillingstittel", "nazwastanowiska", "pracovnipozice", "munkakor", "isunvani",
        "役職", "职位", "職稱", "직함",
    ]),
    (field(Field::UsageLocation), &[
        "usagelocation", "usagelocationcountry", "nutzungsstandort", "verwendungsstandort", "emplacementdutilisation", "lieudutilisation", "ubicaciondeuso", "percorsodiutilizzo", "posizionediutilizzo", "gebruikslocatie", "localdeutilizacao",
    ]),
    (field(Field::UserType), &["usertype", "invitedusertype", "accounttype", "benutzertyp", "typedutilisateur", "tipodeusuario", "tipoutente", "gebruikerstype"]),
    (field(Field::Manager), &[
        "manager", "manageremail", "manageremailaddress", "emailmanager", "managerupn", "managersemail", "supervisor", "supervisoremail", "linemanager", "linemanageremail", "reportsto",
        "vorgesetzter", "vorgesetzte", "vorgesetzteremail", "vorgesetzteemail", "emailvorgesetzter", "emailvorgesetzte", "emaildesvorgesetzten", "emaildervorgesetzten", "fuhrungskraft", "fuhrungskraftemail", "emailfuhrungskraft",
        "superieur", "superieurhierarchique", "emaildumanager", "emaildusuperieur", "adresseemaildumanager", "manageremailadresse", "jefe", "jefeemail", "emaildeljefe", "correodeljefe", "correoelectronicodeljefe",
        "correodelgerente", "correoelectronicodelgerente", "correodelsupervisor", "courrieldumanager", "courrielduresponsable", "emailduresponsable", "courrieldusuperieur", "emaildogestor", "emaildogerente", "emaildosupervisor", "emaildochefe",
        "superiore", "responsabilediretto", "emaildelsuperiore", "emailresponsabile", "emaildelresponsabile", "leidinggevende", "emailleidinggevende", "leidinggevendeemail", "chef", "chefensepost", "przelozony", "emailprzelozonego",
    ]),
    (field(Field::Groups), &["groups", "group", "addtogroups", "addtogroup", "groupmembership", "memberof", "gruppen", "gruppe", "groupes", "groupe", "grupos", "grupo", "gruppi", "gruppo", "groepen", "groep", "grupper"]),
    (Meaning::Note, &[
        "note", "notes", "remark", "remarks", "comment", "comments", "internalnote", "internalnotes", "notiz", "notizen", "bemerkung", "bemerkungen", "anmerkung", "anmerkungen", "kommentar", "kommentare", "hinweis",
        "remarque", "remarques", "commentaire", "commentaires", "nota", "notas", "comentario", "comentarios", "observacion", "observaciones", "commento", "commenti", "osservazioni", "opmerking", "opmerkingen",
        "notitie", "observacoes", "anteckning", "anmarkning", "bemaerkning", "merknad", "huomautus", "uwagi", "uwaga", "poznamka", "megjegyzes", "not", "aciklama", "примечание", "комментарий", "備考", "备注", "備註", "비고",
    ]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn spelling_does_not_matter() {
        for name in [
            "E-Mail",
            " e_mail ",
            "EMAIL",
            "Email *",
            "E-mail-Adresse",
            "correo electrónico",
            "Sähköposti",
            "メール アドレス",
        ] {
            assert_eq!(meaning(name), Some(Meaning::Field(Field::Email)), "{name}");
        }
        assert_eq!(meaning("Prénom"), Some(Meaning::Field(Field::FirstName)));
        assert_eq!(meaning("Bemerkung"), Some(Meaning::Note));
        assert_eq!(meaning("Schuhgröße"), None);
    }

    #[test]
    fn a_job_title_is_known_in_many_languages_and_a_form_of_address_is_none() {
        for name in [
            "Jobtitel",
            "Jobtitle",
            "Stellenbezeichnung",
            "Intitulé du poste",
            "Fonction",
            "Puesto",
            "Functietitel",
            "Jobbtitel",
            "Befattning",
        ] {
            assert_eq!(
                meaning(name),
                Some(Meaning::Field(Field::JobTitle)),
                "{name}"
            );
        }
        for name in ["Role", "Rolle", "Title", "Titel", "Titre", "Título"] {
            assert_ne!(
                meaning(name),
                Some(Meaning::Field(Field::JobTitle)),
                "{name}"
            );
        }
    }

    #[test]
    fn the_portal_names_count_in_any_language() {
        let name = "招待するメール アドレス [inviteeEmail] 必須";
        assert_eq!(meaning(name), Some(Meaning::Field(Field::Email)));
        // The whole header in one cell is a wrong delimiter, not an address column.
        assert_eq!(
            portal_name("A [inviteeEmail] Required,B [sendEmail] Required"),
            None
        );
    }

    #[test]
    fn every_alias_is_normalised_and_has_one_meaning() {
        let mut seen = HashMap::new();
        for (meaning, names) in ALIASES {
            for name in *names {
                assert_eq!(&normalise(name), name, "not normalised");
                if let Some(before) = seen.insert(*name, *meaning) {
                    panic!("{name} means {before:?} and {meaning:?}");
                }
            }
        }
    }
}
