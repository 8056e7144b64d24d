//! The codes of a row: errors and warnings are GL100 to GL199, hints GL200 to GL299.

use crate::problem::codes;

codes! {
    NO_ADDRESS = "GL101" {
        title: "a row without an address",
        meaning: "The row has something in it, but the address cell is empty.",
        fix: "Fill in the address, or delete the row.",
        who: "whoever made the sheet"
    }
    NOT_ONE_AT = "GL102" {
        title: "not an e-mail address",
        meaning: "An address has exactly one @, with something on both sides.",
        fix: "Correct the cell.",
        who: "whoever made the sheet"
    }
    TWO_ADDRESSES = "GL103" {
        title: "two addresses in one cell",
        meaning: "A row invites one person. Which of the addresses is meant is not guessed.",
        fix: "Keep one address, and give the other person a row of their own.",
        who: "whoever made the sheet"
    }
    FORMULA = "GL104" {
        title: "a formula instead of an address",
        meaning: "The cell holds a formula, or the error value of one, and not its result.",
        fix: "In the spreadsheet program copy the column and paste it as values, then save again.",
        who: "whoever made the sheet"
    }
    NOT_ASCII = "GL105" {
        title: "a letter that Entra does not accept in an address",
        meaning: "Entra accepts only the letters a to z, digits and a few signs. An accent, another script or a typographic apostrophe is refused there, and often is a typing mistake.",
        fix: "Ask the person for the plain spelling of the address.",
        who: "the person to invite"
    }
    DIRECTION_MARK = "GL106" {
        title: "a hidden direction mark in an address",
        meaning: "An invisible character that turns the writing direction makes an address look like another one.",
        fix: "Type the address again by hand.",
        who: "whoever made the sheet"
    }
    BAD_CHARACTER = "GL107" {
        title: "a character that is not allowed in an address",
        meaning: "Entra refuses these characters in the address of a guest: ~ ! # $ % ^ & * ( ) + = [ ] { } \\ / | ; : \" < > ? ,",
        fix: "Correct the address.",
        who: "whoever made the sheet"
    }
    PLUS = "GL108" {
        title: "an address with +",
        meaning: "Entra refuses addresses such as anna+fair@example.org for guests. The part after + is not cut off, because mail for it may go elsewhere.",
        fix: "Ask the person for an address without +.",
        who: "the person to invite"
    }
    BAD_LOCAL_PART = "GL109" {
        title: "the part before the @ is not possible",
        meaning: "It has more than 64 characters, begins or ends with a dot or a hyphen, or has two dots in a row.",
        fix: "Correct the address.",
        who: "whoever made the sheet"
    }
    BAD_DOMAIN = "GL110" {
        title: "the part after the @ is not a domain",
        meaning: "A domain has at least two parts with a dot between them, made of letters, digits and hyphens, and its last part is not a number.",
        fix: "Correct the address.",
        who: "whoever made the sheet"
    }
    ADDRESS_TOO_LONG = "GL111" {
        title: "the address is too long",
        meaning: "An address has at most 254 characters.",
        fix: "Correct the address.",
        who: "whoever made the sheet"
    }
    SPACE_INSIDE = "GL112" {
        title: "a space inside an address",
        meaning: "Spaces around an address are removed. A space in the middle may stand for another character, and guestlist does not guess which.",
        fix: "Delete the space, or put the missing character there.",
        who: "whoever made the sheet"
    }
    REPAIRED = "GL113" {
        title: "an address or a name was repaired",
        meaning: "Something that certainly does not belong there was left out on reading: invisible characters; around an address also spaces, mailto:, SMTP:, a name before <address>, quotation marks, a trailing dot or semicolon; around any value one mark that makes a text of it, such as a leading apostrophe or a bullet.",
        fix: "Nothing is to be done. `guestlist check SHEET --fix FILE` writes the sheet with the repairs made.",
        who: "nobody"
    }
    SWALLOWED_ROWS = "GL114" {
        title: "a quotation mark that is not closed turned rows into text",
        meaning: "A cell begins with a quotation mark that is closed only further down, in the middle of another cell. The rows between them would be taken for text.",
        fix: "Close the quotation mark where the cell ends, or delete it.",
        who: "whoever made the sheet"
    }
    CONTROL_CHARACTER = "GL115" {
        title: "an invisible control character",
        meaning: "The cell holds a character that cannot be written or seen, such as NUL; it comes from a broken export.",
        fix: "Type the cell again, or export the sheet again.",
        who: "whoever made the sheet"
    }
    TOO_MANY_CELLS = "GL116" {
        title: "more cells than the header",
        meaning: "The row has more cells than the header has columns, so its cells may stand under wrong headings. A comma in a text that is not in quotation marks is the usual cause.",
        fix: "Put quotation marks around the text, or save the sheet from a spreadsheet program.",
        who: "whoever made the sheet"
    }
    UNQUOTED_MESSAGE = "GL117" {
        title: "a message without quotation marks was joined again",
        meaning: "The message is the last column, and its text holds the delimiter without quotation marks around it. The rest of the row belongs to it.",
        fix: "Nothing is to be done; quotation marks around the message make it certain for other programs too.",
        who: "nobody"
    }
    TEXT_BESIDE_QUOTE = "GL118" {
        title: "a text beside a quoted text in one cell",
        meaning: "A quotation mark closes and text follows in the same cell. A delimiter is missing between them, or a quotation mark inside the cell is not written twice, so the cells after it cannot be believed.",
        fix: "Put the delimiter there, or write quotation marks inside a cell twice; spreadsheet programs do so when they save a sheet.",
        who: "whoever made the sheet"
    }
    QUOTES_DO_NOT_HOLD = "GL119" {
        title: "quotation marks that do not hold a cell together",
        meaning: "The delimiter stands inside quotation marks that do not count: typographic ones, or plain ones with a blank before them. The text was divided there, so the cells after it stand under wrong headings.",
        fix: "Use plain quotation marks directly after the delimiter; spreadsheet programs do so when they save a sheet.",
        who: "whoever made the sheet"
    }
    DUPLICATE = "GL120" {
        title: "the same address as in an earlier row",
        meaning: "A person is invited once. The first valid row counts; capital letters make no difference.",
        fix: "Delete one of the rows; if they differ, keep the one that is right first.",
        who: "whoever made the sheet"
    }
    TEXT_WITH_ADDRESS = "GL121" {
        title: "a text that mentions an address",
        meaning: "The address cell holds a sentence with an address in it. Whether that person is to be invited is not guessed.",
        fix: "Write the address alone, or delete the row.",
        who: "whoever made the sheet"
    }
    BAD_URL = "GL130" {
        title: "the redirect address is not usable",
        meaning: "After accepting, the guest is sent to this address; it must be a complete http or https address.",
        fix: "Write it with https:// in front, or leave the cell empty for the default.",
        who: "whoever made the sheet"
    }
    BAD_SEND = "GL131" {
        title: "a send cell that is not yes or no",
        meaning: "The send column says whether Microsoft mails the invitation: true or false, yes or no, 1 or 0.",
        fix: "Write true or false, or leave the cell empty for the default.",
        who: "whoever made the sheet"
    }
    LONG_MESSAGE = "GL132" {
        title: "a long message",
        meaning: "Microsoft publishes no limit; its portal has taken about 500 characters, so a longer message may be refused or cut.",
        fix: "Shorten the message if you can.",
        who: "whoever made the sheet"
    }
    MESSAGE_TOO_LONG = "GL133" {
        title: "the message is too long",
        meaning: "Messages of more than 2,000 characters are not sent.",
        fix: "Shorten the message.",
        who: "whoever made the sheet"
    }
    BAD_LANGUAGE = "GL134" {
        title: "not a language code",
        meaning: "Microsoft expects a culture such as en-US, de-DE or fr: two letters, and perhaps a country.",
        fix: "Write the code, or leave the cell empty for the default.",
        who: "whoever made the sheet"
    }
    LANGUAGE_REPAIRED = "GL135" {
        title: "a language code was respelled",
        meaning: "The code is certain, but it is written with a hyphen.",
        fix: "Nothing is to be done.",
        who: "nobody"
    }
    BAD_CC = "GL136" {
        title: "the cc address is not usable",
        meaning: "The copy goes to one person, and that address follows the same rules as the guest's.",
        fix: "Correct the address, or leave the cell empty.",
        who: "whoever made the sheet"
    }
    MORE_THAN_ONE_CC = "GL137" {
        title: "more than one cc address",
        meaning: "Microsoft sends a copy to one additional person only.",
        fix: "Keep one address, for example that of a mailbox which several people read.",
        who: "whoever made the sheet"
    }
    BAD_SPONSOR = "GL140" {
        title: "not a sponsor",
        meaning: "A sponsor is a person or group in your own tenant: an address, a user principal name, an object id, or group: and its name or id.",
        fix: "Correct the entry; separate several with semicolons.",
        who: "whoever made the sheet"
    }
    TOO_MANY_SPONSORS = "GL141" {
        title: "more than five sponsors",
        meaning: "A guest has at most five sponsors.",
        fix: "Keep five, or name a group.",
        who: "whoever made the sheet"
    }
    SPONSORS_REPAIRED = "GL142" {
        title: "sponsors were separated",
        meaning: "Sponsors are separated with semicolons; commas and line ends are taken for them where that is certain.",
        fix: "Nothing is to be done.",
        who: "nobody"
    }
    BAD_MANAGER = "GL143" {
        title: "not a manager",
        meaning: "A guest has one manager, a user of your own tenant: an address, a user principal name, an object id or a display name.",
        fix: "Correct the cell, or leave it empty.",
        who: "whoever made the sheet"
    }
    TOO_MANY_GROUPS = "GL144" {
        title: "more groups than a cell may name",
        meaning: "A row names at most 20 groups. More are probably a mistake, and each is a request for each guest.",
        fix: "Keep 20; a group for all of them, or a second sheet later, takes the rest.",
        who: "whoever made the sheet"
    }
    BAD_USAGE_LOCATION = "GL145" {
        title: "not a country code",
        meaning: "The usage location is a country as two letters, such as DE or US; licences depend on it.",
        fix: "Write the two letters, or leave the cell empty.",
        who: "whoever made the sheet"
    }
    BAD_USER_TYPE = "GL146" {
        title: "a user type that is not Guest or Member",
        meaning: "There are only these two user types.",
        fix: "Write Guest or Member, or leave the cell empty for Guest.",
        who: "whoever made the sheet"
    }
    NOT_USED = "GL147" {
        title: "a column that gives access or power is not used",
        meaning: "user_type, manager and groups give access or power, so they are used only when the settings or --allow name them.",
        fix: "If it is meant, add --allow member, manager or groups; else nothing is to be done.",
        who: "whoever runs the command"
    }
    FIELD_TOO_LONG = "GL148" {
        title: "a text is too long",
        meaning: "Entra accepts at most 256 characters for a display name and for the name of a group, 128 for a job title, and 64 for the other parts of a profile.",
        fix: "Shorten the text.",
        who: "whoever made the sheet"
    }
    LINE_BREAK = "GL149" {
        title: "a line break inside a name",
        meaning: "Names and titles are one line; the line break is read as a space.",
        fix: "Nothing is to be done.",
        who: "nobody"
    }
    NOT_COMPUTED = "GL150" {
        title: "a formula without its result",
        meaning: "The cell is a formula, and the workbook does not hold its result. Programs that write workbooks without a spreadsheet program leave such cells.",
        fix: "Open the workbook in a spreadsheet program and save it there, or replace the formula by its value.",
        who: "whoever made the sheet"
    }
    ERROR_VALUE = "GL151" {
        title: "the result of a formula that failed",
        meaning: "The cell holds what a spreadsheet program shows for a formula that cannot be computed, such as #REF! or #N/A. It is not a person's name.",
        fix: "Correct the formula, or replace it by the value that is meant.",
        who: "whoever made the sheet"
    }
    NOT_A_JOB_TITLE = "GL152" {
        title: "a number in the column of job titles",
        meaning: "The column is read as job titles, and the cell holds no letter. A number is not set as somebody's job title.",
        fix: "If the column means something else, add --ignore and its name; else correct the cell.",
        who: "whoever made the sheet"
    }
    TYPO_DOMAIN = "GL201" {
        title: "a domain that looks mistyped",
        meaning: "The domain differs from a well-known one by one letter. Mail to it would be lost, or a stranger would read it.",
        fix: "Ask the person, and correct the address if it is wrong.",
        who: "whoever made the sheet"
    }
    ROLE_ADDRESS = "GL202" {
        title: "an address that several people read",
        meaning: "Addresses such as info@ or noreply@ belong to an office and not to a person. The first reader of the mail becomes the guest.",
        fix: "Use the person's own address if there is one.",
        who: "whoever made the sheet"
    }
    DISPOSABLE_DOMAIN = "GL203" {
        title: "a throw-away address",
        meaning: "The domain gives out addresses that exist for a short time only. Invitations to such domains can make Microsoft take the tenant's invitations for abuse.",
        fix: "Ask the person for another address.",
        who: "the person to invite"
    }
    LOOK_ALIKE = "GL204" {
        title: "letters of two scripts in one name",
        meaning: "The name mixes letters that look the same but are not, such as a Cyrillic а among Latin letters; searching for it will fail, and it may be meant to deceive.",
        fix: "Type the name again in one script.",
        who: "whoever made the sheet"
    }
    SAME_PERSON = "GL205" {
        title: "probably the same person as in an earlier row",
        meaning: "Two different addresses reach the same mailbox: gmail.com ignores dots, and googlemail.com is the same. Each would become a guest of its own.",
        fix: "Keep one of the rows.",
        who: "whoever made the sheet"
    }
    MESSAGE_NOT_SENT = "GL206" {
        title: "a message that nobody will read",
        meaning: "The row has a message or a cc, but its send column says that no mail goes out.",
        fix: "Set send to true, or delete the message.",
        who: "whoever made the sheet"
    }
    CC_IS_GUEST = "GL207" {
        title: "the copy goes to the guest",
        meaning: "The cc address is the guest's own address.",
        fix: "Delete the cc address, or name somebody else.",
        who: "whoever made the sheet"
    }
    HTML_MESSAGE = "GL208" {
        title: "HTML in a message",
        meaning: "Microsoft shows the message as plain text, so the guest would see the tags.",
        fix: "Write plain text. An address such as https://example.org becomes a link by itself.",
        who: "whoever made the sheet"
    }
    EMPTY_EXTRA_CELLS = "GL209" {
        title: "more cells than the header, with nothing in them",
        meaning: "The row has more cells than the header. Usually that is a stray delimiter at its end; but if a text in the row holds the delimiter without quotation marks, the cells after it stand one column too far to the right.",
        fix: "Look whether the cells stand under the right headings.",
        who: "whoever made the sheet"
    }
    NO_HEADING = "GL210" {
        title: "a cell has no heading above it",
        meaning: "A cell of the workbook stands to the right of the last heading. It is returned in the results and used for nothing.",
        fix: "Give the column a heading, or delete the cell.",
        who: "whoever made the sheet"
    }
    ODD_LETTERS = "GL211" {
        title: "letters that were probably damaged on the way",
        meaning: "The text holds a replacement character, letters that come from reading a file in the wrong encoding, or an invisible mark that turns the direction of writing.",
        fix: "Type the text again, or export the sheet again as CSV UTF-8.",
        who: "whoever made the sheet"
    }
}
