package config

// Sources name what Load reads.
type Sources struct {
	WHMCS   string   // folder of WHMCS; empty: the option "whmcs" decides
	File    string   // TOML file; empty: none
	Environ []string // "NAME=value", as os.Environ gives it
}

// Load reads every source and reports every fault at once; with faults the Config holds whatever could be read.
func Load(Sources) (Config, []Fault) { return Config{}, nil }
