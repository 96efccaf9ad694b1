package config

// Fault is one thing that is wrong, said so that an operator can mend it.
type Fault struct {
	Place string // where the value came from: a file, a variable, the name of a probe
	Key   string // option the fault is about; may be empty
	Text  string // full sentences without Place
	// Missing says that nothing is wrong with a value: there only is none. Commands that can do without pass over it.
	Missing bool
}

// String is the line shown to the operator.
func (f Fault) String() string {
	if f.Place == "" {
		return f.Text
	}
	return f.Place + ": " + f.Text
}
