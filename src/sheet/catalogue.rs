//! The codes of a whole sheet: GL001 to GL099.

use super::codes;

codes! {
    NOT_FOUND = "GL001" {
        title: "the sheet cannot be opened",
        meaning: "There is no file at this path, or this user may not read it.",
        fix: "Check the path and the file's permissions.",
        who: "whoever runs the command"
    }
    NOT_A_FILE = "GL002" {
        title: "the path is not a file",
        meaning: "A sheet is one file; this is a folder or a device.",
        fix: "Name the file inside it.",
        who: "whoever runs the command"
    }
    EMPTY = "GL003" {
        title: "the sheet is empty",
        meaning: "There is no header and no row in it.",
        fix: "Save the sheet again, or start from `guestlist template`.",
        who: "whoever made the sheet"
    }
    NO_ROWS = "GL004" {
        title: "the sheet has a header and no rows",
        meaning: "Nobody is on it.",
        fix: "Add one row for each person below the header.",
        who: "whoever made the sheet"
    }
    NO_ADDRESS_COLUMN = "GL005" {
        title: "no column holds e-mail addresses",
        meaning: "No header name is known as an address column. `email` is the only column that a sheet must have.",
        fix: "Rename the column to `email`, or name it with --map email=\"its name\".",
        who: "whoever made the sheet"
    }
    TWO_COLUMNS = "GL006" {
        title: "two columns for one field",
        meaning: "Two header names mean the same field, and which one is meant is not guessed.",
        fix: "Name the right one with --map FIELD=\"its name\", or rename or delete the other.",
        who: "whoever made the sheet"
    }
    UNKNOWN_MAPPED_COLUMN = "GL007" {
        title: "--map names a column that is not there",
        meaning: "A mapping must name a column of the header.",
        fix: "Copy the column's name out of the sheet, or look at `guestlist check SHEET --show-mapping`.",
        who: "whoever runs the command"
    }
    DELIMITER_UNCLEAR = "GL008" {
        title: "the delimiter is not clear",
        meaning: "The sheet can be read with more than one delimiter, and which one is meant is not guessed.",
        fix: "Name it: --delimiter \",\" or \";\" or \"tab\" or \"|\".",
        who: "whoever runs the command"
    }
    UNDECODABLE = "GL009" {
        title: "bytes that are not text in this encoding",
        meaning: "Some bytes cannot be read in the encoding of the sheet. Nothing is replaced, because a replaced letter is a wrong name.",
        fix: "Save the sheet as \"CSV UTF-8\", or name its encoding with --encoding.",
        who: "whoever made the sheet"
    }
    UNKNOWN_ENCODING = "GL010" {
        title: "unknown encoding",
        meaning: "The name given with --encoding is not a known encoding.",
        fix: "Use a common name such as utf-8, windows-1252, iso-8859-15, shift_jis or utf-16le.",
        who: "whoever runs the command"
    }
    NOT_TEXT = "GL011" {
        title: "the file is not a sheet",
        meaning: "The file's first bytes are those of another kind of file.",
        fix: "Export the sheet as CSV UTF-8, or save it as .xlsx.",
        who: "whoever made the sheet"
    }
    UNCLOSED_QUOTE = "GL012" {
        title: "a quotation mark is never closed",
        meaning: "A cell begins with a quotation mark and no second one ends it, so everything after it would be one cell.",
        fix: "Close the quotation mark, or delete it. A quotation mark inside a quoted cell is written twice.",
        who: "whoever made the sheet"
    }
    RECORD_TOO_LARGE = "GL013" {
        title: "a row is too large",
        meaning: "One row has more than 1 MiB or more than 16,384 cells; no sheet of people has such a row.",
        fix: "Look at the row: a missing line end or quotation mark is the usual cause.",
        who: "whoever made the sheet"
    }
    CHANGED = "GL014" {
        title: "the sheet changed while it was being read",
        meaning: "The sheet is read more than once, and it was not the same each time.",
        fix: "Save and close it in the spreadsheet program, then run the command again.",
        who: "whoever runs the command"
    }
    READ_FAILED = "GL015" {
        title: "reading the sheet failed",
        meaning: "The system reported an error while the file was read.",
        fix: "Copy the file to a local disk and try again.",
        who: "whoever runs the command"
    }
    NAME_READ_AS_PART = "GL016" {
        title: "a column `Name` is read as one part of the name",
        meaning: "Beside a column of first names, a column called `Name` holds the last names, and the other way round.",
        fix: "If it holds whole names, say so: --map display_name=\"its name\".",
        who: "whoever runs the command"
    }
    NO_HEADER_ROW = "GL017" {
        title: "--header-row points at nothing",
        meaning: "The row that should be the header is empty or not there.",
        fix: "Give the number that the spreadsheet program shows beside the header.",
        who: "whoever runs the command"
    }
    DAMAGED_WORKBOOK = "GL018" {
        title: "the workbook is damaged",
        meaning: "The file begins like a workbook, but what is inside cannot be read.",
        fix: "Open it in the spreadsheet program and save it again, as .xlsx or CSV UTF-8.",
        who: "whoever made the sheet"
    }
    PROTECTED = "GL019" {
        title: "the workbook is protected by a password",
        meaning: "Its content is encrypted and cannot be read without the password.",
        fix: "Open it, remove the password, and save it again.",
        who: "whoever made the sheet"
    }
    WORKBOOK_TOO_LARGE = "GL020" {
        title: "the workbook is too large",
        meaning: "A workbook is held in memory while it is read, so there are bounds: 512 MiB unpacked, 2,000,000 cells, 128 MiB of text.",
        fix: "Save the sheet as CSV UTF-8, which has no such bounds.",
        who: "whoever made the sheet"
    }
    NO_SUCH_TAB = "GL021" {
        title: "--sheet names a sheet that is not there",
        meaning: "A workbook can hold several sheets; none of them has this name.",
        fix: "Copy the name from the tab at the bottom of the spreadsheet program.",
        who: "whoever runs the command"
    }
    WHICH_TAB = "GL022" {
        title: "several sheets of the workbook could be meant",
        meaning: "More than one visible sheet has a column of addresses, and which one is meant is not guessed.",
        fix: "Name it: --sheet \"its name\".",
        who: "whoever runs the command"
    }
    HIDDEN_ROWS = "GL023" {
        title: "rows are hidden in the workbook",
        meaning: "A filter, or somebody by hand, hides rows below the header. Whether these people are meant is not guessed.",
        fix: "Say --hidden include to take them along, or --hidden skip to leave them out.",
        who: "whoever made the sheet"
    }
    PORTAL_EXAMPLE = "GL024" {
        title: "the example of Microsoft's template is left out",
        meaning: "Microsoft's bulk-invite template has an example below its header, with an address at fabrikam.com or contoso.com behind a word and a colon. It is nobody.",
        fix: "Delete the row, or leave it there.",
        who: "nobody"
    }
    HIDDEN_SKIPPED = "GL025" {
        title: "hidden rows are left out",
        meaning: "A filter, or somebody by hand, hides rows below the header, and --hidden skip was said: they are not read at all.",
        fix: "Say --hidden include to take them along.",
        who: "whoever runs the command"
    }
    TWO_FIELDS = "GL026" {
        title: "--map gives one column two meanings",
        meaning: "A column can hold one field.",
        fix: "Name another column for one of the fields.",
        who: "whoever runs the command"
    }
    PERHAPS_UTF8 = "GL027" {
        title: "the sheet looks like UTF-8 and is read as something else",
        meaning: "An encoding was named, and the letters of the sheet are sound UTF-8. Read in another encoding, each of them becomes two odd ones, and nothing fails.",
        fix: "Leave out --encoding, unless the names are right as they are read.",
        who: "whoever runs the command"
    }
}
