package config

import (
	"slices"
	"strings"
)

// environment reads the KVMBRIDGE_* variables. An empty variable counts as not set, as shells and service files leave
// them behind. Unknown names pass (Kubernetes injects KVMBRIDGE_PORT and the like) unless they look like a misspelt option.
func environment(environ []string) layer {
	var l layer
	known := variables(environ)
	for _, pair := range slices.Sorted(slices.Values(environ)) {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) || value == "" {
			continue
		}
		if v, ok := known[name]; ok {
			l.take(v.option, v.twin, value, name)
			continue
		}
		if near, distance := nearest(name, known); distance <= 2 {
			l.fault(name, "", "There is no such setting; did you mean "+near+"?")
		}
	}
	return l
}

// variable is what a name in the environment stands for.
type variable struct {
	option Option
	twin   bool // the value is the path of a file with the secret
}

// variables are all names that mean something: those of the table, and those of the servers that environ mentions.
func variables(environ []string) map[string]variable {
	table := Options()
	for _, pair := range environ {
		rest, ok := strings.CutPrefix(pair, envPrefix+"SERVERS_")
		number, _, _ := strings.Cut(rest, "_")
		if id, _, isServer := serverKey(serversPrefix + number + ".x"); ok && isServer {
			table = append(table, serverOptions(id)...)
		}
	}
	known := map[string]variable{}
	for _, o := range table {
		known[o.Env()] = variable{option: o}
		if o.Secret() {
			known[o.Env()+strings.ToUpper(fileSuffix)] = variable{o, true}
		}
	}
	return known
}

// take adds a value, or the contents of the file that twin says it names.
func (l *layer) take(o Option, twin bool, value, place string) {
	if !twin {
		l.add(setting{o, value, place})
		return
	}
	raw, err := readFile(value)
	if err != nil {
		l.fault(place, o.Key, "The file with "+o.Key+" cannot be read: "+err.Error()+".")
		return
	}
	text := strings.TrimRight(string(raw), "\r\n") // editors and echo end files with a line end that is no part of the secret
	if text == "" {
		l.fault(place, o.Key, "The file "+value+" for "+o.Key+" is empty.")
		return
	}
	l.add(setting{o, text, value})
}
