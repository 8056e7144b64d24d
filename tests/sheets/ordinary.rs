//! Ordinary sheets as HR programs, calendars and event tools export them: no error, and one warning at most.

use guestlist::{RowVerdict, Rules, Severity, Sheet, SheetOptions, Understanding};

const SHEETS: [(&str, &str); 20] = [
    (
        "english, a manager",
        "Employee ID,First name,Last name,Work email,Manager email,Department\n1,Ann,Lee,ann@partner.example,boss@northwind.example,Sales\n2,Bob,Ray,bob@partner.example,boss@northwind.example,Sales\n",
    ),
    (
        "english, a private address",
        "First name,Last name,Email,Private email\nAnn,Lee,ann@partner.example,ann@home.example\nBob,Ray,bob@partner.example,\n",
    ),
    (
        "english, one repeated address",
        "Email,Name,Company\nann@partner.example,Ann,Firm\nbob@partner.example,Bob,Firm\nann@partner.example,Ann Lee,Firm\n",
    ),
    (
        "english, notes that mention addresses",
        "Email,Name,Notes\nann@partner.example,Ann,moved from ann.old@partner.example in May\nbob@partner.example,Bob,ask kim@northwind.example first\n",
    ),
    (
        "german, blank rows",
        "Vorname;Nachname;E-Mail;Firma\nJürgen;Groß;jg@partner.example;Firma\n\nZoë;Hill;zh@partner.example;Firma\n\n",
    ),
    (
        "german, Vorgesetzte",
        "Personalnummer;Nachname;Vorname;E-Mail dienstlich;Vorgesetzter E-Mail;Abteilung\n7;Groß;Jürgen;jg@partner.example;chef@northwind.example;Einkauf\n8;Hill;Zoë;zh@partner.example;chef@northwind.example;Einkauf\n",
    ),
    (
        "german, private Adresse",
        "Name;E-Mail-Adresse;E-Mail privat\nJürgen Groß;jg@partner.example;jg@home.example\nZoë Hill;zh@partner.example;zh@home.example\n",
    ),
    (
        "german, a title and a footer row of dates",
        "Gästeliste Messe;;\n;;\nName;E-Mail;Eintritt\nJürgen Groß;jg@partner.example;01.02.2026\nZoë Hill;zh@partner.example;02.02.2026\n",
    ),
    (
        "french, a manager",
        "Nom;Prénom;Adresse e-mail;E-mail du manager;Service\nRoux;Camille;camille@partner.example;chef@northwind.example;Ventes\nHill;Zoé;zoe@partner.example;chef@northwind.example;Ventes\n",
    ),
    (
        "french, a repeated address",
        "Nom;Prénom;Courriel\nRoux;Camille;camille@partner.example\nHill;Zoé;zoe@partner.example\nRoux;Camille;camille@partner.example\n",
    ),
    (
        "french, remarks",
        "Courriel;Nom complet;Remarques\ncamille@partner.example;Camille Roux;copie à secretariat@northwind.example\nzoe@partner.example;Zoé Hill;\n",
    ),
    (
        "spanish, el jefe",
        "Nombre;Apellidos;Correo electrónico;Correo del jefe;Empresa\nJosé;Núñez;jose@partner.example;jefa@northwind.example;Firma\nAna;Gil;ana@partner.example;jefa@northwind.example;Firma\n",
    ),
    (
        "spanish, a second address",
        "Nombre;Apellidos;Correo electrónico;Correo personal\nJosé;Núñez;jose@partner.example;jose@home.example\nAna;Gil;ana@partner.example;ana@home.example\n",
    ),
    (
        "italian, blank rows and notes",
        "Nome;Cognome;Indirizzo e-mail;Note\nAnna;Rossi;anna@partner.example;scrivere anche a ufficio@northwind.example\n\nLuca;Bianchi;luca@partner.example;\n",
    ),
    (
        "italian, responsabile",
        "Nome;Cognome;E-mail;Email del responsabile;Azienda\nAnna;Rossi;anna@partner.example;capo@northwind.example;Ditta\nLuca;Bianchi;luca@partner.example;capo@northwind.example;Ditta\n",
    ),
    (
        "calendar attendance",
        "Name\tEmail\tStatus\tResponse time\nAnn Lee\tann@partner.example\tAccepted\t2026-05-01 09:00\nBob Ray\tbob@partner.example\tTentative\t2026-05-01 09:05\n",
    ),
    (
        "event tickets",
        "Order,Attendee name,Attendee email,Ticket,Price\n1,Ann Lee,ann@partner.example,Standard,5.00\n2,Bob Ray,bob@partner.example,Standard,5.00\n",
    ),
    (
        "address book",
        "First Name,Last Name,E-mail Address,E-mail 2 Address,Company,Job Title,Notes\nAnn,Lee,ann@partner.example,ann@home.example,Firm,Chief,\nBob,Ray,bob@partner.example,,Firm,Clerk,\n",
    ),
    (
        "sponsors",
        "email,display_name,sponsors\nann@partner.example,Ann,mia@northwind.example;kim@northwind.example\nbob@partner.example,Bob,mia@northwind.example\n",
    ),
    (
        "quoted letters",
        "email,name,message\nann@partner.example,Ann,\"Dear Ann,\n\nwrite to Kim (kim@northwind.example), please.\nMia\"\nbob@partner.example,Bob,Hello\n",
    ),
];

#[test]
fn ordinary_sheets_go_through_with_one_warning_at_most() {
    for (name, text) in SHEETS {
        let sheet = Sheet::spool(&mut text.as_bytes(), name, &SheetOptions::default())
            .unwrap_or_else(|refused| unreachable!("{name}: {refused:?}"));
        let mut understanding = Understanding::new(&sheet, &Rules::default());
        let mut problems = sheet.hints().to_vec();
        let mut guests = 0;
        for row in sheet.rows().unwrap() {
            let understood = understanding.understand(&row.unwrap());
            guests += u32::from(matches!(understood.verdict, RowVerdict::Guest(_)));
            problems.extend(understood.problems);
        }
        problems.extend(understanding.sheet_problems());
        assert_eq!(guests, 2, "{name}");
        assert!(
            problems.iter().all(|problem| !problem.is_error()),
            "{name}: {problems:?}"
        );
        let warnings = problems
            .iter()
            .filter(|problem| problem.severity == Severity::Warning);
        assert!(warnings.count() <= 1, "{name}: {problems:?}");
    }
}
