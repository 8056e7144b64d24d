//! A sheet in, invitations out, results back.

mod again; // the same command once more, a longer sheet
mod bad_weather; // 429 and 503: no request before its time, and a complete run
mod choices; // said once about a sheet, and remembered
mod corrections; // every error, corrected in the to-fix file, then the sheet again
mod dry_run; // changes nothing, and predicts the real run
mod environment; // proxies, locales, terminals: this machine is reached directly
mod job_files; // what a job reads after a run: summary and numbers
mod national_cloud; // sponsors added afterwards, or the cloud refused
mod separate_tenant; // a tenant elsewhere gives what the built-in one gives
mod terminal; // the question, on a real terminal
mod thousand; // a sheet of a thousand rows as people have them
mod to_fix; // a mixed sheet, and its to-fix file
