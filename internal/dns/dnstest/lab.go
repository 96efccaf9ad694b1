package dnstest

import (
	"testing"

	"github.com/kvmbridge/kvmbridge/internal/dns"
)

// CNAME is planted to stand in the way; no Change has it.
const CNAME dns.Type = "CNAME"

// Lab is one zone at the other side of a provider, new and without records of the suite, and a look at it that does not
// pass through the client under test. Names come as in dns.Change: full, canonical, without trailing dot. All methods are
// safe for concurrent use, also outside the test's goroutine (so they report with Errorf).
type Lab interface {
	// Zone is the name of the zone, forward or reverse; the suite uses names below it.
	Zone() string
	// Secret must not appear in any text.
	Secret() string
	// Open returns a new client with valid credentials. Clients of one lab belong to one process and account: they share what
	// keeps that account's limits. Pauses between tries are short enough for a test.
	Open(tb testing.TB) dns.Provider
	// Values are what the other side serves (or would hand out) for a set, as it spells them.
	Values(tb testing.TB, name string, typ dns.Type) []string
	// TTL of the set in seconds; 0 when there is none.
	TTL(tb testing.TB, name string, typ dns.Type) int
	// Plant puts values there that the client did not make, beside those that are there, with a TTL of 300. The lab adds trailing
	// dots where the other side wants them and else leaves the spelling alone if the other side does.
	Plant(tb testing.TB, name string, typ dns.Type, values ...string)
	// Writes counts the calls that change something, or would have, since the lab was made.
	Writes() int
	// OnWrite calls f after each such call that was carried out, before the client learns of it; nil ends that.
	OnWrite(f func())
	// Break lets the other side fail from now on, for clients that are open already too; Mend ends it.
	Break(tb testing.TB, f Failure)
	Mend(tb testing.TB)
}

// Failure of the other side.
type Failure string

// Failures that every provider knows.
const (
	WrongSecret Failure = "wrong secret" // it does not accept the client's credentials
	NoZone      Failure = "no zone"      // it answers and has no such zone
	Away        Failure = "away"         // no answer: connections are refused or cut
)
