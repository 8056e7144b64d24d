@rem Every night at two, as the user who types this; run it once in a command prompt. The task reads its settings, the
@rem client id and the place of the secret from C:\guestlist\guestlist.toml, and keeps its ledger on this disk.
schtasks /Create /TN guestlist /SC DAILY /ST 02:00 /TR "C:\guestlist\guestlist.exe invite C:\guestlist\guests.xlsx --config C:\guestlist\guestlist.toml --tenant contoso.com --ledger C:\guestlist\contoso.db --log-file C:\guestlist\night.log --log-format json"
