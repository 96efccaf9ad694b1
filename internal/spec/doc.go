// Package spec says what a service's guest should be: product settings, configurable options and client in, one Spec out.
//
// Settings are data: the table behind Keys holds name, default, limits and meaning of each one, and reading, checking, the
// listing for people and the configurable options all follow from it. A new setting is one line there. The package also makes
// the names and secrets of guests; time and randomness are given to it.
//
// It is pure: internal/whmcs reads the Facts, internal/vm uses the Spec, bridge shows the Listing and what CheckSettings says. It
// refuses unknown keys and impossible values with a sentence per fault, all at once, and never guesses.
package spec
