package cffake

import (
	"fmt"
	"net/http"
)

// reason is why a call is refused; the order is the order of the checks.
type reason int

const (
	noAuthorization reason = iota
	noAuthorizationToVerify
	badAuthorization
	rateLimited
	unknownToken
	unverifiedToken
	wrongPlace
	badIdentifier
	noRoute
	zoneDenied
	recordsDenied
	zoneUnknown
	badBody
	badParameter
	missingType
	badName
	badA
	badAAAA
	badPTR
	badTTL
	notProxiable
	privateProxied
	commentTooLong
	commentLines
	tooManyTags
	cnameThere
	cnameUnwelcome
	exists
	identical
	quota
	noRecord
	otherType
	tooManyOperations
)

// item is one entry of "errors".
type item struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Chain   []item `json:"error_chain,omitempty"`
}

// refusal is an answer that says no.
type refusal struct {
	status  int
	errors  []item
	invalid bool // of the kind that once stood in an error_chain
}

// sentence is a refusal before its text is completed.
type sentence struct {
	status, code int
	text         string
}

// sentences. Where the real code is not known (missing parameters, change of type, size of a batch) it is made up.
func sentences() map[reason]sentence {
	const bad, denied, missing = http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound
	return map[reason]sentence{
		noAuthorization:         {bad, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"},
		noAuthorizationToVerify: {bad, 1001, `Missing "Authorization" header`},
		badAuthorization:        {bad, 6111, "Invalid format for Authorization header"},
		rateLimited:             {http.StatusTooManyRequests, 10100, "More than %d requests per %d seconds reached. Please wait and consider throttling your request speed"},
		unknownToken:            {denied, 9109, "Invalid access token"},
		unverifiedToken:         {http.StatusUnauthorized, 1000, "Invalid API Token"},
		wrongPlace:              {denied, 9109, "Cannot use the access token from location: %s"},
		badIdentifier:           {missing, 7003, "Could not route to %s, perhaps your object identifier is invalid?"},
		noRoute:                 {missing, 7000, "No route for that URI"},
		zoneDenied:              {denied, 9109, "Unauthorized to access requested resource"},
		recordsDenied:           {denied, 10000, "Authentication error"},
		zoneUnknown:             {missing, 1001, "Invalid zone identifier"},
		badBody:                 {bad, 9207, "Request body is invalid."},
		badParameter:            {bad, 9208, "Parameter %s is invalid."},
		missingType:             {bad, 9001, "DNS record type is invalid."},
		badName:                 {bad, 9000, "DNS name is invalid."},
		badA:                    {bad, 9005, "Content for A record must be a valid IPv4 address."},
		badAAAA:                 {bad, 9006, "Content for AAAA record must be a valid IPv6 address."},
		badPTR:                  {bad, 9007, "Content for PTR record is invalid."},
		badTTL:                  {bad, 9021, "TTL must be between 60 and 86400 seconds, or 1 for Automatic."},
		notProxiable:            {bad, 9004, "This record type cannot be proxied."},
		privateProxied:          {bad, 9003, "Target %s is not allowed for a proxied record."},
		commentTooLong:          {bad, 9313, "DNS record comment exceeds the maximum length of 100 characters."},
		commentLines:            {bad, 9314, "DNS record comment is invalid."},
		tooManyTags:             {bad, 9300, "DNS record has %d tags, exceeding the quota of %d."},
		cnameThere:              {bad, 81054, "A CNAME record with that host already exists. For more details, refer to <https://developers.cloudflare.com/dns/manage-dns-records/troubleshooting/records-with-same-name/>."},
		cnameUnwelcome:          {bad, 81053, "An A, AAAA, or CNAME record with that host already exists."},
		exists:                  {bad, 81057, "The record already exists."},
		identical:               {bad, 81058, "An identical record already exists."},
		quota:                   {bad, 81045, "Record quota exceeded."},
		noRecord:                {missing, 81044, "Record does not exist."},
		otherType:               {bad, 9032, "The type of a record cannot be changed."},
		tooManyOperations:       {bad, 9033, "A batch may hold %d operations at most."},
	}
}

// refuse completes a refusal.
func refuse(why reason, args ...any) *refusal {
	s := sentences()[why]
	text := s.text
	if len(args) > 0 {
		text = fmt.Sprintf(text, args...)
	}
	e := item{Code: s.code, Message: text}
	if why == badAuthorization {
		e = item{Code: 6003, Message: "Invalid request headers", Chain: []item{e}}
	}
	return &refusal{status: s.status, errors: []item{e}, invalid: why >= missingType && why <= tooManyTags}
}

// wrapped is the refusal in the older form.
func (r *refusal) wrapped() *refusal {
	return &refusal{status: r.status, errors: []item{{Code: 1004, Message: "DNS Validation Error", Chain: r.errors}}}
}
