package schema

// Version names a release of Proxmox VE whose contract is known here.
type Version string

// The releases whose rules this package carries.
const (
	V74 Version = "7.4"
	V84 Version = "8.4"
	V92 Version = "9.2"
)

// Versions lists the releases, oldest first.
func Versions() []Version { return []Version{V74, V84, V92} }

// Span is a range of releases; empty ends are open. The names of the releases
// order like text, which is all the comparison there is.
type Span struct{ Since, Until Version }

// Holds tells whether a release lies in the span.
func (s Span) Holds(v Version) bool {
	return v >= s.Since && (s.Until == "" || v <= s.Until)
}
