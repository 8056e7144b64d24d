//! The codes of a whole sheet: GL001 to GL099.

use crate::problem::codes;

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
        meaning: "The sheet names nobody.",
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
        title: "--header-row names a row that is empty or missing",
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
        meaning: "A filter, or a person, has hidden rows below the header. Whether these people are to be invited is not guessed.",
        fix: "Add --hidden include to read them, or --hidden skip to leave them out.",
        who: "whoever made the sheet"
    }
    PORTAL_EXAMPLE = "GL024" {
        title: "the example of Microsoft's template is left out",
        meaning: "Microsoft's bulk-invite template has an example below its header, with an address at fabrikam.com or contoso.com after a word and a colon. It is not a person.",
        fix: "Delete the row, or leave it there.",
        who: "nobody"
    }
    HIDDEN_SKIPPED = "GL025" {
        title: "hidden rows are left out",
        meaning: "A filter, or a person, has hidden rows below the header, and --hidden skip was given: they are not read at all.",
        fix: "Add --hidden include to read them.",
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
        meaning: "An encoding was named, and the bytes of the sheet are valid UTF-8. Read in another encoding, each accented letter becomes two wrong ones, without an error.",
        fix: "Leave out --encoding, unless the names are right as they are read.",
        who: "whoever runs the command"
    }
    AMBIGUOUS_ADDRESSES = "GL028" {
        title: "several columns could hold the guests' addresses",
        meaning: "More than one column holds addresses, they are different ones, and nothing says for certain which are the guests': the name of another column speaks of guests, or the proposed column holds few addresses, or it repeats them beside different ones. Nobody is invited until a person says which is meant.",
        fix: "Name the right one: --map email=\"its name\", or leave the other unused: --ignore \"its name\".",
        who: "whoever runs the command"
    }
    ADDRESSES_ELSEWHERE = "GL029" {
        title: "the address column holds no addresses, and another column does",
        meaning: "The name of a column says that it holds the addresses. Its cells do not, and those of another column do.",
        fix: "If the other column is meant, name it: --map email=\"its name\".",
        who: "whoever runs the command"
    }
    SWAPPED_COLUMNS = "GL030" {
        title: "two columns look swapped",
        meaning: "The address column holds other texts, and a column of names or the like holds the addresses.",
        fix: "Correct the headings, or name both columns with --map.",
        who: "whoever made the sheet"
    }
    COLUMN_BY_CELLS = "GL031" {
        title: "a column was taken for the addresses because of its cells",
        meaning: "No heading is known as an address column, and the cells of exactly one column are addresses.",
        fix: "Do nothing if it is right; --map email=\"its name\" makes the choice certain.",
        who: "whoever runs the command"
    }
    ALIAS_WITHOUT_ADDRESSES = "GL032" {
        title: "a column is called like an address column and holds none",
        meaning: "Several headings are known as address columns, and only one of the columns holds addresses. That one is used.",
        fix: "Do nothing if it is right; --map email=\"its name\" makes the choice certain.",
        who: "whoever runs the command"
    }
    UNUSED_ADDRESSES = "GL033" {
        title: "columns that are not used hold addresses",
        meaning: "Nobody in these columns is invited, and no mail goes there.",
        fix: "If one of them is meant, name it: --map email=\"its name\". If not, --ignore \"its name\" says so.",
        who: "whoever runs the command"
    }
    HEADER_AGAIN = "GL034" {
        title: "the header is repeated",
        meaning: "A row has the same names in the same order as the header. Sheets that were put together have such rows; it is left out, and reading goes on below it.",
        fix: "Delete the row, or leave it there.",
        who: "nobody"
    }
    OTHER_HEADER = "GL035" {
        title: "another header further down",
        meaning: "A row is made of the names of columns, and they are not those of the header. What stands below it belongs to another table, whose columns mean something else: nobody there is invited.",
        fix: "Put the other table into a sheet of its own, or arrange its columns like the first ones.",
        who: "whoever made the sheet"
    }
    DIVIDED = "GL036" {
        title: "a row divides the sheet",
        meaning: "A row has a text of its own and nothing else, such as `Do not invite:` or `Team B`, and addresses follow below. Whether they are meant too is not guessed: nobody below the row is invited.",
        fix: "Delete the row if the people below are meant, or delete the rows below it.",
        who: "whoever made the sheet"
    }
    ABOVE_HEADER = "GL037" {
        title: "addresses above the header",
        meaning: "The rows above the header hold addresses. No heading says what their cells mean, so nobody there is invited.",
        fix: "Move the rows below the header, or give them a sheet of their own; if the header is another row, --header-row N says which.",
        who: "whoever made the sheet"
    }
    SHORT_ROWS = "GL038" {
        title: "rows with fewer cells than the header",
        meaning: "A row ends before the last heading. If a delimiter is missing in it, its cells stand under wrong headings.",
        fix: "Look whether the cells stand under the right headings, or save the sheet from a spreadsheet program.",
        who: "whoever made the sheet"
    }
    LOST_LETTERS = "GL039" {
        title: "letters were replaced by question marks before this sheet was saved",
        meaning: "A question mark stands inside a name. A program that saved the sheet in an encoding without these letters wrote `?` instead; which letters they were cannot be told from the file.",
        fix: "Export the sheet again as CSV UTF-8, or type the names again.",
        who: "whoever made the sheet"
    }
    HEADER_SWALLOWS = "GL040" {
        title: "a quotation mark in the header is not closed",
        meaning: "A heading begins with a quotation mark that is closed only further down, so people's rows were taken for a part of the header.",
        fix: "Close the quotation mark in the header, or delete it.",
        who: "whoever made the sheet"
    }
    NAMES_NOT_ADDRESSES = "GL041" {
        title: "a column holds names where addresses are expected",
        meaning: "Sponsors and copies are given by address or object id, and hardly any cell of the column holds one.",
        fix: "Write addresses or object ids, or leave the column unused: --ignore \"its name\".",
        who: "whoever made the sheet"
    }
    HIDDEN_COLUMN_USED = "GL042" {
        title: "a hidden column is used",
        meaning: "The workbook hides a column that has a meaning here, so what is done with it is not seen in the spreadsheet program.",
        fix: "Show the column and look at it, or leave it unused: --ignore \"its name\".",
        who: "whoever made the sheet"
    }
    OTHER_TABS = "GL043" {
        title: "addresses on other sheets of the workbook",
        meaning: "One sheet of the workbook is read, and others hold addresses too. Nobody there is invited.",
        fix: "If another sheet is meant, name it: --sheet \"its name\".",
        who: "whoever runs the command"
    }
    HEADER_QUOTES = "GL044" {
        title: "an empty pair of quotation marks in the header",
        meaning: "A heading begins with two quotation marks and goes on with text. The pair was left out, and the heading may not read as it was meant.",
        fix: "Delete the quotation marks in the header that do not stand around a whole heading.",
        who: "whoever made the sheet"
    }
    LINKED_ADDRESS = "GL045" {
        title: "an address behind a link",
        meaning: "A cell of the workbook shows a name and links to an address, or shows one address and links to another. The message says which one is read; the other is not used.",
        fix: "Type the address that is meant into the cell, without a link.",
        who: "whoever made the sheet"
    }
    MERGED_CELLS = "GL046" {
        title: "merged cells",
        meaning: "Cells that a spreadsheet program shows as one hold their text in the first cell only. The other cells of the merged area are empty, although the program shows the text across them.",
        fix: "Unmerge the cells and fill in each row, or leave them if the others may stay empty.",
        who: "whoever made the sheet"
    }
    MANY_COLUMNS = "GL047" {
        title: "the results will not fit into a workbook",
        meaning: "The results of a workbook are a workbook again, with columns of ours before those of the sheet, and a workbook has 16,384 columns.",
        fix: "Look for a stray cell far to the right and delete it, or write text: -o results.csv.",
        who: "whoever made the sheet"
    }
}
