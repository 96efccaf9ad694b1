package config

import (
	"slices"
	"strings"
)

// Sources name what Load reads.
type Sources struct {
	WHMCS   string   // folder of WHMCS; empty: the option "whmcs" of the other sources decides
	File    string   // TOML file; empty: KVMBRIDGE_CONFIG, and if that is empty too, none
	Environ []string // "NAME=value", as os.Environ gives it
	// Sockets are the places where the socket of a database on "localhost" is looked for; nil: the usual ones.
	Sockets []string
}

// Load reads every source and reports every fault at once. With faults the Config holds what could be read: options
// with a fault keep the value of the next lower source.
func Load(s Sources) (Config, []Fault) {
	env := environment(s.Environ)
	if s.File == "" {
		s.File = lookup(s.Environ, configVariable)
	}
	file := tomlFile(s.File)
	l := loader{origin: map[string]string{}}
	l.apply(defaults())
	whmcs := directory(s, file, env)
	whmcs.faults = slices.DeleteFunc(whmcs.faults, func(f Fault) bool { return file.has(f.Key) || env.has(f.Key) })
	l.apply(whmcs)
	l.apply(file)
	l.apply(env)
	if s.WHMCS != "" {
		l.cfg.WHMCS.Dir = s.WHMCS
	}
	l.faults = append(l.faults, l.together()...)
	return l.cfg, l.faults
}

const configVariable = envPrefix + "CONFIG"

// directory is the layer of WHMCS's configuration.php in the folder that the flag or the highest source names.
func directory(s Sources, layers ...layer) layer {
	dir := s.WHMCS
	for _, l := range layers {
		for _, given := range l.settings {
			if given.option.Key == "whmcs" && s.WHMCS == "" {
				dir = given.text
			}
		}
	}
	if dir == "" {
		return layer{}
	}
	return whmcsLayer(dir, s.Sockets)
}

// setting is one value from one place, in the notation of the environment.
type setting struct {
	option Option
	text   string
	place  string
}

// layer is everything one source says.
type layer struct {
	settings []setting
	faults   []Fault
}

func (l *layer) has(key string) bool {
	for _, s := range l.settings {
		if s.option.Key == key {
			return true
		}
	}
	return false
}

func (l *layer) fault(place, key, text string) {
	l.faults = append(l.faults, Fault{Place: place, Key: key, Text: text})
}

// add takes a value; a second one for the same option is the fault of a secret given twice.
func (l *layer) add(s setting) {
	if l.has(s.option.Key) {
		l.fault(s.place, s.option.Key, s.option.Key+" is given both directly and as a file. Keep one of the two.")
		return
	}
	l.settings = append(l.settings, s)
}

func defaults() layer {
	var l layer
	for _, o := range Options() {
		if o.Default != "" {
			l.settings = append(l.settings, setting{o, o.Default, "default"})
		}
	}
	return l
}

// loader lays one source over the other.
type loader struct {
	cfg    Config
	origin map[string]string // place of the value that won, by key
	faults []Fault
}

func (l *loader) apply(from layer) {
	l.faults = append(l.faults, from.faults...)
	if (from.has("db.host") || from.has("db.port")) && !from.has("db.socket") {
		l.cfg.DB.Socket = "" // a lower source's socket must not outlive its host
	}
	for _, s := range from.settings {
		l.set(s)
	}
}

func (l *loader) set(s setting) {
	problem := assign(s.option.Field(new(Config)), s.text)
	if problem == "" && s.option.Check != nil {
		problem = s.option.Check(s.text)
	}
	if problem != "" {
		text := s.option.Key + " " + problem + "." + s.option.is(s.text)
		l.faults = append(l.faults, Fault{Place: s.place, Key: s.option.Key, Text: text})
		return
	}
	assign(s.option.Field(&l.cfg), s.text)
	l.origin[s.option.Key] = s.place
}

// lookup is the value of a variable, "" if it is not set.
func lookup(environ []string, name string) string {
	for _, pair := range environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}
