@rem Every night at four, whether somebody is signed in or not; run it once in a command prompt, which asks for the password
@rem of the user who types it. guestlist.toml also names the tenant, the client id and the place of the secret. Before the
@rem first night: guestlist ledger new --ledger C:\guestlist\contoso.db
@rem The last result of the task is the exit code: 0x8 (a cap) and 0xA (the time) are the usual end of a night.
schtasks /Create /TN guestlist /SC DAILY /ST 04:00 /RU "%USERDOMAIN%\%USERNAME%" /RP * /TR "C:\guestlist\guestlist.exe invite C:\guestlist\guests.xlsx --config C:\guestlist\guestlist.toml --tenant contoso.com --ledger C:\guestlist\contoso.db --log-file C:\guestlist\night.log --log-format json"
