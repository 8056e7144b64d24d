#!/usr/bin/env bash
# A bulk run of CLI for Microsoft 365 against `guestlist sandbox --tls`. README.md says how.
set -u
run=$(od -An -N3 -tx1 /dev/urandom | tr -d ' \n')
good=0
bad=0
# check WHAT WANTED COMMAND…: runs a command of m365, whose output must hold a text. Without a text it must succeed.
check() {
    local what=$1 wanted=$2
    shift 2
    output=$("${M365:-m365}" "$@" 2>&1)
    local ended=$?
    if [[ $output == *"$wanted"* && ( -n $wanted || $ended -eq 0 ) ]]; then
        good=$((good + 1))
    else
        bad=$((bad + 1))
        echo "WRONG: $what: $output"
    fi
}
id_of() {
    "${M365:-m365}" request --url "https://graph.microsoft.com/v1.0/users?\$filter=mail%20eq%20'$1'&\$select=id" --query 'value[0].id' --output json | tr -d '"'
}

# A token of an earlier practice tenant would be sent to this one.
"${M365:-m365}" logout > /dev/null 2>&1
check "signed in" "guestlist practice app" login --authType secret --appId "$AZURE_CLIENT_ID" --tenant "$AZURE_TENANT_ID" --secret "$AZURE_CLIENT_SECRET"
for number in $(seq 20); do
    check "invited" PendingAcceptance entra user guest add --emailAddress "cli$number.$run@partner.example" \
        --displayName "CLI $number" --inviteRedirectUrl https://myapplications.microsoft.com --sendInvitationMessage \
        --messageLanguage de-DE --welcomeMessage Welcome --ccRecipients boss@northwind.example
done
check "a plus sign" "Primary SMTP Address" entra user guest add --emailAddress "a+b@partner.example"
check "all users" "cli20.$run@partner.example" entra user list --properties "id,mail,userType"
check "guests" "cli1.$run@partner.example" entra user list --type Guest --properties "mail,externalUserState"
one=$(id_of "cli1.$run@partner.example")
two=$(id_of "cli2.$run@partner.example")
check "by id" "CLI 1" entra user get --id "$one"
check "with the manager" "CLI 1" entra user get --id "$one" --withManager
check "an unknown id" "does not exist" entra user get --id 11111111-1111-4111-8111-111111111111
check "a changed profile" "" entra user set --id "$one" --companyName Partner --department Sales
check "the profile" Partner entra user get --id "$one" --properties "id,companyName,department"
check "groups" "Project Atlas" entra group list
check "a new group" "CLI $run" entra group add --displayName "CLI $run" --mailNickname "cli-$run" --type security
check "that group" "CLI $run" entra group get --displayName "CLI $run"
check "members" "" entra group member add --groupName "CLI $run" --userIds "$one,$two" --role Member
check "who they are" "cli2.$run" entra group member list --groupName "CLI $run" --properties "id,mail"
check "an owner" "" entra group member add --groupName "CLI $run" --userIds "$one" --role Owner
check "who owns it" "cli1.$run" entra group member list --groupName "CLI $run" --role Owner --properties "id,mail"
check "a batch" '"status": 201' request --method post --url https://graph.microsoft.com/v1.0/\$batch --content-type application/json \
    --body "{\"requests\":[{\"id\":\"1\",\"method\":\"POST\",\"url\":\"/invitations\",\"headers\":{\"Content-Type\":\"application/json\"},\"body\":{\"invitedUserEmailAddress\":\"cli99.$run@partner.example\",\"inviteRedirectUrl\":\"https://myapplications.microsoft.com\"}}]}"
check "a sponsor" "" request --method post --url "https://graph.microsoft.com/v1.0/users/$one/sponsors/\$ref" --content-type application/json \
    --body "{\"@odata.id\":\"https://graph.microsoft.com/v1.0/users/$(id_of anna.berg@northwind.example)\"}"
check "sponsors" "Anna Berg" request --url "https://graph.microsoft.com/v1.0/users/$one/sponsors"
check "too large a page" "status code 400" request --url "https://graph.microsoft.com/v1.0/users?\$top=1000"
check "Unified" Unified request --url "https://graph.microsoft.com/v1.0/groups?\$filter=groupTypes/any(c:c%20eq%20'Unified')"
check "deleted" "" entra user remove --id "$one" --force
check "another" "" entra user remove --id "$two" --force
check "deleted users" "$one" entra user recyclebinitem list
check "restored" "" entra user recyclebinitem restore --id "$one"
check "back" "CLI 1" entra user get --id "$one"
check "deleted for good" "" entra user recyclebinitem remove --id "$two" --force
check "group removed" "" entra group remove --displayName "CLI $run" --force
check "the organization" "Northwind Practice" request --url https://graph.microsoft.com/v1.0/organization
echo "CLI for Microsoft 365: $good of $((good + bad))"
[[ $bad -eq 0 ]]
