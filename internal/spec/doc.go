// Package spec says what a service's guest should be: product settings, configurable options and client in, one Spec out.
// It is pure: internal/whmcs reads the Facts, internal/vm uses the Spec. It refuses unknown keys and impossible values with
// a sentence per fault.
package spec
