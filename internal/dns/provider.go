package dns

import (
	"context"
	"errors"
	"time"
)

// Type of a record that we keep.
type Type string

// The types we keep; others are never touched.
const (
	A    Type = "A"
	AAAA Type = "AAAA"
	PTR  Type = "PTR"
)

// Change is what one record set has to become. Values that neither Add nor Remove names are foreign: they survive.
type Change struct {
	Name string // canonical, full, without trailing dot
	Type Type
	TTL  int // seconds, 60…86400; one TTL for the whole set
	// Add are values that have to be there: addresses as netip prints them, host names canonical without trailing dot.
	Add []string
	// Remove are values that are ours and have to go. A value in both lists stays.
	Remove []string
	// Sole refuses to Add beside a foreign value (ErrForeign); PTR sets are of this kind. TakeOver replaces the foreign value.
	Sole, TakeOver bool
	// Owner goes into a record's comment where the provider has such; ASCII, at most 100 characters.
	Owner string
}

// Result tells how one Change went; results come in the order of the changes.
type Result struct {
	// Written: something was changed at the provider. False with Err nil = it already was so.
	Written bool
	// Found are values of Add that were there before and so may be somebody else's.
	Found []string
	// Stuck are values of Remove that the provider will never let go, with Err nil and the reason in Warning
	// (HestiaCP's last A record).
	Stuck []string
	// Warning is for a person; the records are right all the same.
	Warning string
	// Err matches the sentinels below; its text is the provider's, without secrets, one line, at most 300 characters.
	Err error
}

// Provider keeps one zone at a DNS provider. It is safe for concurrent use and obeys the provider's limits by itself,
// together with the other zones of the same account or server in this process.
type Provider interface {
	// Apply looks first and writes only what differs, with as few calls as the provider allows, and never lets a right value be
	// absent in between. It repeats what fails in passing, within ctx. Every change has its own result: one that is refused does
	// not stop the others.
	Apply(ctx context.Context, changes []Change) []Result
	// Test proves that the zone can be reached, is the configured one and can be written, and changes nothing. Findings come
	// in the order in which they were made; one that failed is the last.
	Test(ctx context.Context) []Finding
}

// Finding is a step of a Test.
type Finding struct {
	Step  string // "reachable", "zone", "read records", "writable"
	Level Level
	Text  string // for a person; the provider's own words where it failed
}

// Level of a Finding.
type Level string

// Levels of findings.
const (
	OK      Level = "ok"
	Warning Level = "warning"
	Failed  Level = "failed"
)

// Sentinels of Result.Err. An error that matches none of them passes by itself and is worth another try.
var (
	// ErrRefused: the provider will say no until a person mends something.
	ErrRefused = errors.New("refused")
	// ErrNoZone: the provider, which answers, has no such zone; nothing of ours is left there.
	ErrNoZone = errors.New("no such zone at the provider")
	// ErrForeign: a value that is not ours stands where ours should be the only one, or a CNAME holds the name.
	ErrForeign = errors.New("somebody else's record is in the way")
)

// Lasting tells an error that another try will not mend.
func Lasting(err error) bool {
	return errors.Is(err, ErrRefused) || errors.Is(err, ErrNoZone) || errors.Is(err, ErrForeign)
}

// LaterError asks for a pause before the next try.
type LaterError struct {
	After time.Duration
	Cause error
}

func (e *LaterError) Error() string { return e.Cause.Error() }
func (e *LaterError) Unwrap() error { return e.Cause }
